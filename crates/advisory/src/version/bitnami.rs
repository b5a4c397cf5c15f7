//! The order of Bitnami: Semantic Versioning, with a number behind it that counts how often a release was built.
//!
//! Of `11.2.2-1` the release is `11.2.2`, built for the second time. A version that does not say which build it is
//! stands for all of them.
//!
//! See: <https://github.com/bitnami/vulndb>

use std::{borrow::Cow, cmp::Ordering};

use super::{EMPTY, numerals, semver};

/// Numbers, pre-release and build; what stands behind a plus sign has no place in the order.
pub(super) struct Version<'a> {
    numbers: &'a str,
    pre: &'a str,
    built: Option<&'a str>,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        if text.is_empty() {
            return Err(EMPTY);
        }
        let (text, behind) = text
            .split_once('+')
            .map_or((text, None), |(text, behind)| (text, Some(behind)));
        if !behind.is_none_or(semver::are_identifiers) {
            return Err("what stands behind its plus sign is no list of identifiers");
        }
        let (rest, built) = match text.rsplit_once('-') {
            Some((rest, built)) if numerals::is_number(built) => (rest, Some(built)),
            _ => (text, None),
        };
        let (numbers, pre) = rest
            .split_once('-')
            .map_or((rest, None), |(numbers, pre)| (numbers, Some(pre)));
        if !pre.is_none_or(semver::are_identifiers) {
            return Err("its pre-release is no list of identifiers");
        }
        if !numbers.split('.').all(numerals::is_number) {
            return Err("it is not made of numbers");
        }
        Ok(Self {
            numbers,
            pre: pre.unwrap_or_default(),
            built,
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| version.numbers.split('.');
        numerals::compare_padded(numbers(self), numbers(other), "", numerals::compare)
            .then_with(|| semver::compare_pre(self.pre, other.pre))
            .then_with(|| match (self.built, other.built) {
                (Some(one), Some(other)) => numerals::compare(one, other),
                _ => Ordering::Equal,
            })
    }
}

/// A version that is installed, which is one build: the first, where it does not say which.
pub(super) fn installed(version: &str) -> Cow<'_, str> {
    let says_build = version
        .rsplit_once('-')
        .is_some_and(|(_, built)| numerals::is_number(built));
    if says_build || version.contains('+') {
        return Cow::Borrowed(version);
    }
    Cow::Owned(format!("{version}-0"))
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::VersionOrder;

    #[test]
    fn builds_of_a_release_are_counted() {
        let check = |one: &str, other: &str, expected| {
            assert_eq!(
                VersionOrder::Bitnami.compare(one, other),
                Ok(expected),
                "{one} {other}"
            );
        };
        check("11.2.2-0", "11.2.2-1", Ordering::Less);
        check("11.2.2-10", "11.2.2-9", Ordering::Greater);
        check("11.2.2-7", "11.2.3-0", Ordering::Less);
        check("11.2.2-7", "11.2.2", Ordering::Equal);
        check("2.6.0-rc1", "2.6.0", Ordering::Less);
        check("2.6.0-rc1-3", "2.6.0-rc2-0", Ordering::Less);
        check("1.2", "1.2.0.0", Ordering::Equal);
        check("1.2.0.1-3", "1.2.0-8", Ordering::Greater);
        check("0.0.0-20251119140106-9dbdfc3f1be0", "0.0.1", Ordering::Less);
        for version in ["", "-1", "1..2", "1.7rc2", "main"] {
            assert!(VersionOrder::Bitnami.check(version).is_err(), "{version}");
        }
    }
}
