//! What was found out about images before they are asked for: reports of `ringwall image` and
//! `ringwall image verify`, known by digest.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};
use serde::Deserialize;

use super::{Assessed, ImageFacts, Signature, Vulnerabilities, Vulnerability, facts::tagged};

/// Reports about images.
#[derive(Clone, Debug)]
pub struct ImageReports {
    as_of: Date,
    max_age_days: u32,
    /// By digest, and below that of an index by platform: a pod that names the index may run any of them.
    scans: BTreeMap<String, BTreeMap<String, Scan>>,
    /// By digest, and below that by the repository for which somebody was wanted; none where that is any.
    signatures: BTreeMap<String, BTreeMap<Option<String>, Signature>>,
    /// The digests that names with tags stood for when they were looked at last.
    tags: BTreeMap<String, (Date, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Scan {
    day: Date,
    user: Option<String>,
    is_unsupported: bool,
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
    #[serde(default)]
    signatures: Vec<Held>,
}

#[derive(Deserialize)]
struct Image {
    digest: Option<String>,
    /// A pod may name an image by an index that leads to it; the report is about the image for one platform.
    #[serde(default)]
    indexes: Vec<String>,
    /// Of the indexes, the outermost first, and of the manifest.
    #[serde(default)]
    digests: Vec<String>,
    #[serde(default)]
    platform: String,
    #[serde(default)]
    names: Vec<String>,
    user: Option<String>,
}

/// What is attached to an image.
#[derive(Deserialize)]
struct Held {
    status: String,
    image: Option<String>,
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
    attestation: Option<String>,
    repository: Option<String>,
}

/// The gap of an image whose distribution has no support any more.
const UNSUPPORTED: &str = "unsupported-distribution";

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
            tags: BTreeMap::new(),
        }
    }

    /// Adds a report. Of two about one image for one platform the later one counts.
    pub fn add(&mut self, json: &[u8]) -> Result<(), ReportError> {
        let report: Report = serde_json::from_slice(json)?;
        if report.version != 1 {
            return Err(ReportError::Version(report.version));
        }
        match report.verified {
            Some(verified) => self.add_signatures(&report, verified),
            None => self.add_scan(&report),
        }
    }

    fn add_signatures(&mut self, report: &Report, verified: bool) -> Result<(), ReportError> {
        if report.image.digests.is_empty() {
            return Err(ReportError::NoDigest);
        }
        // What somebody says of an image is no signature of it.
        if report.wanted.attestation.is_some() {
            return Ok(());
        }
        let valid = report.signatures.iter().filter(|it| it.status == "valid");
        let signed: BTreeSet<_> = valid.filter_map(|it| it.image.as_deref()).collect();
        let wanted = &report.wanted;
        let who = wanted.identity.as_ref().or(wanted.key.as_ref());
        let who = who.cloned().unwrap_or_default();
        // What is signed is so with all that it leads to, and not with what leads to it: an index whose image for
        // one platform is signed has others.
        let mut is_signed = false;
        for digest in &report.image.digests {
            is_signed |= verified && signed.contains(&**digest);
            let signature = if is_signed {
                Signature::Verified(who.clone())
            } else if verified {
                let reason = "only its image for one platform is signed by those who are wanted";
                Signature::Missing(reason.to_owned())
            } else {
                let reason = "no signature of those who are wanted was found";
                Signature::Missing(reason.to_owned())
            };
            let known = self.signatures.entry(digest.clone()).or_default();
            known.insert(report.wanted.repository.clone(), signature);
        }
        Ok(())
    }

    fn add_scan(&mut self, report: &Report) -> Result<(), ReportError> {
        let image = &report.image;
        // A report without a day was made by something else.
        let day: Option<Date> = report.as_of.as_deref().and_then(|day| day.parse().ok());
        let scan = Scan {
            day: day.unwrap_or_else(|| Date::from_unix_seconds(0)),
            user: image.user.clone(),
            is_unsupported: report.not_assessed.iter().any(|it| it.id == UNSUPPORTED),
            vulnerabilities: vulnerabilities(&report.findings, &report.not_assessed),
        };
        // What the name leads to: the outermost index, where there is one.
        if let Some(named) = image.indexes.first().or(image.digest.as_ref()) {
            let references = image.names.iter();
            let references = references.filter_map(|name| ImageReference::parse(name).ok());
            for reference in references.filter(|it| it.digest.is_none()) {
                let tag = self.tags.entry(tagged(&reference));
                let known = tag.or_insert_with(|| (scan.day, named.clone()));
                if known.0 <= scan.day {
                    *known = (scan.day, named.clone());
                }
            }
        }
        let own = image.digest.iter().map(|digest| (digest, ""));
        let indexes = image.indexes.iter();
        let indexes = indexes.map(|digest| (digest, &*image.platform));
        let mut is_known = false;
        for (digest, platform) in own.chain(indexes) {
            is_known = true;
            let scans = self.scans.entry(digest.clone()).or_default();
            let known = scans.get(platform);
            if known.is_none_or(|known| known.day <= scan.day) {
                scans.insert(platform.to_owned(), scan.clone());
            }
        }
        if is_known {
            Ok(())
        } else {
            Err(ReportError::NoDigest)
        }
    }

    /// Whether a report says that the distribution of an image has no support any more.
    pub fn is_unsupported(&self, digest: &str) -> bool {
        let scans = self.scans.get(digest).into_iter();
        scans.flat_map(BTreeMap::values).any(|it| it.is_unsupported)
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
    let mut found = BTreeMap::new();
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
        keep_worst(&mut found, &one);
    }
    let mut unknown = gaps
        .iter()
        .filter(|gap| gap.exception.is_none() && !HARMLESS.contains(&&*gap.id));
    let first = unknown.next();
    let more = unknown.count();
    Vulnerabilities {
        found: worst_first(found),
        unknown: first.map(|gap| match more {
            0 => format!("{}: {}", gap.id, gap.reason),
            more => format!("{}: {}, and {more} more", gap.id, gap.reason),
        }),
    }
}

/// Keeps a flaw; of two of one name the worse of each trait.
fn keep_worst(found: &mut BTreeMap<String, Vulnerability>, one: &Vulnerability) {
    let known = found.entry(one.id.clone()).or_insert_with(|| one.clone());
    known.severity = known.severity.max(one.severity);
    known.is_exploited |= one.is_exploited;
    known.has_fix |= one.has_fix;
}

fn worst_first(found: BTreeMap<String, Vulnerability>) -> Vec<Vulnerability> {
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
    found
}

impl ImageFacts for ImageReports {
    fn digest(&self, _image: &ImageReference<'_>) -> Assessed<String> {
        Assessed::Not("the digest of its tag is not known, and no registry was asked".to_owned())
    }

    fn signature(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<Signature> {
        // Whom one repository trusts to sign something says nothing of the same thing in another.
        let known = self.signatures.get(digest).and_then(|known| {
            let own = known.get(&Some(image.name().clone()));
            own.or_else(|| known.get(&None))
        });
        match known {
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
        let Some(scans) = self.scans.get(digest) else {
            return Assessed::Not("there is no report of `ringwall image` about it".to_owned());
        };
        let mut found = BTreeMap::new();
        let mut unknown = None;
        for scan in scans.values() {
            let age = self.as_of.days_since(scan.day);
            if age > i64::from(self.max_age_days) {
                return Assessed::Not(format!(
                    "its report is of {}, and reports count for {} days",
                    scan.day, self.max_age_days
                ));
            }
            for one in &scan.vulnerabilities.found {
                keep_worst(&mut found, one);
            }
            unknown = unknown.or_else(|| scan.vulnerabilities.unknown.clone());
        }
        Assessed::Known(Vulnerabilities {
            found: worst_first(found),
            unknown,
        })
    }

    fn users(&self, image: &ImageReference<'_>) -> Vec<String> {
        let digest = match image.digest {
            Some(digest) => Some(digest),
            None => self.tags.get(&tagged(image)).map(|(_, digest)| &**digest),
        };
        let scans = digest.and_then(|digest| self.scans.get(digest));
        let fresh = scans
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|scan| self.as_of.days_since(scan.day) <= i64::from(self.max_age_days));
        fresh.filter_map(|scan| scan.user.clone()).collect()
    }
}
