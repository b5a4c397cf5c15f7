//! One report: what of it counts for admission, which is little of what it holds.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};
use serde::Deserialize;

use super::{
    super::{
        Assessed, canonical_repository,
        facts::tagged,
        findings::{ImageFinding, ImageFindings, Open, Sought},
    },
    Signature, Vulnerabilities, Vulnerability, keep_worst, worst_first,
};

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

/// What a report says, read once; reports are many and seldom change.
#[derive(Clone, Debug)]
pub struct ReportFacts(pub(super) Facts);

#[derive(Clone, Debug)]
pub(super) enum Facts {
    /// What is in an image.
    Scan {
        /// The image, and the indexes that lead to it, below which it is one for a platform.
        digests: Vec<(String, String)>,
        /// Names with tags, and what they led to.
        tags: Vec<(String, String)>,
        scan: Arc<Scan>,
    },
    /// Who signed what, for one repository or any.
    Signatures {
        repository: Option<String>,
        by_digest: Vec<(String, Verification)>,
    },
    /// What somebody says of an image, which is no signature of it.
    Attested,
}

/// What was found out about the signatures of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verification {
    /// When; of reports of old it is not known.
    pub(super) at: Option<Moment>,
    pub(super) signature: Assessed<Signature>,
}

impl Verification {
    /// Whether it counts in place of another one on a day: the later does, and of one time that which refuses more. What
    /// says of the future that something is signed does so in place of none.
    pub(super) fn wins_over(&self, other: &Self, as_of: Date) -> bool {
        let strictness = |it: &Self| match it.signature {
            Assessed::Known(Signature::Verified(_)) => 0,
            Assessed::Not(_) => 1,
            Assessed::Known(Signature::Missing(_)) => 2,
        };
        let rank = |it: &Self| {
            let strictness = strictness(it);
            (strictness > 0 || !it.is_of_future(as_of), strictness)
        };
        let (counts, strictness) = rank(self);
        let (other_counts, other_strictness) = rank(other);
        (counts, &self.at, strictness) >= (other_counts, &other.at, other_strictness)
    }

    /// Whether it was made after a day.
    pub(super) fn is_of_future(&self, as_of: Date) -> bool {
        self.at.as_ref().is_some_and(|at| at.is_after(as_of))
    }
}

/// A day, and the time of it as it is written: `2026-11-20T08:30:00Z`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) day: Date,
    time: String,
}

impl Moment {
    /// Whether it is later than a day, and than the few minutes by which clocks differ when the day ends.
    fn is_after(&self, as_of: Date) -> bool {
        match self.day.days_since(as_of) {
            ..=0 => false,
            1 => self.time.as_str() > "00:05:00Z",
            _ => true,
        }
    }

    /// A time in UTC and whole seconds; times of one form stand in the order of their letters.
    fn parse(text: &str) -> Option<Self> {
        let (day, time) = text.split_once('T')?;
        let is_digit = |(at, byte): (usize, u8)| match at {
            2 | 5 => byte == b':',
            8 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        };
        let is_time = time.len() == 9 && time.bytes().enumerate().all(is_digit);
        Some(Self {
            day: day.parse().ok().filter(|_| is_time)?,
            time: time.to_owned(),
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scan {
    pub(super) day: Date,
    pub(super) user: Option<String>,
    pub(super) is_unsupported: bool,
    pub(super) vulnerabilities: Vulnerabilities,
    pub(super) findings: ImageFindings,
}

#[derive(Deserialize)]
struct Report {
    version: u64,
    image: Image,
    #[serde(default)]
    findings: Vec<Finding>,
    #[serde(default)]
    not_assessed: Vec<Gap>,
    /// What was looked for besides packages and their flaws; reports of old do not say.
    #[serde(default)]
    searched_for: Vec<String>,
    as_of: Option<String>,
    verified: Option<bool>,
    intact: Option<bool>,
    checked_at: Option<String>,
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
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Finding {
    check: String,
    severity: String,
    status: String,
    #[serde(default)]
    subject: Subject,
    vulnerability: Option<Flaw>,
}

/// What a finding is about, as far as it tells where.
#[derive(Default, Deserialize)]
struct Subject {
    file: Option<String>,
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
const HARMLESS: [&str; 4] = [
    "truncated-secrets",
    "unmatched-file",
    "unsearched-file",
    "unusable-yara-rules",
];

impl ReportFacts {
    /// Reads a report of `ringwall image -o json` or `ringwall image verify -o json`.
    ///
    /// # Errors
    ///
    /// For what is none, is of a later version, or is about an image without a digest.
    pub fn read(json: &[u8]) -> Result<Self, ReportError> {
        let report: Report = serde_json::from_slice(json)?;
        if report.version != 1 {
            return Err(ReportError::Version(report.version));
        }
        match report.verified {
            Some(verified) => signatures(report, verified),
            None => scan(&report),
        }
        .map(Self)
    }
}

fn signatures(report: Report, verified: bool) -> Result<Facts, ReportError> {
    if report.image.digests.is_empty() {
        return Err(ReportError::NoDigest);
    }
    if report.wanted.attestation.is_some() {
        return Ok(Facts::Attested);
    }
    let at = report.checked_at.as_deref().and_then(Moment::parse);
    let undecided = undecided(&report, verified);
    let valid = report.signatures.iter().filter(|it| it.status == "valid");
    let signed: BTreeSet<_> = valid.filter_map(|it| it.image.as_deref()).collect();
    let wanted = report.wanted;
    let who = wanted.identity.or(wanted.key).unwrap_or_default();
    // What is signed is so with all that it leads to, and not with what leads to it: an index whose image for
    // one platform is signed has others.
    let mut is_signed = false;
    let by_digest = report.image.digests.iter().map(|digest| {
        is_signed |= verified && signed.contains(&**digest);
        let signature = if is_signed {
            Assessed::Known(Signature::Verified(who.clone()))
        } else if let Some(reason) = &undecided {
            Assessed::Not(format!("whether it is signed could not be told: {reason}"))
        } else if verified {
            let reason = "only its image for one platform is signed by those who are wanted";
            Assessed::Known(Signature::Missing(reason.to_owned()))
        } else {
            let reason = "no signature of those who are wanted was found";
            Assessed::Known(Signature::Missing(reason.to_owned()))
        };
        let at = at.clone();
        (digest.clone(), Verification { at, signature })
    });
    Ok(Facts::Signatures {
        by_digest: by_digest.collect(),
        repository: wanted.repository.as_deref().map(canonical_repository),
    })
}

/// Why a report does not tell whether an image is signed, where something that could not be read may say so.
fn undecided(report: &Report, verified: bool) -> Option<String> {
    if verified || report.intact == Some(false) {
        return None;
    }
    let gaps = report.not_assessed.iter().map(|gap| gap.reason.clone());
    let unread = report
        .signatures
        .iter()
        .filter(|it| it.status == "undecided");
    let unread = unread.map(|it| it.reason.clone().unwrap_or_default());
    gaps.chain(unread).next()
}

fn scan(report: &Report) -> Result<Facts, ReportError> {
    let image = &report.image;
    // A report without a day was made by something else.
    let day: Option<Date> = report.as_of.as_deref().and_then(|day| day.parse().ok());
    let scan = Scan {
        day: day.unwrap_or_else(|| Date::from_unix_seconds(0)),
        user: image.user.clone(),
        is_unsupported: report.not_assessed.iter().any(|it| it.id == UNSUPPORTED),
        vulnerabilities: vulnerabilities(&report.findings, &report.not_assessed),
        findings: findings(report),
    };
    let own = image.digest.iter();
    let own = own.map(|digest| (digest.clone(), String::new()));
    let indexes = image.indexes.iter();
    let indexes = indexes.map(|digest| (digest.clone(), image.platform.clone()));
    let digests: Vec<_> = own.chain(indexes).collect();
    if digests.is_empty() {
        return Err(ReportError::NoDigest);
    }
    let mut tags = Vec::new();
    // What the name leads to: the outermost index, where there is one.
    if let Some(named) = image.indexes.first().or(image.digest.as_ref()) {
        let references = image.names.iter();
        let references = references.filter_map(|name| ImageReference::parse(name).ok());
        let references = references.filter(|it| it.digest.is_none());
        tags.extend(references.map(|reference| (tagged(&reference), named.clone())));
    }
    Ok(Facts::Scan {
        digests,
        tags,
        scan: Arc::new(scan),
    })
}

/// A word that is not known is taken for the worst.
fn severity(finding: &Finding) -> Severity {
    finding.severity.parse().unwrap_or(Severity::Critical)
}

/// What counts besides flaws of packages.
fn findings(report: &Report) -> ImageFindings {
    let mut all = ImageFindings::default();
    let counting = report.findings.iter().filter(|it| it.status == "fail");
    for finding in counting.filter(|it| it.vulnerability.is_none()) {
        let one = ImageFinding {
            severity: severity(finding),
            path: finding.subject.file.clone(),
        };
        all.keep(&finding.check, &one);
    }
    for sought in Sought::ALL {
        let word = sought.word();
        let mut gaps = report.not_assessed.iter();
        if !report.searched_for.iter().any(|it| it == word) {
            all.open.insert(sought, Open::NotSearched);
        } else if let Some(gap) =
            gaps.find(|gap| gap.exception.is_none() && sought.is_open_by(&gap.id))
        {
            let reason = format!("{}: {}", gap.id, gap.reason);
            all.open.insert(sought, Open::Gap(reason));
        }
    }
    all
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
            severity: severity(finding),
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
