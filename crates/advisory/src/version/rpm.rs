//! RPM's order: epoch, then version, then release.
//!
//! See: <https://rpm.org/docs/latest/man/rpm-version.7>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// The three parts. A missing release is not an empty one: `1` comes before `1-`.
pub(super) struct Version<'a> {
    epoch: &'a str,
    main: &'a str,
    release: Option<&'a str>,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
            return Err("it has a blank or a control character");
        }
        // Only digits make an epoch: in `a:1` all is version.
        let mut rest = text;
        let epoch = numerals::take_digits(&mut rest);
        let (epoch, rest) = match rest.strip_prefix(':') {
            Some(rest) => (epoch, rest),
            None => ("", text),
        };
        let (main, release) = match rest.rsplit_once('-') {
            Some((main, release)) => (main, Some(release)),
            None => (rest, None),
        };
        Ok(Self {
            epoch,
            main,
            release,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare(self.epoch, other.epoch)
            .then_with(|| compare_part(self.main, other.main))
            .then_with(|| match (self.release, other.release) {
                (Some(one), Some(other)) => compare_part(one, other),
                (one, other) => one.is_some().cmp(&other.is_some()),
            })
    }
}

/// Runs of digits and runs of letters; everything else but `~` and `^` only separates them.
fn compare_part(mut one: &str, mut other: &str) -> Ordering {
    loop {
        (one, other) = (skip_separators(one), skip_separators(other));
        let next = Next::of(one);
        let order = next.cmp(&Next::of(other)).then_with(|| match next {
            Next::Number => numerals::compare(
                numerals::take_digits(&mut one),
                numerals::take_digits(&mut other),
            ),
            Next::Word => {
                let is_letter = |byte: u8| byte.is_ascii_alphabetic();
                numerals::take(&mut one, is_letter).cmp(numerals::take(&mut other, is_letter))
            }
            Next::Tilde | Next::Caret => {
                numerals::take_one(&mut one);
                numerals::take_one(&mut other);
                Ordering::Equal
            }
            Next::End => Ordering::Equal,
        });
        if order.is_ne() || next == Next::End {
            return order;
        }
    }
}

/// What comes next, in its order: `~` before the end, `^` right after it, words before numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Tilde,
    End,
    Caret,
    Word,
    Number,
}

impl Next {
    /// Separators have been skipped.
    fn of(text: &str) -> Self {
        match text.bytes().next() {
            None => Self::End,
            Some(b'~') => Self::Tilde,
            Some(b'^') => Self::Caret,
            Some(b'0'..=b'9') => Self::Number,
            Some(_) => Self::Word,
        }
    }
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches(|character: char| {
        !character.is_ascii_alphanumeric() && character != '~' && character != '^'
    })
}
