//! When API versions are deprecated and removed.
//!
//! From the sources' own markers and <https://kubernetes.io/docs/reference/using-api/deprecation-guide/>.

use std::fmt;

use super::{BUILTIN, table::Words};

/// A release of Kubernetes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// The 1 of 1.36.
    pub major: u8,
    /// The 36 of 1.36.
    pub minor: u8,
}

/// What is planned for a kind in one API version, or has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApiLifecycle {
    /// The first release that warns. May lie in the future.
    pub deprecated: Option<Release>,
    /// The first release that does not serve it. May lie in the future.
    pub removed: Option<Release>,
    /// The API version to write in its place, with the same kind unless the kind is gone.
    pub replacement: Option<&'static str>,
}

/// What is planned for a built-in kind; nothing if it is unknown or there to stay.
pub fn api_lifecycle(api_version: &str, kind: &str) -> Option<ApiLifecycle> {
    BUILTIN.known(api_version, kind)?.lifecycle()
}

impl ApiLifecycle {
    pub(super) fn new(words: Words) -> Option<Self> {
        let release = |key| words.value(key).and_then(Release::parse);
        let (deprecated, removed) = (release("deprecated"), release("removed"));
        (deprecated.is_some() || removed.is_some()).then(|| Self {
            deprecated,
            removed,
            replacement: words.value("replacement"),
        })
    }
}

impl Release {
    /// Reads `1.36`, `v1.36` and `1.36.2`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix('v').unwrap_or(text).split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some(Self { major, minor })
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}
