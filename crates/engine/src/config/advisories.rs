//! The section `[advisories]` of `ringwall.toml`; flags win over it.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What `ringwall db update` fetches.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdvisoriesConfig {
    /// Names of the feeds that are fetched; empty: all.
    pub only: Vec<String>,
    /// Names of feeds that are not fetched.
    pub skip: Vec<String>,
    /// Addresses by names of feeds: mirrors of known ones, and feeds of your own.
    pub feeds: BTreeMap<String, String>,
}
