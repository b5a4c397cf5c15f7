//! RPM's order: epoch, then version, then release.
//!
//! See: <https://rpm.org/docs/latest/man/rpm-version.7>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// The three parts. A missing release is not an empty one: `1` comes before `1-`.
pub(super) struct Version<'a> {
    epoch: &'a str,
    version: &'a str,
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
        let (version, release) = match rest.rsplit_once('-') {
            Some((version, release)) => (version, Some(release)),
            None => (rest, None),
        };
        Ok(Self {
            epoch,
            version,
            release,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare(self.epoch, other.epoch)
            .then_with(|| compare_part(self.version, other.version))
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
        match (one.bytes().next(), other.bytes().next()) {
            (Some(b'~'), Some(b'~')) | (Some(b'^'), Some(b'^')) => {
                numerals::take_one(&mut one);
                numerals::take_one(&mut other);
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            // Later than the end, earlier than anything else.
            (Some(b'^'), None) => return Ordering::Greater,
            (Some(b'^'), _) => return Ordering::Less,
            (None, Some(b'^')) => return Ordering::Less,
            (_, Some(b'^')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => {
                let order = match (left.is_ascii_digit(), right.is_ascii_digit()) {
                    (true, true) => numerals::compare(
                        numerals::take_digits(&mut one),
                        numerals::take_digits(&mut other),
                    ),
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => {
                        let is_letter = |byte: u8| byte.is_ascii_alphabetic();
                        numerals::take(&mut one, is_letter)
                            .cmp(numerals::take(&mut other, is_letter))
                    }
                };
                if order.is_ne() {
                    return order;
                }
            }
        }
    }
}

fn skip_separators(text: &str) -> &str {
    text.trim_start_matches(|character: char| {
        !character.is_ascii_alphanumeric() && character != '~' && character != '^'
    })
}
