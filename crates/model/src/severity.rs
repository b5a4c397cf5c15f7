//! How bad a finding is, and in which ring it was made.

use std::{fmt, str::FromStr};

/// How bad a finding is. Ordered: `Info < Low < Medium < High < Critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing is at risk.
    Info,
    /// Hygiene; helps an attacker little.
    Low,
    /// A weakness that needs another one to be used.
    Medium,
    /// A weakness that an attacker uses directly.
    High,
    /// Hands over a node or the cluster.
    Critical,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 5] = [
        Self::Critical,
        Self::High,
        Self::Medium,
        Self::Low,
        Self::Info,
    ];

    /// The word used on the command line and in every output format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// The layer of the cloud-native stack that a finding concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ring {
    /// The cloud account and its services.
    Cloud,
    /// The cluster: rights, network, admission, namespaces.
    Cluster,
    /// The container: isolation from the node and from others.
    Container,
    /// What a developer writes: manifests, Dockerfiles, secrets.
    Code,
}

impl Ring {
    /// Every ring, from the outside in.
    pub const ALL: [Self; 4] = [Self::Cloud, Self::Cluster, Self::Container, Self::Code];

    /// The word used on the command line and in every output format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Cluster => "cluster",
            Self::Container => "container",
            Self::Code => "code",
        }
    }
}

/// A word that names no severity or no ring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseWordError {
    word: String,
    expected: &'static str,
}

impl fmt::Display for ParseWordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is none of {}", self.word, self.expected)
    }
}

impl std::error::Error for ParseWordError {}

impl FromStr for Severity {
    type Err = ParseWordError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == word)
            .ok_or_else(|| ParseWordError {
                word: word.to_owned(),
                expected: "critical, high, medium, low, info",
            })
    }
}

impl FromStr for Ring {
    type Err = ParseWordError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|ring| ring.as_str() == word)
            .ok_or_else(|| ParseWordError {
                word: word.to_owned(),
                expected: "cloud, cluster, container, code",
            })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_severity_is_the_greatest() {
        assert!(Severity::Critical > Severity::High);
        assert!(Severity::Low > Severity::Info);
    }

    #[test]
    fn words_round_trip() {
        for severity in Severity::ALL {
            assert_eq!(severity.as_str().parse(), Ok(severity));
        }
        for ring in Ring::ALL {
            assert_eq!(ring.as_str().parse(), Ok(ring));
        }
        assert!("Critical".parse::<Severity>().is_err());
    }
}
