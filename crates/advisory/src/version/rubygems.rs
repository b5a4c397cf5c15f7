//! Ruby's order: numbers and words, and a word makes a pre-release.
//!
//! What was built for a platform, `1.6.8-x86_64-linux`, is the version in front of it.
//!
//! See: <https://docs.ruby-lang.org/en/master/Gem/Version.html>,
//! <https://docs.ruby-lang.org/en/master/Gem/Platform.html>

use std::cmp::Ordering;

use super::numerals;

/// Runs of digits and of letters. Zeros right before the first word are left out.
pub(super) struct Version<'a>(Vec<&'a str>);

impl<'a> super::Version<'a> for Version<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let text = without_platform(text.trim());
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
        Ok(Self(segments(text)))
    }

    fn compare(&self, other: &Self) -> Ordering {
        numerals::compare_padded(
            self.0.iter().copied(),
            other.0.iter().copied(),
            "",
            |one, other| match (is_number(one), is_number(other)) {
                (true, true) => numerals::compare(one, other),
                (false, false) => one.cmp(other),
                (one, other) => one.cmp(&other),
            },
        )
    }
}

/// How platforms begin: machines, and what is none and runs gems all the same.
const PLATFORMS: [&str; 23] = [
    "aarch64",
    "amd64",
    "arm",
    "dalvik",
    "i386",
    "i486",
    "i586",
    "i686",
    "java",
    "jruby",
    "loongarch64",
    "mingw",
    "mips",
    "mswin",
    "powerpc",
    "ppc",
    "riscv64",
    "ruby",
    "s390",
    "sparc",
    "universal",
    "x64",
    "x86",
];

/// A version without the platform that stands behind it in lists of gems.
fn without_platform(text: &str) -> &str {
    match text.split_once('-') {
        Some((version, rest)) if PLATFORMS.iter().any(|start| rest.starts_with(start)) => version,
        _ => text,
    }
}

/// A missing segment is zero.
fn is_number(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_digit())
}

fn segments(text: &str) -> Vec<&str> {
    let mut segments = Vec::new();
    let mut has_word = false;
    let mut rest = text;
    while let Some(byte) = rest.bytes().next() {
        let segment = match byte {
            b'0'..=b'9' => numerals::take_digits(&mut rest),
            b'-' => {
                numerals::take_one(&mut rest);
                "pre"
            }
            byte if byte.is_ascii_alphabetic() => {
                numerals::take(&mut rest, |byte| byte.is_ascii_alphabetic())
            }
            _ => {
                numerals::take_one(&mut rest);
                continue;
            }
        };
        if !has_word && !is_number(segment) {
            drop_zeros(&mut segments);
            has_word = true;
        }
        segments.push(segment);
    }
    segments
}

fn drop_zeros(segments: &mut Vec<&str>) {
    let is_zero = |segment: &&str| numerals::significant(segment).is_empty();
    while segments.last().is_some_and(is_zero) {
        segments.pop();
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use crate::VersionOrder;

    #[test]
    fn what_was_built_for_a_platform_is_the_same_version() {
        for platform in [
            "java",
            "x86_64-linux",
            "aarch64-linux-musl",
            "arm64-darwin-23",
            "x64-mingw-ucrt",
            "universal-darwin",
        ] {
            let built = format!("1.6.8-{platform}");
            assert_eq!(
                VersionOrder::RubyGems.compare(&built, "1.6.8"),
                Ok(Ordering::Equal),
                "{built}"
            );
        }
        assert_eq!(
            VersionOrder::RubyGems.compare("1.6.8-beta", "1.6.8"),
            Ok(Ordering::Less)
        );
    }

    #[test]
    fn zeros_at_the_ends_do_not_count() {
        for (one, other) in [
            ("1.0.0", "1"),
            ("1.0.a.0", "1.a"),
            ("1.0-1", "1.pre.1"),
            ("0", "0.0"),
        ] {
            assert!(
                VersionOrder::RubyGems.compare(one, other).unwrap().is_eq(),
                "{one} {other}"
            );
        }
        assert!(
            VersionOrder::RubyGems
                .compare("1.0.1", "1.1")
                .unwrap()
                .is_lt()
        );
        assert!(
            VersionOrder::RubyGems
                .compare("1.a.0.1", "1.a.1")
                .unwrap()
                .is_lt()
        );
    }
}
