//! A report that was written before, judged again: the flaws of its packages by the advisories of today, and all
//! else as it stands. No layer is read for it.

mod wire;

use std::{collections::BTreeSet, sync::Arc};

use ringwall_advisory::Purl;
use ringwall_image::{Contents, Distribution, Ecosystem, Package, Placed, SourcePackage};
use ringwall_model::{Acceptance, Date, Finding, Status, sort};
use ringwall_report::{ImageException, ImageGap, ImagePackage, ImageReport};

use super::{ImageOptions, judged_by, vulnerabilities};

/// A report of `ringwall image -o json`.
#[derive(Clone, Debug)]
pub struct StoredReport {
    /// The report, without the flaws of packages and without what could not be told of them.
    report: ImageReport,
    flaws: Vec<StoredFlaw>,
    /// What could not be told of flaws, and where among the others it stood.
    flaw_gaps: Vec<ImageGap>,
    flaw_gaps_at: usize,
}

/// A flaw of a package, as far as it tells whether one of today was known.
#[derive(Clone, Debug)]
struct StoredFlaw {
    /// Its id and all others of it.
    ids: Vec<String>,
    package_type: String,
    package: String,
    version: String,
    acceptance: Option<Arc<Acceptance>>,
}

/// Why something is no report that can be judged again.
#[derive(Debug, thiserror::Error)]
pub enum StoredReportError {
    /// It is none.
    #[error("is no report of `ringwall image -o json`: {0}")]
    Foreign(serde_json::Error),
    /// It is damaged, or holds something that this version does not know and would lose.
    #[error("is a report that cannot be read as a whole: {0}")]
    Damaged(serde_json::Error),
    /// It is about signatures.
    #[error("is a report of `ringwall image verify`")]
    Verification,
    /// It is of a later version.
    #[error("is of version {0}, and this ringwall reads version 1")]
    Version(u64),
    /// Something in it is a word that this version does not know.
    #[error("names the {what} '{word}', which this ringwall does not know")]
    Word {
        /// What it is a word for.
        what: &'static str,
        /// The word.
        word: String,
    },
}

/// What came of judging a report again.
#[derive(Clone, Debug)]
pub struct JudgedAgain {
    /// The report as it is now.
    pub report: ImageReport,
    /// Flaws that count now and did not before.
    pub new: Vec<Box<Finding>>,
}

impl StoredReport {
    /// Reads a report.
    pub fn parse(json: &[u8]) -> Result<Self, StoredReportError> {
        wire::read(json)
    }

    /// The digest of the image, where it has one.
    pub fn digest(&self) -> Option<&str> {
        self.report.image.digest.as_deref()
    }

    /// Every digest by which a pod may name the image.
    pub fn digests(&self) -> impl Iterator<Item = &str> {
        let image = &self.report.image;
        let all = image.digest.iter().chain(&image.indexes);
        all.map(String::as_str)
    }

    /// The digest of the database that it rests on.
    pub fn database(&self) -> Option<&str> {
        let database = self.report.database.as_ref();
        database.map(|database| &*database.digest)
    }

    /// The name of the image, as it was given.
    pub fn name(&self) -> &str {
        &self.report.image.name
    }

    /// Judges the packages by the advisories of the options, as of their day. What the report accepts stays
    /// accepted until its last day; the name, the secrets and the configuration stay as they are.
    pub fn judge_again(self, options: &ImageOptions<'_>) -> JudgedAgain {
        let Self {
            mut report,
            flaws,
            flaw_gaps,
            flaw_gaps_at,
        } = self;
        let name = report.image.name.clone();
        let contents = contents(&report);
        let (mut findings, mut gaps) =
            vulnerabilities::judge(&contents, options.advisories, &name, options.as_of);
        let (is_sbom, is_root_fs) = (report.image.sbom.is_some(), report.image.root_fs.is_some());
        for gap in &mut gaps {
            if is_sbom {
                // No file of the image; its name stands above everything.
                gap.path.take_if(|path| *path == name);
            }
            gap.layer.take_if(|_| is_sbom || is_root_fs);
        }
        let accepted_gaps: Vec<_> = report
            .not_assessed
            .iter()
            .chain(&flaw_gaps)
            .cloned()
            .collect();
        let rest = report
            .not_assessed
            .split_off(flaw_gaps_at.min(report.not_assessed.len()));
        report.not_assessed.append(&mut gaps);
        report.not_assessed.extend(rest);
        // Entries of other scanners' files are held against what is found today.
        report
            .findings
            .retain(|finding| finding.check != "unused-exception");
        findings.append(&mut report.findings);
        for finding in &mut findings {
            if let Status::Accepted(acceptance) = &finding.status
                && !is_in_force(acceptance.until, options.as_of)
            {
                finding.status = Status::Fail;
            }
        }
        options.exceptions.set_severities(&mut findings);
        sort(&mut findings);
        report.findings = findings;
        report.database = None;
        report.as_of = options.as_of;
        judged_by(&mut report, options);
        options.exceptions.apply(&mut report);
        keep_acceptances(&mut report, &flaws, &accepted_gaps);
        let new = new_flaws(&report, &flaws);
        JudgedAgain { report, new }
    }
}

fn is_in_force(until: Option<Date>, as_of: Date) -> bool {
    until.is_none_or(|until| until >= as_of)
}

/// What was accepted where the report was made - by a VEX document, by a file of another scanner - stays so.
fn keep_acceptances(report: &mut ImageReport, flaws: &[StoredFlaw], gaps: &[ImageGap]) {
    let as_of = report.as_of;
    for finding in report.findings.iter_mut().filter(|it| it.fails()) {
        let known = flaws.iter().find_map(|flaw| {
            let acceptance = flaw.acceptance.as_ref()?;
            flaw.is(finding).then_some(acceptance)
        });
        if let Some(acceptance) = known.filter(|it| is_in_force(it.until, as_of)) {
            finding.status = Status::Accepted(Arc::clone(acceptance));
        }
    }
    let is_kept = |exception: &&ImageException| {
        let until = exception.until.as_deref();
        // A day that cannot be read has passed.
        until.is_none_or(|until| until.parse().is_ok_and(|until: Date| until >= as_of))
    };
    for gap in report
        .not_assessed
        .iter_mut()
        .filter(|it| it.exception.is_none())
    {
        let same = gaps
            .iter()
            .filter(|it| it.id == gap.id && it.path == gap.path && it.reason == gap.reason);
        let exception = same.filter_map(|it| it.exception.as_ref()).find(is_kept);
        gap.exception = exception.cloned();
    }
}

impl StoredFlaw {
    /// Whether a finding of today is about the same flaw of the same package in the same version.
    fn is(&self, finding: &Finding) -> bool {
        finding.vulnerability.as_deref().is_some_and(|flaw| {
            self.package == flaw.package
                && self.version == flaw.version
                && self.package_type == flaw.package_type
                && self
                    .ids
                    .iter()
                    .any(|id| *id == finding.check || flaw.aliases.contains(id))
        })
    }
}

/// Flaws that count and are not among those that counted before, by whatever id.
fn new_flaws(report: &ImageReport, before: &[StoredFlaw]) -> Vec<Box<Finding>> {
    let counted = before.iter().filter(|flaw| flaw.acceptance.is_none());
    let known: BTreeSet<_> = counted
        .flat_map(|flaw| {
            let ids = flaw.ids.iter();
            ids.map(|id| (&**id, &*flaw.package_type, &*flaw.package))
        })
        .collect();
    let findings = report.findings.iter().filter(|it| it.fails());
    let new = findings.filter(|finding| {
        finding.vulnerability.as_deref().is_some_and(|flaw| {
            let mut ids =
                std::iter::once(&*finding.check).chain(flaw.aliases.iter().map(|it| &**it));
            !ids.any(|id| known.contains(&(id, flaw.package_type, &*flaw.package)))
        })
    });
    new.cloned().collect()
}

/// The packages as they were when they were found, as far as flaws are told by it.
fn contents(report: &ImageReport) -> Contents {
    let distribution = report.image.distribution.as_ref().map(|it| Distribution {
        id: it.id.clone(),
        version_id: it.version_id.clone(),
        name: it.name.clone(),
    });
    Contents {
        distribution,
        packages: report.packages.iter().filter_map(placed).collect(),
        ..Contents::default()
    }
}

/// A package where it was found; there is one for each, since only types that are known are read.
fn placed(package: &ImagePackage) -> Option<Placed> {
    let ecosystem = Ecosystem::of_purl_type(package.kind)?;
    let purl = package
        .purl
        .as_deref()
        .and_then(|purl| Purl::parse(purl).ok());
    let qualifier = |key: &str| purl.as_ref()?.qualifiers().get(key).cloned();
    let archive =
        qualifier("upstream").filter(|it| ecosystem == Ecosystem::Rpm && it.ends_with(".rpm"));
    Some(Placed {
        package: Package {
            architecture: qualifier(ecosystem.architecture_key()),
            source: package.source.as_ref().map(|source| SourcePackage {
                name: source.name.clone(),
                version: source.version.clone(),
                archive,
            }),
            ..Package::new(ecosystem, &*package.name, &*package.version)
        },
        path: package.path.clone(),
        layer: package.layer,
        hidden_by: package.hidden_by,
        is_of_distribution: package.of_distribution,
        owner: package.owner.clone(),
    })
}
