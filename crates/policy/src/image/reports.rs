//! What was found out about images before they are asked for: reports of `ringwall image` and
//! `ringwall image verify`, known by digest.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};
use serde::Deserialize;

use super::{Assessed, ImageFacts, Signature, Vulnerabilities, Vulnerability};

/// Reports about images.
#[derive(Clone, Debug)]
pub struct ImageReports {
    as_of: Date,
    max_age_days: u32,
    scans: BTreeMap<String, Scan>,
    signatures: BTreeMap<String, Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Scan {
    day: Date,
    vulnerabilities: Vulnerabilities,
}

/// A file that is no report, or none about an image with a digest.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// It cannot be read.
    #[error("is no report of `ringwall image -o json` or `ringwall image verify -o json`: {0}")]
    Foreign(#[from] serde_json::Error),
    /// It is of a later version.
    #[error("is of version {0}, and this ringwall reads version 1")]
    Version(u64),
    /// Nothing tells which image it is about.
    #[error("names no digest: archives of Docker have none, OCI layouts and registries do")]
    NoDigest,
}

#[derive(Deserialize)]
struct Report {
    version: u64,
    image: Image,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    not_assessed: Vec<Gap>,
    as_of: Option<String>,
    verified: Option<bool>,
    #[serde(default)]
    wanted: Wanted,
}

#[derive(Deserialize)]
struct Image {
    digest: Option<String>,
    /// A pod may name an image by an index that leads to it; the report is about the image for one platform.
    #[serde(default)]
    indexes: Vec<String>,
    #[serde(default)]
    digests: Vec<String>,
}

#[derive(Deserialize)]
struct Finding {
    check: String,
    severity: String,
    status: String,
    vulnerability: Option<Flaw>,
}

#[derive(Deserialize)]
struct Flaw {
    fixed: Option<String>,
    published: Option<String>,
    exploited_since: Option<String>,
}

#[derive(Deserialize)]
struct Gap {
    id: String,
    #[serde(default)]
    reason: String,
    exception: Option<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Wanted {
    key: Option<String>,
    identity: Option<String>,
}

/// Gaps that leave no flaw of a package unknown.
const HARMLESS: [&str; 2] = ["unsearched-file", "truncated-secrets"];

impl ImageReports {
    /// No reports yet; one that is older than so many days counts no more.
    pub fn new(as_of: Date, max_age_days: u32) -> Self {
        Self {
            as_of,
            max_age_days,
            scans: BTreeMap::new(),
            signatures: BTreeMap::new(),
        }
    }

    /// Adds a report. Of two about one image the later one counts.
    pub fn add(&mut self, json: &[u8]) -> Result<(), ReportError> {
        let report: Report = serde_json::from_slice(json)?;
        if report.version != 1 {
            return Err(ReportError::Version(report.version));
        }
        let digests: BTreeSet<_> = report
            .image
            .digest
            .iter()
            .chain(&report.image.indexes)
            .chain(&report.image.digests)
            .cloned()
            .collect();
        if digests.is_empty() {
            return Err(ReportError::NoDigest);
        }
        if let Some(verified) = report.verified {
            let who = report.wanted.identity.or(report.wanted.key);
            let signature = if verified {
                Signature::Verified(who.unwrap_or_default())
            } else {
                Signature::Missing("no signature of those who are wanted was found".to_owned())
            };
            for digest in digests {
                self.signatures.insert(digest, signature.clone());
            }
            return Ok(());
        }
        // A report without a day was made by something else.
        let day: Option<Date> = report.as_of.as_deref().and_then(|day| day.parse().ok());
        let scan = Scan {
            day: day.unwrap_or_else(|| Date::from_unix_seconds(0)),
            vulnerabilities: vulnerabilities(&report.findings, &report.not_assessed),
        };
        for digest in digests {
            let known = self.scans.get(&digest);
            if known.is_none_or(|known| known.day <= scan.day) {
                self.scans.insert(digest, scan.clone());
            }
        }
        Ok(())
    }

    /// How many images are known.
    pub fn len(&self) -> usize {
        let scanned: BTreeSet<_> = self.scans.keys().chain(self.signatures.keys()).collect();
        scanned.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.scans.is_empty() && self.signatures.is_empty()
    }
}

fn vulnerabilities(findings: &[Finding], gaps: &[Gap]) -> Vulnerabilities {
    let mut found: BTreeMap<&str, Vulnerability> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.status == "fail") {
        let Some(flaw) = &finding.vulnerability else {
            continue;
        };
        let day = |text: &Option<String>| text.as_deref().and_then(|day| day.parse().ok());
        let one = Vulnerability {
            id: finding.check.clone(),
            // A word that is not known is taken for the worst.
            severity: finding.severity.parse().unwrap_or(Severity::Critical),
            is_exploited: flaw.exploited_since.is_some(),
            has_fix: flaw.fixed.is_some(),
            published: day(&flaw.published),
        };
        // In several packages, the worst of them counts.
        let known = found.entry(&finding.check).or_insert_with(|| one.clone());
        known.severity = known.severity.max(one.severity);
        known.is_exploited |= one.is_exploited;
        known.has_fix |= one.has_fix;
    }
    let mut unknown = gaps
        .iter()
        .filter(|gap| gap.exception.is_none() && !HARMLESS.contains(&&*gap.id));
    let first = unknown.next();
    let more = unknown.count();
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
    Vulnerabilities {
        found,
        unknown: first.map(|gap| match more {
            0 => format!("{}: {}", gap.id, gap.reason),
            more => format!("{}: {}, and {more} more", gap.id, gap.reason),
        }),
    }
}

impl ImageFacts for ImageReports {
    fn digest(&self, _image: &ImageReference<'_>) -> Assessed<String> {
        Assessed::Not("the digest of its tag is not known, and no registry was asked".to_owned())
    }

    fn signature(&self, _image: &ImageReference<'_>, digest: &str) -> Assessed<Signature> {
        match self.signatures.get(digest) {
            Some(signature) => Assessed::Known(signature.clone()),
            None => {
                Assessed::Not("there is no report of `ringwall image verify` about it".to_owned())
            }
        }
    }

    fn vulnerabilities(
        &self,
        _image: &ImageReference<'_>,
        digest: &str,
    ) -> Assessed<Vulnerabilities> {
        let Some(scan) = self.scans.get(digest) else {
            return Assessed::Not("there is no report of `ringwall image` about it".to_owned());
        };
        let age = self.as_of.days_since(scan.day);
        if age > i64::from(self.max_age_days) {
            return Assessed::Not(format!(
                "its report is of {}, and reports count for {} days",
                scan.day, self.max_age_days
            ));
        }
        Assessed::Known(scan.vulnerabilities.clone())
    }
}
