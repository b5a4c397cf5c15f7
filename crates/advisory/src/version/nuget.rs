//! NuGet's order: Semantic Versioning with up to four numbers, whatever the case of letters.
//!
//! See: <https://learn.microsoft.com/en-us/nuget/concepts/package-versioning>

use std::cmp::Ordering;

use super::{EMPTY, numerals, semver};

/// Numbers and pre-release; the build has no place in the order.
pub(super) struct Version<'a> {
    numbers: &'a str,
    pre: &'a str,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EMPTY);
        }
        let (rest, build) = text
            .split_once('+')
            .map_or((text, None), |(rest, build)| (rest, Some(build)));
        if !build.is_none_or(semver::are_identifiers) {
            return Err("its build is no list of identifiers");
        }
        let (numbers, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(numbers, pre)| (numbers, Some(pre)));
        if !pre.is_none_or(semver::are_identifiers) {
            return Err("its pre-release is no list of identifiers");
        }
        if !numbers.split('.').all(numerals::is_number) {
            return Err("it is not made of numbers");
        }
        if numbers.split('.').count() > 4 {
            return Err("it has more than four numbers");
        }
        Ok(Self {
            numbers,
            pre: pre.unwrap_or_default(),
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare_padded(
            self.numbers.split('.'),
            other.numbers.split('.'),
            "",
            numerals::compare,
        )
        .then_with(|| self.pre.is_empty().cmp(&other.pre.is_empty()))
        .then_with(|| semver::compare_identifiers(self.pre, other.pre, compare_identifier))
    }
}

fn compare_identifier(one: &str, other: &str) -> Ordering {
    if numerals::is_number(one) || numerals::is_number(other) {
        return semver::compare_identifier(one, other);
    }
    // .NET compares in upper case.
    let upper = |byte: u8| byte.to_ascii_uppercase();
    one.bytes().map(upper).cmp(other.bytes().map(upper))
}
