//! What the files of a scan came to, put together.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use rayon::prelude::*;
use ringwall_collect::{Inputs, Roots};
use ringwall_model::{Finding, NotAssessed, Report, Subject};
use ringwall_secrets::Concealer;

use super::{
    Options, Outcome,
    reading::FileResult,
    sources::{ScannedFile, SourceMap},
};
use crate::{
    concealed::{conceal_finding, conceal_gap},
    exceptions::{Exceptions, apply},
    file::{FileForm, not_assessed},
};

/// Everything that is known so far.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) findings: Vec<Box<Finding>>,
    pub(super) not_assessed: Vec<NotAssessed>,
    pub(super) sources: SourceMap,
    /// Files into which no finding points.
    clean: HashSet<Arc<str>>,
    assessed: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
    /// Lock files, whether or not they could be judged.
    pub(super) lock_files: u64,
}

impl Gathered {
    pub(super) fn unreadable(&mut self, files: &Inputs) {
        for unreadable in &files.unreadable {
            self.not_assessed.push(not_assessed(
                "unreadable-file",
                Subject::default(),
                None,
                &unreadable.name,
                unreadable.reason.clone(),
            ));
        }
        for (word, count) in [
            ("ignored", files.ignored),
            ("excluded", files.excluded),
            ("links", files.links),
            ("special_files", files.special),
        ] {
            if count > 0 {
                self.skipped.insert(word, count);
            }
        }
    }

    /// Each chart, overlay and Terraform root is one thing that was not looked at.
    pub(super) fn roots(&mut self, roots: &Roots, pods_only: bool) {
        let mut add = |id, kind: &str, file: &str, reason: &str| {
            let subject = Subject {
                kind: Some(kind.into()),
                ..Subject::default()
            };
            self.not_assessed
                .push(not_assessed(id, subject, None, file, reason));
        };
        for chart in roots.charts.iter().filter(|chart| chart.parent.is_none()) {
            let file = chart.file.as_deref().unwrap_or(&chart.folder);
            add(
                "unrenderable-chart",
                "Chart",
                file,
                "charts are not rendered; scan the output of `helm template`",
            );
        }
        for overlay in &roots.kustomizations {
            add(
                "unrenderable-overlay",
                "Kustomization",
                &overlay.file,
                "overlays are not rendered; scan the output of `kubectl kustomize`",
            );
        }
        for root in roots.terraform.iter().filter(|_| !pods_only) {
            let file = root.files.first().map_or(&*root.folder, |file| &**file);
            add(
                "unassessed-terraform",
                "Terraform",
                file,
                "no built-in check judges Terraform",
            );
        }
    }

    pub(super) fn add(&mut self, result: &mut FileResult) {
        self.not_assessed.append(&mut result.not_assessed);
        if result.skipped {
            *self.skipped.entry("files").or_default() += 1;
        }
        if result.is_unseen_lock_file {
            *self.skipped.entry("lock_files").or_default() += 1;
            self.lock_files += 1;
        }
        let Some(judged) = &mut result.judged else {
            return;
        };
        self.not_assessed.append(&mut judged.not_assessed);
        let is_clean = judged.findings.is_empty();
        self.findings.append(&mut judged.findings);
        *self.assessed.entry("resources").or_default() += judged.resources;
        *self.assessed.entry("dockerfiles").or_default() += u64::from(judged.is_dockerfile);
        if matches!(judged.form, FileForm::LockFile(_)) {
            self.lock_files += 1;
        }
        if judged.is_lock_file {
            *self.assessed.entry("lock_files").or_default() += 1;
        }
        *self.assessed.entry("files").or_default() += 1;
        if judged.is_foreign {
            *self.skipped.entry("files").or_default() += 1;
        }
        let file = ScannedFile {
            text: (!result.is_released).then(|| Arc::clone(&judged.source)),
            form: judged.form,
            path: result.path.take(),
        };
        let name = Arc::clone(&judged.source.name);
        if is_clean {
            self.clean.insert(Arc::clone(&name));
        }
        if !judged.secrets.is_empty() {
            let secrets = std::mem::take(&mut judged.secrets);
            self.sources.secrets.insert(Arc::clone(&name), secrets);
        }
        self.sources.files.insert(name, file);
    }

    /// Says what counts.
    pub(super) fn settle(&mut self, options: &Options<'_>, exceptions: &Exceptions) {
        if !options.config.severities.is_empty() {
            self.findings.par_iter_mut().for_each(|finding| {
                if let Some(&severity) = options.config.severities.get(&*finding.check) {
                    finding.severity = severity;
                }
            });
        }
        if options.show_passed {
            drop_passes_that_failed(&mut self.findings);
        }
        let judged = self.findings.len();
        apply(
            exceptions,
            options.selection,
            &mut self.findings,
            &mut self.not_assessed,
        );
        self.keep_texts_of_findings_since(judged);
        self.conceal_since(judged);
        if let Some(baseline) = options.baseline {
            baseline.apply(&mut self.findings, &mut self.not_assessed);
        }
    }

    pub(super) fn finish(mut self, options: &Options<'_>) -> Outcome {
        self.drop_clean_texts();
        Outcome {
            report: Report::new(
                self.findings,
                self.not_assessed,
                self.assessed,
                self.skipped,
                options.as_of,
            ),
            sources: self.sources,
        }
    }

    /// Findings of a file alone point into no other; those that came later may point anywhere.
    pub(super) fn keep_texts_of_findings_since(&mut self, first: usize) {
        // Most findings stand in the file of the one before.
        let mut last: Option<&Arc<str>> = None;
        for finding in self.findings.get(first..).unwrap_or_default() {
            let evidence = finding.evidence.iter().map(|evidence| &evidence.location);
            for location in evidence.chain([&finding.location]) {
                if !last.is_some_and(|last| Arc::ptr_eq(last, &location.file)) {
                    self.clean.remove(&location.file);
                    last = Some(&location.file);
                }
            }
        }
    }

    /// Conceals secrets in what was said after the files were judged alone, which may repeat those of any
    /// file that a finding points into.
    pub(super) fn conceal_since(&mut self, first: usize) {
        let sources = &self.sources;
        if sources.secrets.is_empty() {
            return;
        }
        let mut known: HashMap<Arc<str>, Option<Concealer>> = HashMap::new();
        // Most findings stand in the file of the one before, and in most files are no secrets.
        let mut last: Option<(Arc<str>, bool)> = None;
        let mut has_secrets = |file: &Arc<str>| match &last {
            Some((name, answer)) if Arc::ptr_eq(name, file) => *answer,
            _ => {
                let answer = sources.secrets.contains_key(file);
                last = Some((Arc::clone(file), answer));
                answer
            }
        };
        for finding in self.findings.get_mut(first..).unwrap_or_default() {
            let evidence = finding.evidence.iter().map(|evidence| &evidence.location);
            let mut files: Vec<_> = evidence
                .chain([&finding.location])
                .map(|location| &location.file)
                .filter(|file| has_secrets(file))
                .map(Arc::clone)
                .collect();
            files.sort_unstable();
            files.dedup();
            for file in files {
                let concealer = known
                    .entry(file)
                    .or_insert_with_key(|file| sources.concealer(file));
                if let Some(concealer) = concealer {
                    conceal_finding(concealer, finding);
                }
            }
        }
        for item in &mut self.not_assessed {
            let file = item.location.as_ref().map(|location| &location.file);
            let concealer = file.and_then(|file| {
                let file = Arc::clone(file);
                known
                    .entry(file)
                    .or_insert_with_key(|file| sources.concealer(file))
                    .as_ref()
            });
            if let Some(concealer) = concealer {
                conceal_gap(concealer, item);
            }
        }
    }

    /// Texts into which nothing points are not needed any more; in a tidy tree they are most.
    fn drop_clean_texts(&mut self) {
        self.clean.iter().for_each(|name| {
            if let Some(file) = self.sources.files.get_mut(name) {
                file.text = None;
            }
        });
    }
}

/// A check across objects may have found what the check of one object passed.
fn drop_passes_that_failed(findings: &mut Vec<Box<Finding>>) {
    let object = |finding: &Finding| {
        let subject = &finding.subject;
        let parts = [
            &subject.api_version,
            &subject.kind,
            &subject.namespace,
            &subject.name,
        ];
        (
            finding.check.to_string(),
            finding.location.file.to_string(),
            parts.map(Clone::clone),
        )
    };
    let failed: HashSet<_> = findings
        .iter()
        .filter(|finding| finding.fails())
        .map(|finding| object(finding))
        .collect();
    findings.retain(|finding| finding.fails() || !failed.contains(&object(finding)));
}
