//! What stands in Trivy's database as JSON.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_model::{Date, FixState, Severity};
use serde::{Deserialize, Deserializer};

use super::flawed::{Said, flawed};
use crate::{Affected, Details, Interval, Rating, Scope, Since, Until, matching::oracle_flavour};

/// Most addresses of a flaw that are kept.
const MOST_REFERENCES: usize = 16;

/// Where the advisories of a bucket are from.
#[derive(Deserialize)]
pub(super) struct Source {
    /// `ghsa`, `debian`; severities are given by it.
    #[serde(rename = "ID")]
    pub(super) id: String,
}

/// What is said of a flaw in a package.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    #[serde(deserialize_with = "or_empty")]
    fixed_version: String,
    /// The version that brought the flaw.
    #[serde(deserialize_with = "or_empty")]
    affected_version: String,
    #[serde(deserialize_with = "or_empty")]
    vulnerable_versions: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    patched_versions: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    unaffected_versions: Vec<String>,
    #[serde(deserialize_with = "or_empty", rename = "VendorIDs")]
    vendor_ids: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    severity: f64,
    #[serde(deserialize_with = "or_empty")]
    status: f64,
    /// The same for each architecture, where they differ.
    #[serde(deserialize_with = "or_empty")]
    entries: Vec<Part>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Part {
    #[serde(deserialize_with = "or_empty")]
    fixed_version: String,
}

/// A field that is `null` is one that is not there.
fn or_empty<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// Statuses by their numbers; the flaw that a package does not have is none.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what is no small number is no status"
)]
fn state(status: f64) -> Option<FixState> {
    Some(match status as i64 {
        1 => return None,
        3 => FixState::Fixed,
        4 => FixState::UnderInvestigation,
        5 => FixState::WillNotFix,
        6 => FixState::Deferred,
        7 => FixState::EndOfLife,
        _ => FixState::NotFixed,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "what is no small number is no severity"
)]
fn severity(number: f64) -> Option<Rating> {
    Some(Rating::of(match number as i64 {
        1 => Severity::Low,
        2 => Severity::Medium,
        3 => Severity::High,
        4 => Severity::Critical,
        _ => return None,
    }))
}

impl Entry {
    /// What it says of a package; `None` where that does not have the flaw.
    pub(super) fn affected(
        &self,
        scope: &Scope,
        package: &str,
        is_language: bool,
    ) -> Result<Option<Affected>, String> {
        let Some(state) = state(self.status) else {
            return Ok(None);
        };
        let intervals = if is_language {
            let said = Said {
                vulnerable: &self.vulnerable_versions,
                patched: &self.patched_versions,
                unaffected: &self.unaffected_versions,
            };
            flawed(scope.order(), &said)?
        } else {
            self.intervals(scope)
        };
        Ok(Some(Affected {
            package: scope.package_name(package).into_owned(),
            scope: scope.clone(),
            // That there is a fix, the version says.
            state: match state {
                FixState::Fixed => FixState::NotFixed,
                other => other,
            },
            intervals,
            versions: Vec::new(),
            rating: severity(self.severity),
        }))
    }

    /// Distributions say the version that mends the flaw, or nothing where none does.
    fn intervals(&self, scope: &Scope) -> Vec<Interval> {
        let parts = self.entries.iter().map(|part| &part.fixed_version);
        let parts = parts.filter(|version| !version.is_empty());
        let mended: BTreeSet<&String> = if self.fixed_version.is_empty() {
            parts.collect()
        } else {
            // The one beside the parts is that of x86-64, and of the ordinary builds of Oracle.
            let flavour = oracle_flavour(&self.fixed_version);
            let is_oracle = scope.family() == "Oracle Linux";
            let others = parts.filter(|it| is_oracle && oracle_flavour(it) != flavour);
            others.chain([&self.fixed_version]).collect()
        };
        let from = match &*self.affected_version {
            "" => Since::Beginning,
            version => Since::Version(version.to_owned()),
        };
        if mended.is_empty() {
            return vec![Interval {
                from,
                until: Until::Open,
            }];
        }
        let before = |version: &String| Interval {
            from: from.clone(),
            until: Until::Fixed(version.clone()),
        };
        mended.into_iter().map(before).collect()
    }

    /// Other ids of the flaw; those of updates of distributions are none.
    pub(super) fn aliases(self) -> impl Iterator<Item = String> {
        let is_flaw = |id: &String| id.starts_with("GHSA-") || id.starts_with("CVE-");
        self.vendor_ids.into_iter().filter(is_flaw)
    }
}

/// What all sources say of a flaw.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Vulnerability {
    #[serde(deserialize_with = "or_empty")]
    title: String,
    #[serde(deserialize_with = "or_empty")]
    description: String,
    #[serde(deserialize_with = "or_empty")]
    severity: String,
    #[serde(deserialize_with = "or_empty")]
    vendor_severity: BTreeMap<String, f64>,
    #[serde(deserialize_with = "or_empty", rename = "CVSS")]
    cvss: BTreeMap<String, Vectors>,
    #[serde(deserialize_with = "or_empty")]
    references: Vec<String>,
    #[serde(deserialize_with = "or_empty")]
    published_date: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Vectors {
    #[serde(deserialize_with = "or_empty", rename = "V40Vector")]
    fourth: String,
    #[serde(deserialize_with = "or_empty", rename = "V3Vector")]
    third: String,
    #[serde(deserialize_with = "or_empty", rename = "V2Vector")]
    second: String,
}

impl Vulnerability {
    /// How bad one source says it is.
    pub(super) fn rating_by(&self, source: &str) -> Option<Rating> {
        severity(*self.vendor_severity.get(source)?)
    }

    /// How bad it is by NVD, else by the word of the database, with the number of a vector that says the same.
    pub(super) fn rating(&self) -> Option<Rating> {
        let word = self.rating_by("nvd");
        let word = word.or_else(|| Rating::of_word(&self.severity))?;
        let vectors = ["nvd", "ghsa"].iter().filter_map(|it| self.cvss.get(*it));
        let vectors = vectors.flat_map(|it| [&it.third, &it.second]);
        let mut scored = vectors.filter_map(|vector| Rating::of_cvss(vector));
        let same = scored.find(|it| it.severity == word.severity);
        Some(same.unwrap_or(word))
    }

    pub(super) fn published(&self) -> Option<Date> {
        self.published_date.get(..10)?.parse().ok()
    }

    pub(super) fn details(self) -> Details {
        let vectors = self.cvss.into_values();
        let vectors = vectors.flat_map(|it| [it.fourth, it.third, it.second]);
        let vectors: BTreeSet<_> = vectors.filter(|vector| !vector.is_empty()).collect();
        let mut references = self.references;
        references.truncate(MOST_REFERENCES);
        Details {
            summary: self.title,
            text: self.description,
            references,
            cvss: Vec::from_iter(vectors),
        }
    }
}
