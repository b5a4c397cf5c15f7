//! Which of two versions is newer, by the rules of each package ecosystem.
//!
//! Each order has a file of its own with a borrowed form of a version: parsed in one pass, compared without
//! numbers, so that digits may go on for as long as they like.

use std::{borrow::Cow, cmp::Ordering, fmt};

mod alpine;
mod bitnami;
mod cran;
mod dart;
mod debian;
mod dotted;
mod go;
mod hackage;
mod maven;
mod npm;
mod npm_range;
mod nuget;
mod numerals;
mod packagist;
mod pypi;
mod rpm;
mod rubygems;
mod semver;
mod sorted;
mod vers;

pub use npm_range::{NpmOptions, NpmRange, NpmRangeError};
pub(crate) use sorted::sorted;
pub use vers::{Comparator, Constraint, Vers, VersError};

/// Whose rules order two versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum VersionOrder {
    /// `apk`: Alpine, Wolfi, Chainguard.
    Alpine,
    /// Bitnami's components.
    Bitnami,
    /// crates.io: Semantic Versioning to the letter.
    Cargo,
    /// R's package archive.
    Cran,
    /// `dpkg`: Debian, Ubuntu and what is derived from them.
    Debian,
    /// Go modules, and the releases of Go itself.
    Go,
    /// Haskell's package archive.
    Hackage,
    /// Maven, and all else on the Java virtual machine.
    Maven,
    /// npm.
    Npm,
    /// NuGet.
    NuGet,
    /// Composer's package archive.
    Packagist,
    /// Dart's package archive.
    Pub,
    /// Python's package archive.
    PyPi,
    /// `rpm`: Red Hat, Fedora, SUSE, Amazon Linux and more.
    Rpm,
    /// Ruby's package archive.
    RubyGems,
    /// Semantic Versioning as tags of repositories write it: `v1.2`.
    SemVer,
}

impl VersionOrder {
    /// Every order.
    pub const ALL: [Self; 16] = [
        Self::Alpine,
        Self::Bitnami,
        Self::Cargo,
        Self::Cran,
        Self::Debian,
        Self::Go,
        Self::Hackage,
        Self::Maven,
        Self::Npm,
        Self::NuGet,
        Self::Packagist,
        Self::Pub,
        Self::PyPi,
        Self::Rpm,
        Self::RubyGems,
        Self::SemVer,
    ];

    /// Whether `one` is older than, as old as or newer than `other`.
    pub fn compare(self, one: &str, other: &str) -> Result<Ordering, VersionError> {
        match self {
            Self::Alpine => self.order::<alpine::Version<'_>>(one, other),
            Self::Bitnami => self.order::<bitnami::Version<'_>>(one, other),
            Self::Cargo => self.order::<semver::Strict<'_>>(one, other),
            Self::Cran => self.order::<cran::Version<'_>>(one, other),
            Self::Debian => self.order::<debian::Version<'_>>(one, other),
            Self::Go => self.order::<go::Version<'_>>(one, other),
            Self::Hackage => self.order::<hackage::Version<'_>>(one, other),
            Self::Maven => self.order::<maven::Version<'_>>(one, other),
            Self::Npm => self.order::<npm::Version<'_>>(one, other),
            Self::NuGet => self.order::<nuget::Version<'_>>(one, other),
            Self::Packagist => self.order::<packagist::Version<'_>>(one, other),
            Self::Pub => self.order::<dart::Version<'_>>(one, other),
            Self::PyPi => self.order::<pypi::Version<'_>>(one, other),
            Self::Rpm => self.order::<rpm::Version<'_>>(one, other),
            Self::RubyGems => self.order::<rubygems::Version<'_>>(one, other),
            Self::SemVer => self.order::<semver::Tag<'_>>(one, other),
        }
    }

    /// Whether the rules know this version.
    pub fn check(self, version: &str) -> Result<(), VersionError> {
        self.compare(version, version).map(|_| ())
    }

    /// A version that is installed as it is held against advisories.
    pub(crate) fn installed(self, version: &str) -> Cow<'_, str> {
        match self {
            Self::Bitnami => bitnami::installed(version),
            _ => Cow::Borrowed(version),
        }
    }

    /// Why the rules know an installed version and its order among these says nothing.
    pub(crate) fn doubt<'b>(
        self,
        version: &str,
        bounds: impl FnOnce() -> Vec<&'b str>,
    ) -> Option<VersionError> {
        if self != Self::Maven {
            return None;
        }
        let bounds = Some(bounds()).filter(|it| !it.is_empty())?;
        let reason = maven::doubt(version, &bounds)?;
        Some(VersionError {
            version: version.to_owned(),
            order: self,
            reason,
        })
    }

    /// A version as it is held against one that a set of versions names or ends with.
    ///
    /// Whoever names a version of Python without a local label means all builds of it: `2.0.0+cpu` is among what ends
    /// with `2.0.0`.
    /// See: <https://packaging.python.org/en/latest/specifications/version-specifiers/#version-matching>.
    pub(crate) fn in_terms_of<'v>(self, bound: &str, version: &'v str) -> &'v str {
        match version.split_once('+') {
            Some((public, _)) if self == Self::PyPi && !bound.contains('+') => public,
            _ => version,
        }
    }

    /// Both versions are parsed in full before they are compared, so that an error does not depend on the other version.
    fn order<'a, V: Version<'a>>(
        self,
        one: &'a str,
        other: &'a str,
    ) -> Result<Ordering, VersionError> {
        let parse = |text: &'a str| {
            V::parse(text).map_err(|reason| VersionError {
                version: text.to_owned(),
                order: self,
                reason,
            })
        };
        Ok(parse(one)?.compare(&parse(other)?))
    }
}

impl fmt::Display for VersionOrder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Alpine => "Alpine",
            Self::Bitnami => "Bitnami",
            Self::Cargo => "Cargo",
            Self::Cran => "CRAN",
            Self::Debian => "Debian",
            Self::Go => "Go",
            Self::Hackage => "Hackage",
            Self::Maven => "Maven",
            Self::Npm => "npm",
            Self::NuGet => "NuGet",
            Self::Packagist => "Packagist",
            Self::Pub => "Pub",
            Self::PyPi => "PyPI",
            Self::Rpm => "RPM",
            Self::RubyGems => "RubyGems",
            Self::SemVer => "SemVer",
        })
    }
}

/// A version that the rules of its ecosystem do not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{version:?} is no {order} version: {reason}")]
pub struct VersionError {
    /// The version, as it was given.
    pub version: String,
    /// Whose rules do not know it.
    pub order: VersionOrder,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A version in the form in which one order compares it.
trait Version<'a>: Sized {
    /// The version, or what is wrong with it.
    fn parse(text: &'a str) -> Result<Self, &'static str>;

    /// The order of two versions; total.
    fn compare(&self, other: &Self) -> Ordering;
}

/// Said of nothing at all.
const EMPTY: &str = "it is empty";
