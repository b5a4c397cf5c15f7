//! An advisory: which versions of which packages have which flaws.

use jiff::Timestamp;
use ringwall_model::{Date, FixState, Severity};

use crate::{Rating, Scope, VersionError};

/// One record of a database of advisories, in the form in which it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Advisory {
    /// Its id: `GHSA-...`, `DSA-...`, `PYSEC-...`.
    pub id: String,
    /// Other ids of the same flaw.
    pub aliases: Vec<String>,
    /// Flaws that it is about, where it is about several or is no flaw itself: the CVEs of a `DSA-...`.
    pub flaws: Vec<String>,
    /// How bad it says it is.
    pub rating: Option<Rating>,
    /// The day it was published.
    pub published: Option<Date>,
    /// When it was changed last, which tells how old its source is, and which of two copies counts.
    pub modified: Option<Timestamp>,
    /// The packages it is about.
    pub affected: Vec<Affected>,
    /// What people read.
    pub details: Details,
}

/// The part of an advisory that only people read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Details {
    /// One line.
    pub summary: String,
    /// The whole text, Markdown.
    pub text: String,
    /// Addresses with more, the best first.
    pub references: Vec<String>,
    /// Vectors of CVSS.
    pub cvss: Vec<String>,
}

/// A package that an advisory is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Affected {
    /// Where the package is from.
    pub scope: Scope,
    /// Its name, in the one form of [`Scope::package_name`].
    pub package: String,
    /// The versions that have the flaw, as intervals.
    pub intervals: Vec<Interval>,
    /// The versions that have it, one by one, besides those of the intervals.
    pub versions: Vec<String>,
    /// What those who maintain the package do about it, besides the versions.
    pub state: FixState,
    /// How bad it is in this package, as those say who maintain it.
    pub rating: Option<Rating>,
}

/// Versions one after the other that have a flaw.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// Where they begin.
    pub from: Since,
    /// Where they end.
    pub until: Until,
}

/// Where an interval begins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Since {
    /// With the first version that there is.
    Beginning,
    /// With this version.
    Version(String),
    /// Behind this version, which does not have the flaw.
    After(String),
}

/// Where an interval ends.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// Nowhere: there is no version without the flaw.
    Open,
    /// Before this version, which has it no more.
    Fixed(String),
    /// With this version; whether a later one is a fix is not said.
    Last(String),
    /// Before this version, which is no fix: it is only not looked at.
    Limit(String),
}

impl Advisory {
    /// The ids under which its flaws are reported: CVE ids where there are any.
    pub fn flaw_ids(&self) -> Vec<&str> {
        flaw_ids(&self.id, &self.aliases, &self.flaws)
    }

    /// Whether it is about packages that are malicious themselves.
    pub fn is_malicious(&self) -> bool {
        is_malicious(&self.id)
    }
}

/// See [`Advisory::flaw_ids`].
pub(crate) fn flaw_ids<'a>(
    id: &'a str,
    aliases: &'a [String],
    flaws: &'a [String],
) -> Vec<&'a str> {
    if !flaws.is_empty() {
        return flaws.iter().map(String::as_str).collect();
    }
    let is_cve = |id: &&str| id.starts_with("CVE-");
    let cve = std::iter::once(id)
        .chain(aliases.iter().map(String::as_str))
        .find(is_cve);
    vec![cve.unwrap_or(id)]
}

/// See [`Advisory::is_malicious`]; ids of OpenSSF's malicious packages.
pub(crate) fn is_malicious(id: &str) -> bool {
    id.starts_with("MAL-")
}

/// What a malicious package is rated where nobody rates it.
pub(crate) const MALICIOUS: Rating = Rating::of(Severity::Critical);

impl Interval {
    /// The versions at which it begins and ends.
    pub(crate) fn bounds(&self) -> Vec<&str> {
        let from = match &self.from {
            Since::Beginning => None,
            Since::Version(version) | Since::After(version) => Some(&**version),
        };
        let until = match &self.until {
            Until::Open => None,
            Until::Fixed(version) | Until::Last(version) | Until::Limit(version) => {
                Some(&**version)
            }
        };
        from.into_iter().chain(until).collect()
    }

    /// Every version there is.
    pub const EVERYTHING: Self = Self {
        from: Since::Beginning,
        until: Until::Open,
    };

    /// Versions that a record does not tell, or only by commits of git, so that none is known to be inside.
    pub const UNTOLD: Self = Self {
        from: Since::Beginning,
        until: Until::Limit(String::new()),
    };

    /// Whether a version is inside.
    pub fn contains(&self, scope: &Scope, version: &str) -> Result<bool, VersionError> {
        let order = scope.order();
        let is_before = match &self.from {
            Since::Beginning => false,
            Since::Version(first) => order.compare(version, first)?.is_lt(),
            Since::After(last) => order
                .compare(order.in_terms_of(last, version), last)?
                .is_le(),
        };
        if is_before {
            return Ok(false);
        }
        match &self.until {
            Until::Open => Ok(true),
            Until::Fixed(end) | Until::Limit(end) => Ok(order.compare(version, end)?.is_lt()),
            Until::Last(last) => Ok(order
                .compare(order.in_terms_of(last, version), last)?
                .is_le()),
        }
    }
}
