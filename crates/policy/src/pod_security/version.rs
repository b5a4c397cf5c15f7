//! Levels and versions of the standards.

use std::{fmt, str::FromStr};

/// How much a level allows. Ordered from the most to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Everything.
    Privileged,
    /// Nothing that is known to give rights on the node.
    Baseline,
    /// Hardened pods only.
    Restricted,
}

impl Level {
    /// The word of the namespace label.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// A version of the standards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// The newest that is known.
    Latest,
    /// `v1.N`.
    Minor(u32),
}

impl Version {
    pub(super) fn is_at_least(self, minor: u32) -> bool {
        match self {
            Self::Latest => true,
            Self::Minor(own) => own >= minor,
        }
    }
}

/// A level at a version, written `baseline:v1.29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Request {
    /// The level.
    pub level: Level,
    /// The version; `latest` where none is written.
    pub version: Version,
}

/// A text that names no level or no version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseLevelError(String);

impl fmt::Display for ParseLevelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no Pod Security level such as baseline, restricted:latest or baseline:v1.29",
            self.0
        )
    }
}

impl std::error::Error for ParseLevelError {}

impl FromStr for Level {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "privileged" => Ok(Self::Privileged),
            "baseline" => Ok(Self::Baseline),
            "restricted" => Ok(Self::Restricted),
            _ => Err(ParseLevelError(text.to_owned())),
        }
    }
}

impl FromStr for Version {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "latest" {
            return Ok(Self::Latest);
        }
        text.strip_prefix("v1.")
            .filter(|minor| *minor == "0" || !minor.starts_with('0'))
            .filter(|minor| minor.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|minor| minor.parse().ok())
            .map(Self::Minor)
            .ok_or_else(|| ParseLevelError(text.to_owned()))
    }
}

impl FromStr for Request {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (level, version) = text.split_once(':').unwrap_or((text, "latest"));
        let error = |_| ParseLevelError(text.to_owned());
        Ok(Self {
            level: level.parse().map_err(error)?,
            version: version.parse().map_err(error)?,
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Version::Latest => write!(f, "{}:latest", self.level.as_str()),
            Version::Minor(minor) => write!(f, "{}:v1.{minor}", self.level.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_versions_are_read() {
        for text in ["baseline:v1.29", "restricted:latest", "privileged:v1.0"] {
            assert_eq!(text.parse::<Request>().unwrap().to_string(), text);
        }
        assert_eq!(
            "baseline".parse::<Request>().unwrap().version,
            Version::Latest
        );
        for text in [
            "",
            "base",
            "baseline:",
            "baseline:1.29",
            "baseline:v1.",
            "baseline:v1.029",
            "baseline:v1.+2",
            "baseline:v2.1",
        ] {
            assert!(text.parse::<Request>().is_err(), "{text}");
        }
    }
}
