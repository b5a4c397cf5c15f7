//! Semantic Versioning, to the letter and as repositories are tagged.
//!
//! See: <https://semver.org/spec/v2.0.0.html>

use std::cmp::Ordering;

use super::{EMPTY, numerals};

/// Numbers, pre-release and build, as they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    /// Major, minor and patch; a missing one is empty, which is as good as zero.
    pub(super) numbers: [&'a str; 3],
    /// How many of them are written.
    pub(super) written: usize,
    /// What stands behind the dash; empty: a release.
    pub(super) pre: &'a str,
    /// What stands behind the plus sign; it has no place in the order.
    pub(super) build: &'a str,
}

impl<'a> Parts<'a> {
    /// Splits one to three numbers, a pre-release and a build.
    pub(super) fn parse(text: &'a str) -> Result<Self, &'static str> {
        if text.is_empty() {
            return Err(EMPTY);
        }
        let (rest, build) = match text.split_once('+') {
            Some((rest, build)) if are_identifiers(build) => (rest, build),
            Some(_) => return Err("its build is no list of identifiers"),
            None => (text, ""),
        };
        let (core, pre) = match rest.split_once('-') {
            Some((core, pre)) if are_identifiers(pre) => (core, pre),
            Some(_) => return Err("its pre-release is no list of identifiers"),
            None => (rest, ""),
        };
        let mut numbers = [""; 3];
        let mut places = numbers.iter_mut();
        for number in core.split('.') {
            if !numerals::is_number(number) {
                return Err("it is not made of numbers");
            }
            *places.next().ok_or("it has more than three numbers")? = number;
        }
        let written = 3 - places.len();
        Ok(Self {
            numbers,
            written,
            pre,
            build,
        })
    }

    /// Whether it keeps to every word of the specification.
    fn is_strict(&self) -> bool {
        let is_plain = |number: &str| number == "0" || !number.starts_with('0');
        self.written == 3
            && self.numbers.iter().all(|number| is_plain(number))
            && identifiers(self.pre).all(|part| !numerals::is_number(part) || is_plain(part))
    }

    /// The order of the specification: builds do not matter.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        compare_numbers(self.numbers, other.numbers).then_with(|| compare_pre(self.pre, other.pre))
    }
}

/// The order of major, minor and patch.
pub(super) fn compare_numbers(one: [&str; 3], other: [&str; 3]) -> Ordering {
    numerals::compare_padded(one.into_iter(), other.into_iter(), "", numerals::compare)
}

/// The order of pre-releases: none at all comes last.
pub(super) fn compare_pre(one: &str, other: &str) -> Ordering {
    one.is_empty()
        .cmp(&other.is_empty())
        .then_with(|| compare_identifiers(one, other, compare_identifier))
}

/// The order of lists of identifiers: of two that begin alike the longer one comes later.
pub(super) fn compare_identifiers(
    one: &str,
    other: &str,
    compare: impl Fn(&str, &str) -> Ordering,
) -> Ordering {
    numerals::compare_padded(
        identifiers(one).map(Some),
        identifiers(other).map(Some),
        None,
        |one, other| match (one, other) {
            (Some(one), Some(other)) => compare(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        },
    )
}

/// The order of identifiers: numbers come before names.
pub(super) fn compare_identifier(one: &str, other: &str) -> Ordering {
    match (numerals::is_number(one), numerals::is_number(other)) {
        (true, true) => numerals::compare(one, other),
        (false, false) => one.cmp(other),
        (one_is_number, other_is_number) => other_is_number.cmp(&one_is_number),
    }
}

/// The identifiers of a list; none of an empty one.
pub(super) fn identifiers(list: &str) -> impl Iterator<Item = &str> {
    list.split('.').filter(|part| !part.is_empty())
}

/// Whether this is a list of letters, digits and dashes with single dots between them.
pub(super) fn are_identifiers(list: &str) -> bool {
    list.split('.').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// A version of crates.io.
pub(super) struct Strict<'a>(Parts<'a>);

impl<'a> super::Version<'a> for Strict<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let parts = Parts::parse(text)?;
        if !parts.is_strict() {
            return Err("it does not have three numbers without zeros in front");
        }
        Ok(Self(parts))
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

/// A version as repositories are tagged: a `v` may stand before it, and minor and patch may be missing.
pub(super) struct Tag<'a>(Parts<'a>);

impl<'a> super::Version<'a> for Tag<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        Parts::parse(text).map(Self)
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

#[cfg(test)]
mod tests {
    use crate::VersionOrder;

    #[test]
    fn only_tags_are_read_loosely() {
        for version in ["v1.2.3", "1.2", "01.2.3", "1.2.3-01"] {
            assert!(VersionOrder::Cargo.check(version).is_err(), "{version}");
            assert!(VersionOrder::SemVer.check(version).is_ok(), "{version}");
        }
        for version in [
            "",
            "v",
            "1.2.x",
            "1.2.3.4",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3+",
            "1.2.3-é",
        ] {
            assert!(VersionOrder::SemVer.check(version).is_err(), "{version}");
        }
    }
}
