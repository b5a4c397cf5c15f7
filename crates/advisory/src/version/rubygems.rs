//! Ruby's order: numbers and words, and a word makes a pre-release.
//!
//! See: <https://docs.ruby-lang.org/en/master/Gem/Version.html>

use std::cmp::Ordering;

use super::numerals;

/// A version that RubyGems takes.
pub(super) struct Version<'a>(&'a str);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        // RubyGems reads nothing at all as zero; an advisory that says nothing means no version.
        if text.is_empty() {
            return Err(super::EMPTY);
        }
        let (main, pre) = match text.split_once('-') {
            Some((main, pre)) => (main, Some(pre)),
            None => (text, None),
        };
        let is_word =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut parts = main.split('.');
        if !parts.next().is_some_and(numerals::is_number) {
            return Err("it does not begin with a number");
        }
        if !parts.all(is_word) {
            return Err("it is more than letters, digits and single dots");
        }
        if !pre.is_none_or(super::semver::are_identifiers) {
            return Err("its pre-release is no list of letters, digits and dashes");
        }
        Ok(Self(text))
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare_padded(
            segments(self.0),
            segments(other.0),
            "",
            |one, other| match (is_number(one), is_number(other)) {
                (true, true) => numerals::compare(one, other),
                (false, false) => one.cmp(other),
                (one, other) => one.cmp(&other),
            },
        )
    }
}

/// A missing segment is zero.
fn is_number(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_digit())
}

/// Runs of digits and of letters; zeros that end the version, or its numbers before the first word, are left out.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    let mut has_word = false;
    let mut dashed = "";
    std::iter::from_fn(move || {
        loop {
            if !std::mem::take(&mut dashed).is_empty() {
                has_word = true;
                return Some("pre");
            }
            let segment = match rest.bytes().next()? {
                b'0'..=b'9' => numerals::take_digits(&mut rest),
                b'-' => {
                    dashed = "-";
                    numerals::take_one(&mut rest);
                    continue;
                }
                byte if byte.is_ascii_alphabetic() => {
                    numerals::take(&mut rest, |byte| byte.is_ascii_alphabetic())
                }
                _ => {
                    numerals::take_one(&mut rest);
                    continue;
                }
            };
            let is_zero = is_number(segment) && numerals::significant(segment).is_empty();
            if is_zero && only_zeros_follow(rest, has_word) {
                continue;
            }
            has_word |= !is_number(segment);
            return Some(segment);
        }
    })
}

/// Whether up to the end, or to the first word, there is nothing but zeros.
fn only_zeros_follow(rest: &str, has_word: bool) -> bool {
    let end = rest.find(|character: char| character.is_ascii_alphabetic() || character == '-');
    let head = match end {
        Some(_) if has_word => return false,
        Some(end) => rest.get(..end).unwrap_or(rest),
        None => rest,
    };
    head.bytes().all(|byte| byte == b'0' || byte == b'.')
}
