//! What is accepted of what was found in an image: by `ringwall.toml`, by what makers of products say (VEX),
//! and by files of other scanners; and how bad `ringwall.toml` takes it for.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ringwall_advisory::{Purl, VexError, VexStatement, VexSubject, parse_vex};
use ringwall_model::{
    Acceptance, AcceptanceSource, Date, Finding, Location, Severity, Source, Status, Subject, sort,
};
use ringwall_report::{ImageException, ImageGap, ImageReport, image_purls};

use super::{
    findings::Flaw,
    ignore_files::{self, IgnoreFileError},
    ignore_rule::IgnoreRule,
};
use crate::{
    Config, ConfigError,
    exceptions::{ConfigExceptions, Exceptions},
};

/// Everything that accepts findings about images, or takes them for better or worse than their checks do.
#[derive(Debug)]
pub struct ImageExceptions {
    config: Arc<ConfigExceptions>,
    /// By the ids of checks; flaws have the severities of their advisories.
    severities: BTreeMap<String, Severity>,
    rules: Vec<IgnoreRule>,
    statements: Vec<VexStatement>,
    problems: Vec<ImageGap>,
    as_of: Date,
}

impl ImageExceptions {
    /// Nothing is accepted.
    pub fn none(as_of: Date) -> Self {
        Self {
            config: Arc::default(),
            severities: BTreeMap::new(),
            rules: Vec::new(),
            statements: Vec::new(),
            problems: Vec::new(),
            as_of,
        }
    }

    /// What `ringwall.toml` accepts, and its severities.
    pub fn of_config(config: &Config, source: &Source, as_of: Date) -> Result<Self, ConfigError> {
        Ok(Self {
            config: Arc::new(ConfigExceptions::new(config, source)?),
            severities: config.severities.clone(),
            ..Self::none(as_of)
        })
    }

    /// Adds a file of another scanner.
    pub fn add_ignore_file(&mut self, source: &Source) -> Result<(), IgnoreFileError> {
        self.rules.extend(ignore_files::read(source, self.as_of)?);
        Ok(())
    }

    /// Adds a document of VEX.
    pub fn add_vex(&mut self, name: &str, json: &[u8]) -> Result<(), VexError> {
        let document = parse_vex(json)?;
        self.statements.extend(document.statements);
        let problems = document.problems.into_iter().map(|problem| ImageGap {
            id: "unusable-vex",
            reason: format!("{name}: {problem}; what it says there is not followed"),
            ..ImageGap::default()
        });
        self.problems.extend(problems);
        Ok(())
    }

    /// Sets the severities of `ringwall.toml`, before findings are put in order.
    pub(crate) fn set_severities(&self, findings: &mut [Box<Finding>]) {
        if self.severities.is_empty() {
            return;
        }
        for finding in findings {
            if let Some(&severity) = self.severities.get(&*finding.check) {
                finding.severity = severity;
            }
        }
    }

    /// Sets the status of everything that the report says.
    pub(crate) fn apply(&self, report: &mut ImageReport) {
        self.apply_to(report, None);
    }

    /// The same of a report about what an SBOM with a number lists.
    pub(crate) fn apply_to(&self, report: &mut ImageReport, sbom: Option<&str>) {
        report.not_assessed.extend(self.problems.iter().cloned());
        let products = products(report);
        let by_config = Exceptions {
            marks: HashMap::new(),
            config: Arc::clone(&self.config),
            trivy: Vec::new(),
            as_of: self.as_of,
            pods_only: false,
        };
        let unused = self.unused(report);
        if !unused.is_empty() {
            report.findings.extend(unused);
            sort(&mut report.findings);
        }
        by_config.accept_all(&mut report.findings, &mut []);
        for finding in report.findings.iter_mut().filter(|finding| finding.fails()) {
            let by_rule = self.rules.iter().find_map(|rule| rule.accepts(finding));
            let accepted = by_rule
                .cloned()
                .or_else(|| self.by_vex(finding, &products, sbom));
            if let Some(acceptance) = accepted {
                finding.status = Status::Accepted(acceptance);
            }
        }
        for gap in &mut report.not_assessed {
            let subject = Subject {
                image: Some(report.image.name.as_str().into()),
                file: gap.path.as_deref().map(Into::into),
                ..Subject::default()
            };
            let accepted = by_config.accept_id(gap.id, &subject, gap.path.as_deref());
            gap.exception = accepted.map(|acceptance| ImageException {
                source: acceptance.source.as_str(),
                reason: acceptance.reason.clone(),
                owner: acceptance.owner.clone(),
                until: acceptance.until.map(|until| until.to_string()),
            });
        }
    }

    /// Entries of files of other scanners that leave nothing out: what they were for is gone, or they never meant what
    /// whoever wrote them thinks. Without a database there are no flaws that they could mean.
    fn unused(&self, report: &ImageReport) -> Vec<Box<Finding>> {
        if report.database.is_none() {
            return Vec::new();
        }
        let told = self.rules.iter().filter_map(|rule| {
            let told = rule.told.as_ref()?;
            let mut findings = report.findings.iter();
            let is_used = findings.any(|finding| rule.accepts(finding).is_some());
            (!is_used).then_some(told)
        });
        let unused = told.map(|told| {
            let Location { file, start, .. } = &told.location;
            let message = format!("the entry for {} covers nothing in this image", told.named);
            let mut flaw = Flaw::new("unused-exception", message);
            flaw.place = Some((file.to_string(), start.line, start.column));
            flaw.finding(&report.image.name)
        });
        unused.collect()
    }

    /// What the latest statement about a flaw says, where it clears it.
    fn by_vex(
        &self,
        finding: &Finding,
        products: &[String],
        sbom: Option<&str>,
    ) -> Option<Arc<Acceptance>> {
        let flaw = finding.vulnerability.as_deref()?;
        let package = Purl::parse(flaw.purl.as_deref()?).ok()?;
        let flaws: Vec<&str> = std::iter::once(&*finding.check)
            .chain(flaw.aliases.iter().map(|alias| &**alias))
            .collect();
        let subject = VexSubject {
            flaws: &flaws,
            package: &package,
            products,
            sbom,
        };
        let about = self.statements.iter().filter(|it| it.is_about(&subject));
        // Of those that say no time, and of those of one time, the last that was read.
        let latest = about.max_by_key(|statement| statement.said)?;
        latest.clears().then(|| {
            Arc::new(Acceptance {
                source: AcceptanceSource::Peer(latest.format),
                reason: Some(latest.reason()),
                owner: None,
                until: None,
                location: None,
            })
        })
    }
}

/// The names under which statements may know an image.
fn products(report: &ImageReport) -> Vec<String> {
    let image = &report.image;
    let mut products = vec![image.name.clone()];
    products.extend(image.names.iter().cloned());
    products.extend(image.digest.clone());
    products.extend(image_purls(image).iter().map(Purl::to_string));
    products
}
