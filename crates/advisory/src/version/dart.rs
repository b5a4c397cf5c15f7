//! The order of Dart's packages: Semantic Versioning, but builds count.
//!
//! See: <https://pub.dev/documentation/pub_semver/latest/pub_semver/Version/compareTo.html>

use std::cmp::Ordering;

use super::semver;

/// A version as `pub` orders it; a `v` may stand before it.
pub(super) struct Version<'a>(semver::Parts<'a>);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let parts = semver::Parts::parse(text)?;
        if parts.written != 3 {
            return Err("it does not have three numbers");
        }
        Ok(Self(parts))
    }

    /// No build comes before any build.
    fn compare(&self, other: &Self) -> Ordering {
        let (one, other) = (&self.0, &other.0);
        one.compare(other).then_with(|| {
            semver::compare_identifiers(one.build, other.build, semver::compare_identifier)
        })
    }
}
