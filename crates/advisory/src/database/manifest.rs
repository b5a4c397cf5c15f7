//! What a database says of itself.

use serde::{Deserialize, Serialize};

/// What a database was built from, and what it covers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The day on which it was built, `2026-11-28`.
    pub built: String,
    /// The files that it was built from, in the order in which they were read.
    pub sources: Vec<SourceFile>,
    /// The ecosystems and releases that it covers.
    pub scopes: Vec<Coverage>,
    /// Flaws that are known to be exploited.
    pub exploited: Catalogue,
    /// Flaws whose exploitation has a likelihood.
    pub likelihoods: Catalogue,
}

/// A file that a database was built from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceFile {
    /// Its name, without the folders that only one machine has.
    pub name: String,
    /// What it is: `OSV`, `Debian tracker`, `secdb`, `trivy-db`, `KEV`, `EPSS`.
    pub kind: String,
    /// SHA-256 of it, in hexadecimal.
    pub sha256: String,
    /// Advisories that were taken from it.
    pub advisories: u64,
    /// Records that were taken back by those who published them.
    pub withdrawn: u64,
    /// Announcements of updates that mend no flaw.
    pub not_security: u64,
    /// Records that could not be read, and so are missing.
    pub unreadable: u64,
    /// Records about nothing that can be looked for, by what they are about.
    pub elsewhere: std::collections::BTreeMap<String, u64>,
}

/// What is known of an ecosystem, or of a release of a distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Coverage {
    /// Its name: `Debian:12`.
    pub scope: String,
    /// Advisories about its packages.
    pub advisories: u64,
    /// Packages that they are about.
    pub packages: u64,
    /// The day on which the newest of them was published or changed, where any says it.
    pub newest: Option<String>,
}

/// A table by CVE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Catalogue {
    /// Flaws in it.
    pub flaws: u64,
    /// The day that it is of.
    pub day: Option<String>,
}
