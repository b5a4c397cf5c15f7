//! The order of Go modules, and of the releases of Go itself.
//!
//! A module has a tag of Semantic Versioning, with a `v` in front in `go.mod` and without one in Go's vulnerability
//! database; a pseudo-version is a pre-release like any other, and `+incompatible` is a build.
//! Go itself is `go1.21rc2` in a binary and `1.21.0-rc.2` in the database, and both forms meet here.
//!
//! See: <https://go.dev/ref/mod#versions>, <https://go.dev/doc/toolchain#version>

use std::cmp::Ordering;

use super::{numerals, semver};

/// A version of a module or of Go.
pub(super) struct Version<'a> {
    numbers: [&'a str; 3],
    pre: Pre<'a>,
}

/// What comes before a release.
#[derive(Clone, Copy)]
enum Pre<'a> {
    /// Nothing: it is the release.
    Release,
    /// `rc.2`, or the time and commit of a pseudo-version.
    Identifiers(&'a str),
    /// `rc2` of Go, which is `rc.2` elsewhere.
    Toolchain { word: &'a str, number: &'a str },
    /// `go1.21` is the language, older than all of Go 1.21, as `1.21.0-0` is elsewhere.
    Language,
}

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        if let Some(toolchain) = text.strip_prefix("go") {
            return Self::parse_toolchain(toolchain);
        }
        let parts = semver::Parts::parse(text.strip_prefix('v').unwrap_or(text))?;
        if parts.written < 3 && !(parts.pre.is_empty() && parts.build.is_empty()) {
            return Err("it does not have three numbers");
        }
        Ok(Self {
            numbers: parts.numbers,
            pre: match parts.pre {
                "" => Pre::Release,
                pre => Pre::Identifiers(pre),
            },
        })
    }

    fn compare(&self, other: &Self) -> Ordering {
        semver::compare_numbers(self.numbers, other.numbers)
            .then_with(|| {
                let is_release = |version: &Self| matches!(version.pre, Pre::Release);
                is_release(self).cmp(&is_release(other))
            })
            .then_with(|| {
                numerals::compare_padded(
                    self.pre.identifiers(),
                    other.pre.identifiers(),
                    "",
                    compare_identifier,
                )
            })
    }
}

/// An empty identifier stands for the end of a list, which comes first.
fn compare_identifier(one: &str, other: &str) -> Ordering {
    (!one.is_empty())
        .cmp(&!other.is_empty())
        .then_with(|| semver::compare_identifier(one, other))
}

impl<'a> Version<'a> {
    /// What follows `go`: `1.21rc2`, `1.22.1`, `1.22.1 X:boringcrypto`, `1.21.3-vendor`.
    fn parse_toolchain(text: &'a str) -> Result<Self, &'static str> {
        let mut rest = text.split(['-', ' ', '+']).next().unwrap_or("");
        let mut numbers = [""; 3];
        let mut written = 0;
        for number in &mut numbers {
            if written > 0 && !numerals::skip(&mut rest, ".") {
                break;
            }
            *number = numerals::take_digits(&mut rest);
            if number.is_empty() {
                return Err("it is not made of numbers");
            }
            written += 1;
        }
        let word = numerals::take(&mut rest, |byte| byte.is_ascii_lowercase());
        let number = numerals::take_digits(&mut rest);
        if !rest.is_empty() || (word.is_empty() != number.is_empty()) {
            return Err("it goes on after its numbers");
        }
        let pre = if !word.is_empty() {
            Pre::Toolchain { word, number }
        } else if written == 2 && is_language(numbers) {
            Pre::Language
        } else {
            Pre::Release
        };
        Ok(Self { numbers, pre })
    }
}

/// Before Go 1.21 the first release of `1.N` had no third number.
fn is_language([major, minor, _]: [&str; 3]) -> bool {
    numerals::compare(major, "1")
        .then_with(|| numerals::compare(minor, "21"))
        .is_ge()
}

impl<'a> Pre<'a> {
    fn identifiers(self) -> impl Iterator<Item = &'a str> {
        let (list, number) = match self {
            Pre::Release => ("", None),
            Pre::Identifiers(list) => (list, None),
            Pre::Toolchain { word, number } => (word, Some(number)),
            Pre::Language => ("0", None),
        };
        semver::identifiers(list).chain(number)
    }
}

#[cfg(test)]
mod tests {
    use crate::VersionOrder;

    #[test]
    fn modules_and_go_itself_are_ordered() {
        // Each line from the oldest to the newest.
        let lines: [&[&str]; 3] = [
            &[
                "v0.0.0-20190101000000-aaaaaaaaaaaa",
                "v0.0.0-20200101000000-000000000000",
                "v0.1.0-0.20200101000000-000000000000",
                "v0.1.0",
                "v0.1.1-0.20190101000000-000000000000",
                "0.1.1",
                "v2.0.0+incompatible",
                "2.0.1",
            ],
            &[
                "go1.4",
                "go1.18beta1",
                "1.18.0-beta.2",
                "go1.18rc1",
                "go1.18",
                "go1.18.1",
                "go1.20rc1",
                "go1.20",
                "go1.21",
                "go1.21rc1",
                "1.21.0-rc.2",
                "go1.21.0",
                "go1.21.3 X:boringcrypto",
                "go1.21.10-vendor",
            ],
            &["go1.21", "1.21.0-1", "go1.21rc2", "1.21.0-rc.10", "v1.21"],
        ];
        for line in lines {
            for pair in line.windows(2) {
                assert!(
                    VersionOrder::Go.compare(pair[0], pair[1]).unwrap().is_lt(),
                    "{pair:?}"
                );
                assert!(
                    VersionOrder::Go.compare(pair[1], pair[0]).unwrap().is_gt(),
                    "{pair:?}"
                );
            }
        }
    }

    #[test]
    fn two_ways_to_write_a_version_are_equal() {
        let pairs = [
            ("v1.2.3", "1.2.3"),
            ("v3.0.0+incompatible", "3.0.0"),
            ("go1.21rc2", "1.21.0-rc.2"),
            ("go1.21", "1.21.0-0"),
            ("go1.20", "1.20.0"),
            ("v1", "1.0.0"),
        ];
        for (one, other) in pairs {
            assert!(
                VersionOrder::Go.compare(one, other).unwrap().is_eq(),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn what_is_no_version_stays_undecided() {
        for version in [
            "",
            "go",
            "devel +abc",
            "go1.2.3.4",
            "go1.21rc",
            "v1.2-pre",
            "(devel)",
            "v1.2.3.4",
            "master",
        ] {
            assert!(VersionOrder::Go.check(version).is_err(), "{version}");
        }
    }
}
