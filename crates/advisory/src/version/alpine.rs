//! The order of `apk`: numbers, a letter, suffixes, a commit, a revision.
//!
//! ```text
//! 1.2.3b_rc1_p2~1a2b3c-r4
//! ```
//!
//! See: <https://gitlab.alpinelinux.org/alpine/apk-tools/-/blob/master/doc/apk-package.5.scd>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// A version that keeps to the grammar; its parts are cut off while it is compared.
pub(super) struct Version<'a>(&'a str);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        let mut parts = Parts::of(text);
        while parts.next_part()? != Part::End {}
        Ok(Self(text))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (Parts::of(self.0), Parts::of(other.0));
        loop {
            // Both have been parsed, so that neither fails here.
            let one = left.next_part().unwrap_or(Part::End);
            let other = right.next_part().unwrap_or(Part::End);
            let order = one.compare(other);
            if order.is_ne() || one == Part::End {
                return order;
            }
        }
    }
}

/// One part of a version. Of two versions that differ in the kind of a part, the one with the earlier kind is newer,
/// unless a suffix says that it comes before a release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    First(&'a str),
    Number(&'a str),
    Letter(u8),
    Suffix(usize),
    SuffixNumber(&'a str),
    Commit(&'a str),
    Revision(&'a str),
    End,
}

/// In their order; the first four come before the release itself.
const SUFFIXES: [&str; 9] = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const BEFORE_RELEASE: usize = 4;

impl Part<'_> {
    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            // A number that begins with zero is a fraction.
            (Part::Number(one), Part::Number(other))
                if one.starts_with('0') || other.starts_with('0') =>
            {
                one.cmp(other)
            }
            (Part::First(one), Part::First(other))
            | (Part::Number(one), Part::Number(other))
            | (Part::SuffixNumber(one), Part::SuffixNumber(other))
            | (Part::Revision(one), Part::Revision(other)) => numerals::compare(one, other),
            (Part::Letter(one), Part::Letter(other)) => one.cmp(&other),
            (Part::Suffix(one), Part::Suffix(other)) => one.cmp(&other),
            (Part::Commit(one), Part::Commit(other)) => one.cmp(other),
            (Part::Suffix(suffix), _) if suffix < BEFORE_RELEASE => Ordering::Less,
            (_, Part::Suffix(suffix)) if suffix < BEFORE_RELEASE => Ordering::Greater,
            (one, other) => other.kind().cmp(&one.kind()),
        }
    }

    fn kind(self) -> u8 {
        match self {
            Part::First(_) => 0,
            Part::Number(_) => 1,
            Part::Letter(_) => 2,
            Part::Suffix(_) => 3,
            Part::SuffixNumber(_) => 4,
            Part::Commit(_) => 5,
            Part::Revision(_) => 6,
            Part::End => 7,
        }
    }
}

/// What is left of a version, and the kind of the part before it.
struct Parts<'a> {
    rest: &'a str,
    last: Option<Part<'a>>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Self {
        Self {
            rest: text,
            last: None,
        }
    }

    fn next_part(&mut self) -> Result<Part<'a>, &'static str> {
        let part = match self.last {
            None => Part::First(self.digits("it does not begin with a number")?),
            Some(last) => self.part_after(last)?,
        };
        self.last = Some(part);
        Ok(part)
    }

    fn part_after(&mut self, last: Part<'a>) -> Result<Part<'a>, &'static str> {
        let before = last.kind();
        match self.rest.bytes().next() {
            None => Ok(Part::End),
            Some(b'.') if before <= 1 => {
                numerals::take_one(&mut self.rest);
                Ok(Part::Number(
                    self.digits("a dot is not followed by a number")?,
                ))
            }
            Some(letter @ b'a'..=b'z') if before <= 1 => {
                numerals::take_one(&mut self.rest);
                Ok(Part::Letter(letter))
            }
            // No longer valid, but advisories have it: sudo 1.9.5p2.
            Some(b'0'..=b'9') if before == 2 => {
                Ok(Part::Number(numerals::take_digits(&mut self.rest)))
            }
            Some(b'0'..=b'9') if before == 3 => {
                Ok(Part::SuffixNumber(numerals::take_digits(&mut self.rest)))
            }
            Some(b'_') if before <= 4 => {
                numerals::take_one(&mut self.rest);
                let word = numerals::take(&mut self.rest, |byte| byte.is_ascii_alphabetic());
                SUFFIXES
                    .iter()
                    .position(|suffix| *suffix == word)
                    .map(Part::Suffix)
                    .ok_or("it has a suffix that apk does not know")
            }
            Some(b'~') if before <= 4 => {
                numerals::take_one(&mut self.rest);
                let commit = numerals::take(
                    &mut self.rest,
                    |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
                );
                if commit.is_empty() {
                    return Err("a tilde is not followed by a commit");
                }
                Ok(Part::Commit(commit))
            }
            Some(b'-') if before <= 5 && numerals::skip(&mut self.rest, "-r") => {
                Ok(Part::Revision(self.digits("its revision is no number")?))
            }
            Some(_) => Err("it has a character out of place"),
        }
    }

    fn digits(&mut self, missing: &'static str) -> Result<&'a str, &'static str> {
        let digits = numerals::take_digits(&mut self.rest);
        if digits.is_empty() {
            Err(missing)
        } else {
            Ok(digits)
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::VersionOrder;

    #[test]
    fn a_commit_is_hexadecimal() {
        assert!(VersionOrder::Alpine.check("1.0~12af-r1").is_ok());
        assert!(VersionOrder::Alpine.check("1.0~12g").is_err());
    }
}
