//! Composer's order: up to four numbers, then a stability.
//!
//! Composer writes every version with four numbers and compares what comes out as PHP's `version_compare` does.
//!
//! See: <https://getcomposer.org/doc/articles/versions.md>, <https://www.php.net/manual/en/function.version-compare.php>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// Said of `dev-main` and of `2.x-dev`, which may be any commit of a branch.
const BRANCH: &str = "it is a branch, which has no place among versions";

/// A version of a package; a branch is not in the order.
pub(super) struct Version<'a> {
    numbers: [&'a str; 4],
    rest: &'a str,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EMPTY);
        }
        if text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("dev-"))
        {
            return Err(BRANCH);
        }
        let text = text.split('+').next().unwrap_or(text);
        let mut rest = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let mut numbers = [""; 4];
        for (index, number) in numbers.iter_mut().enumerate() {
            let mut after = rest;
            if index > 0 && !numerals::skip(&mut after, ".") {
                break;
            }
            *number = numerals::take_digits(&mut after);
            if number.is_empty() {
                break;
            }
            rest = after;
        }
        let [first, ..] = numbers;
        if first.is_empty() {
            return Err("it does not begin with a number");
        }
        if [".x", ".X", ".*"].iter().any(|any| rest.starts_with(any)) {
            return Err(BRANCH);
        }
        if rest.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err("it has a blank inside");
        }
        Ok(Self { numbers, rest })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare_padded(
            self.numbers.into_iter(),
            other.numbers.into_iter(),
            "",
            numerals::compare,
        )
        .then_with(|| {
            numerals::compare_padded(
                parts(self.rest),
                parts(other.rest),
                Part::End,
                Part::compare,
            )
        })
    }
}

/// What follows the numbers: words and numbers, whatever stands between them.
#[derive(Clone, Copy)]
enum Part<'a> {
    Word(&'a str),
    /// Where a version ends, it is a release.
    End,
    Number(&'a str),
}

/// How words begin that PHP knows, and their places around the end (5) and numbers (6).
const STABILITIES: [(&str, u8); 5] = [("dev", 1), ("a", 2), ("b", 3), ("rc", 4), ("p", 7)];

impl Part<'_> {
    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => numerals::compare(one, other),
            _ => self.stability().cmp(&other.stability()),
        }
    }

    /// Its place among the stabilities; an unknown word comes first.
    fn stability(self) -> u8 {
        let word = match self {
            Self::Word(word) => word,
            Self::End => return 5,
            Self::Number(_) => return 6,
        };
        // PHP knows a word by how it begins.
        let begins = |start: &str| {
            word.get(..start.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(start))
        };
        STABILITIES
            .iter()
            .find(|(start, _)| begins(start))
            .map_or(0, |(_, place)| *place)
    }
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = text.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
    std::iter::from_fn(move || {
        let part = match rest.bytes().next()? {
            b'0'..=b'9' => Part::Number(numerals::take_digits(&mut rest)),
            _ => Part::Word(numerals::take(&mut rest, |byte| byte.is_ascii_alphabetic())),
        };
        rest = rest.trim_start_matches(|character: char| !character.is_ascii_alphanumeric());
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use crate::VersionOrder;

    #[test]
    fn branches_are_no_versions() {
        for branch in ["dev-main", "2.x-dev", "v2.0.x-dev", "2.1.*", "1.2.3.X-dev"] {
            assert!(VersionOrder::Packagist.check(branch).is_err(), "{branch}");
        }
        for version in ["2.0.0-dev", "2.0-alpha.x", "2"] {
            assert!(VersionOrder::Packagist.check(version).is_ok(), "{version}");
        }
    }
}
