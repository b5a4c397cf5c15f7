//! The order of npm: Semantic Versioning, with numbers that JavaScript can hold.
//!
//! See: <https://github.com/npm/node-semver#versions>

use std::cmp::Ordering;

use super::{EMPTY, numerals, semver};

/// The largest integer that a number of JavaScript holds exactly.
pub(super) const LARGEST: u64 = 9_007_199_254_740_991;
/// Said of a number above [`LARGEST`].
pub(super) const TOO_LARGE: &str = "it has a number that JavaScript cannot hold";
/// npm reads no longer ones.
const MOST_BYTES: usize = 256;

/// A version as npm's registry may hold it: read loosely, as npm reads what has been published long ago.
pub(super) struct Version<'a> {
    pub(super) numbers: [u64; 3],
    pub(super) pre: &'a str,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        Self::read(text, true)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.numbers
            .cmp(&other.numbers)
            .then_with(|| semver::compare_pre(self.pre, other.pre))
    }
}

impl<'a> Version<'a> {
    /// Read loosely or strictly, as node-semver does with and without `loose`.
    pub(super) fn read(text: &'a str, loose: bool) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EMPTY);
        }
        if text.len() > MOST_BYTES {
            return Err("it is longer than npm allows");
        }
        let mut rest = if loose {
            text.trim_start_matches(|character: char| {
                character == 'v' || character == '=' || character.is_whitespace()
            })
        } else {
            text.strip_prefix('v').unwrap_or(text)
        };
        let mut numbers = [0; 3];
        for (index, number) in numbers.iter_mut().enumerate() {
            if index > 0 && !numerals::skip(&mut rest, ".") {
                return Err("it does not have three numbers");
            }
            *number = take_number(&mut rest, loose)?;
        }
        let pre = take_pre(&mut rest, loose)?;
        if !rest.is_empty() && !rest.strip_prefix('+').is_some_and(semver::are_identifiers) {
            return Err("it goes on after its numbers");
        }
        Ok(Self { numbers, pre })
    }
}

/// Cuts off a number.
pub(super) fn take_number(rest: &mut &str, loose: bool) -> Result<u64, &'static str> {
    let digits = numerals::take_digits(rest);
    if digits.is_empty() {
        return Err("it is not made of numbers");
    }
    if !loose && digits.len() > 1 && digits.starts_with('0') {
        return Err("a number has a zero in front");
    }
    match numerals::significant(digits) {
        "" => Ok(0),
        digits => digits
            .parse()
            .ok()
            .filter(|number| *number <= LARGEST)
            .ok_or(TOO_LARGE),
    }
}

/// Cuts off a pre-release; read loosely, its dash may be missing.
pub(super) fn take_pre<'a>(rest: &mut &'a str, loose: bool) -> Result<&'a str, &'static str> {
    let has_dash = numerals::skip(rest, "-");
    if !has_dash && !loose {
        return Ok("");
    }
    let pre = numerals::take(rest, |byte| {
        byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.'
    });
    if pre.is_empty() && !has_dash {
        return Ok("");
    }
    let is_padded =
        |part: &str| part.len() > 1 && part.starts_with('0') && numerals::is_number(part);
    if !semver::are_identifiers(pre) || (!loose && pre.split('.').any(is_padded)) {
        return Err("its pre-release is no list of identifiers");
    }
    Ok(pre)
}
