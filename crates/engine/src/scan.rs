//! The whole way: read, judge, except, order.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;
use ringwall_checks::{Among, Hook, Inventory, judge};
use ringwall_collect::{
    Candidate, Content, Inputs, Role, Roots, build_context_ignore, classify, git::Changes,
};
use ringwall_image::LockFileKind;
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Date, Finding, NotAssessed, Report, Source, Span, Subject};
use ringwall_policy::{bundle::Bundle, pod_security::Request};

use crate::{
    Baseline, Config, ConfigError, Selection, changes,
    exceptions::{ConfigExceptions, Exceptions, TrivyIgnore, apply},
    file::{FileForm, Judge, Judged, not_assessed},
    flaws::Advisories,
    lock_files, policies,
    rego::RegoJudge,
};

/// What is scanned.
#[derive(Debug, Default)]
pub struct Input {
    /// Files and what could not be read.
    pub files: Inputs,
    /// What standard input gave, if it was asked for.
    pub stdin: Option<Content>,
}

/// How a scan is done.
pub struct Options<'a> {
    /// Which checks run.
    pub selection: &'a Selection,
    /// `ringwall.toml`, or its defaults.
    pub config: &'a Config,
    /// The text of `ringwall.toml`; an empty source where there is none.
    pub config_source: &'a Source,
    /// Judge only this level of the Pod Security Standards.
    pub pod_security: Option<Request>,
    /// Policies that users bring.
    pub policies: Option<&'a Arc<Bundle>>,
    /// What the packages of lock files are judged by.
    pub advisories: Advisories<'a>,
    /// The day on which exceptions are judged.
    pub as_of: Date,
    /// Findings that were there before.
    pub baseline: Option<&'a Baseline>,
    /// Report only what these changes touch.
    pub changes: Option<&'a Changes>,
    /// Report what was looked at and is right.
    pub show_passed: bool,
    /// Largest file that is read, in bytes.
    pub limit_bytes: u64,
    /// Called after each file with how many are done and how many there are.
    pub progress: Option<&'a (dyn Fn(usize, usize) + Sync)>,
}

/// What a scan gives.
pub struct Outcome {
    /// Findings, what could not be looked at, and counts.
    pub report: Report,
    /// The texts that findings point into.
    pub sources: SourceMap,
}

/// The texts that findings point into, by name.
#[derive(Debug, Default)]
pub struct SourceMap {
    files: HashMap<Arc<str>, ScannedFile>,
}

#[derive(Debug)]
struct ScannedFile {
    /// Kept only where a finding points into it.
    text: Option<Arc<Source>>,
    /// What it was judged as.
    form: FileForm,
    /// Where it stands on disk, if it may be edited.
    path: Option<PathBuf>,
}

impl SourceMap {
    /// The text of a name.
    pub fn get(&self, name: &str) -> Option<&Arc<Source>> {
        self.files.get(name)?.text.as_ref()
    }

    /// Where a text stands on disk; `None` for standard input and for texts decoded from another encoding.
    pub fn path(&self, name: &str) -> Option<&PathBuf> {
        self.files.get(name)?.path.as_ref()
    }

    /// The text of a name and what it was judged as.
    pub(crate) fn judged(&self, name: &str) -> Option<(&Arc<Source>, FileForm)> {
        let file = self.files.get(name)?;
        Some((file.text.as_ref()?, file.form))
    }

    /// Files that can be edited, in the order of their names.
    pub(crate) fn editable(&self) -> Vec<(&Arc<Source>, FileForm)> {
        let mut files: Vec<_> = self
            .files
            .values()
            .filter(|file| file.path.is_some())
            .filter_map(|file| Some((file.text.as_ref()?, file.form)))
            .collect();
        files.sort_by(|(one, _), (other, _)| one.name.cmp(&other.name));
        files
    }
}

/// A file that was read and judged, or what stands in its place.
struct FileResult {
    judged: Option<Judged>,
    not_assessed: Vec<NotAssessed>,
    /// Where it stands, if it may be edited.
    path: Option<PathBuf>,
    trivyignore: Option<Arc<Source>>,
    skipped: bool,
    /// Whether it is a lock file that was not looked at, as there are no advisories.
    is_unseen_lock_file: bool,
}

/// Reads and judges everything.
///
/// # Errors
///
/// Only for exceptions in the configuration whose patterns cannot be used; nothing in the scanned files is an error.
pub fn scan(input: &Input, options: &Options<'_>) -> Result<Outcome, ConfigError> {
    let settings = options.config.settings(options.as_of);
    let pod_paths = options.config.pod_paths();
    let images = options
        .config
        .image_policy(&options.config_source.name, options.as_of)?;
    let judge = Judge {
        selection: options.selection,
        settings: &settings,
        pod_paths: &pod_paths,
        pod_security: options.pod_security,
        images: images.as_ref(),
        advisories: options.advisories,
        show_passed: options.show_passed,
    };
    let config = Arc::new(ConfigExceptions::new(
        options.config,
        options.config_source,
    )?);
    let roots = find_roots(&input.files, options.limit_bytes);
    let rego = options
        .policies
        .and_then(|bundle| RegoJudge::new(bundle, options.selection, policies::now(options.as_of)));

    let done = AtomicUsize::new(0);
    let total = input.files.files.len();
    let mut results: Vec<FileResult> = input
        .files
        .files
        .par_iter()
        .map(|candidate| {
            let mut result = read_file(candidate, &roots, &judge, options.limit_bytes);
            let is_template = matches!(roots.file_role(&candidate.name), Role::ChartTemplate(_));
            if let Some(rego) = rego.filter(|_| !is_template) {
                ask_rego(&rego, candidate, &mut result);
            }
            if let Some(progress) = options.progress {
                progress(done.fetch_add(1, Ordering::Relaxed) + 1, total);
            }
            result
        })
        .collect();
    if let Some(content) = &input.stdin {
        let mut result = read_stdin(content, &judge);
        if let (Some(rego), Some(judged)) = (&rego, &mut result.judged) {
            rego.judge(judged, None);
        }
        results.push(result);
    }

    let across = if options.pod_security.is_none() {
        let judged = results.iter().filter_map(|result| result.judged.as_ref());
        across_objects(judged, &judge)
    } else {
        Vec::new()
    };
    let said = options.policies.map(|bundle| {
        let judged = results.iter().filter_map(|result| result.judged.as_ref());
        policies::judge(bundle, judged, options.selection, options.as_of)
    });
    // Trees are not needed any more, and what is gathered next takes their room.
    results.par_iter_mut().for_each(|result| {
        if let Some(judged) = &mut result.judged {
            judged.documents = Vec::new();
        }
    });
    let mut gathered = Gathered::default();
    gathered.unreadable(&input.files);
    gathered.roots(&roots, options.pod_security.is_some());
    // Room for all of them at once.
    let judged = results.iter().filter_map(|result| result.judged.as_ref());
    let in_files: usize = judged.map(|judged| judged.findings.len()).sum();
    let in_all: usize = across.iter().map(Vec::len).sum();
    gathered.findings.reserve_exact(in_files + in_all);
    gathered.sources.files.reserve(results.len());
    let mut judged_files = Vec::with_capacity(results.len());
    let mut trivy = Vec::new();
    for mut result in results {
        gathered.add(&mut result);
        trivy.extend(
            result
                .trivyignore
                .map(|source| TrivyIgnore::new(&source, options.as_of)),
        );
        if let Some(judged) = result.judged {
            judged_files.push(judged);
        }
    }
    gathered.findings.extend(across.into_iter().flatten());
    if let Some(said) = said {
        gathered.findings.extend(said.findings);
        gathered.not_assessed.extend(said.not_assessed);
    }
    let unassessed = lock_files::unassessed(options.advisories, gathered.lock_files, options.as_of);
    gathered.not_assessed.extend(unassessed);
    gathered.keep_texts_of_findings_since(in_files);
    let mut exceptions = Exceptions {
        marks: HashMap::new(),
        config,
        trivy,
        as_of: options.as_of,
        pods_only: options.pod_security.is_some(),
    };
    let mut objects = changes::Objects::new();
    for judged in judged_files {
        let name = &judged.source.name;
        if options.changes.is_some() {
            objects.insert(
                Arc::clone(name),
                (Arc::clone(&judged.source), judged.objects),
            );
        }
        if !judged.marks.covers.is_empty() || !judged.marks.broken.is_empty() {
            exceptions.marks.insert(Arc::clone(name), judged.marks);
        }
    }
    Ok(gathered.finish(options, &exceptions, &objects))
}

/// Everything that is known so far.
#[derive(Default)]
struct Gathered {
    findings: Vec<Box<Finding>>,
    not_assessed: Vec<NotAssessed>,
    sources: SourceMap,
    /// Files into which no finding points.
    clean: HashSet<Arc<str>>,
    assessed: BTreeMap<&'static str, u64>,
    skipped: BTreeMap<&'static str, u64>,
    /// Lock files, whether or not they could be judged.
    lock_files: u64,
}

impl Gathered {
    fn unreadable(&mut self, files: &Inputs) {
        for unreadable in &files.unreadable {
            self.not_assessed.push(not_assessed(
                "unreadable-file",
                Subject::default(),
                None,
                &unreadable.name,
                unreadable.reason.clone(),
            ));
        }
        for (word, count) in [("ignored", files.ignored), ("excluded", files.excluded)] {
            if count > 0 {
                self.skipped.insert(word, count);
            }
        }
    }

    /// Each chart, overlay and Terraform root is one thing that was not looked at.
    fn roots(&mut self, roots: &Roots, pods_only: bool) {
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

    fn add(&mut self, result: &mut FileResult) {
        self.not_assessed.append(&mut result.not_assessed);
        if result.skipped {
            *self.skipped.entry("files").or_default() += 1;
        }
        if result.is_unseen_lock_file {
            *self.skipped.entry("lock_files").or_default() += 1;
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
            text: Some(Arc::clone(&judged.source)),
            form: judged.form,
            path: result.path.take(),
        };
        let name = Arc::clone(&judged.source.name);
        if is_clean {
            self.clean.insert(Arc::clone(&name));
        }
        self.sources.files.insert(name, file);
    }

    fn finish(
        mut self,
        options: &Options<'_>,
        exceptions: &Exceptions,
        objects: &changes::Objects,
    ) -> Outcome {
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
        if let Some(baseline) = options.baseline {
            baseline.apply(&mut self.findings, &mut self.not_assessed);
        }
        if let Some(changed) = options.changes {
            changes::keep(changed, objects, &mut self.findings, &mut self.not_assessed);
        }
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
    fn keep_texts_of_findings_since(&mut self, first: usize) {
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

/// Charts, overlays and Terraform roots, and which files are patches of overlays.
pub(crate) fn find_roots(files: &Inputs, limit_bytes: u64) -> Roots {
    let mut roots = Roots::find(&files.files);
    let kustomizations: Vec<(usize, Arc<str>)> = roots
        .kustomizations
        .iter()
        .enumerate()
        .map(|(index, kustomization)| (index, Arc::clone(&kustomization.file)))
        .collect();
    let by_name: HashMap<&str, &Candidate> = files
        .files
        .iter()
        .filter(|_| !kustomizations.is_empty())
        .map(|candidate| (&*candidate.name, candidate))
        .collect();
    for (index, name) in kustomizations {
        let Some(candidate) = by_name.get(&*name) else {
            continue;
        };
        let content = ringwall_collect::read(candidate, limit_bytes);
        let Some(text) = content.text() else {
            continue;
        };
        let source = Arc::new(Source::new(Arc::clone(&name), text));
        let (documents, _) = yaml::parse(&source);
        for document in &documents {
            let root = document.root();
            let listed = root.list("patchesStrategicMerge").map(yaml::Node::text);
            let with_path = ["patches", "patchesJson6902"]
                .into_iter()
                .flat_map(|key| root.list(key))
                .filter_map(|patch| patch.str("path"));
            for reference in listed.chain(with_path) {
                roots.mark_patch(index, reference);
            }
        }
    }
    roots
}

fn read_file(candidate: &Candidate, roots: &Roots, judge: &Judge<'_>, limit: u64) -> FileResult {
    let kind = classify(&candidate.name);
    let role = roots.file_role(&candidate.name);
    let mut form = FileForm::new(kind, role);
    if form == FileForm::Dockerfile(None) {
        form = FileForm::Dockerfile(build_context_ignore(candidate));
    }
    let mut result = FileResult {
        judged: None,
        not_assessed: Vec::new(),
        path: None,
        trivyignore: None,
        skipped: false,
        is_unseen_lock_file: false,
    };
    if form == FileForm::Text
        && let Some(lock_file) = LockFileKind::of_name(&candidate.name)
        && judge.selection.wants_flaws()
    {
        match judge.advisories {
            Advisories::Missing => result.is_unseen_lock_file = judge.pod_security.is_none(),
            _ => form = FileForm::LockFile(lock_file),
        }
    }
    // With Pod Security alone, secrets are not looked for: only manifests are read.
    if judge.pod_security.is_some() && form != FileForm::Manifest {
        result.skipped = true;
        return result;
    }
    let content = ringwall_collect::read(candidate, limit);
    let is_text = matches!(content, Content::Text(_));
    take(content, &candidate.name, form, judge, &mut result);
    if is_text && matches!(form, FileForm::Manifest | FileForm::Dockerfile(_)) {
        result.path = Some(candidate.path.clone());
    }
    if candidate.name.rsplit('/').next() == Some(".trivyignore") {
        result.trivyignore = result
            .judged
            .as_ref()
            .map(|judged| Arc::clone(&judged.source));
    }
    result
}

/// Asks Rego about a file that was read; one that is no text must not look as if it had been.
fn ask_rego(rego: &RegoJudge<'_>, candidate: &Candidate, result: &mut FileResult) {
    match &mut result.judged {
        Some(judged) => rego.judge(judged, Some(&candidate.path)),
        None if result.skipped && RegoJudge::concerns(&candidate.name) => {
            result.skipped = false;
            result.not_assessed.push(not_assessed(
                "unparsable-file",
                Subject::default(),
                None,
                &candidate.name,
                "policies in Rego cannot be asked about it: it is no text",
            ));
        }
        None => {}
    }
}

fn read_stdin(content: &Content, judge: &Judge<'_>) -> FileResult {
    let mut result = FileResult {
        judged: None,
        not_assessed: Vec::new(),
        path: None,
        trivyignore: None,
        skipped: false,
        is_unseen_lock_file: false,
    };
    let form = match content.text() {
        Some(text) if is_dockerfile(text) => FileForm::Dockerfile(None),
        _ => FileForm::Manifest,
    };
    if matches!(content, Content::Binary) {
        result.not_assessed.push(not_assessed(
            "unreadable-file",
            Subject::default(),
            None,
            "-",
            "standard input is no text",
        ));
        return result;
    }
    take(content.clone(), "-", form, judge, &mut result);
    result
}

/// Whether a text without a name begins as Dockerfiles do.
fn is_dockerfile(text: &str) -> bool {
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'));
    first.is_some_and(|line| {
        let word = line.split_whitespace().next().unwrap_or("");
        (word.eq_ignore_ascii_case("from") || word.eq_ignore_ascii_case("arg"))
            && !line.contains(": ")
    })
}

/// Judges a content, or says why it cannot be.
fn take(content: Content, name: &str, form: FileForm, judge: &Judge<'_>, result: &mut FileResult) {
    let refuse = |id, reason: String| not_assessed(id, Subject::default(), None, name, reason);
    let text = match content {
        Content::Text(text) | Content::Utf16(text) => text,
        Content::InvalidUtf8 { at, text } => {
            if form != FileForm::Text {
                let source = Source::new(name, text.as_str());
                result.not_assessed.push(not_assessed(
                    "unparsable-file",
                    Subject::default(),
                    Some(source.location(Span::at(at))),
                    name,
                    format!("byte {at} is not valid UTF-8; the rest was judged with it replaced"),
                ));
            }
            text
        }
        // A manifest or Dockerfile by its name: passing over it would look clean.
        Content::Binary if form != FileForm::Text => {
            let reason = "holds NUL bytes, so it is no text".to_owned();
            result.not_assessed.push(refuse("unparsable-file", reason));
            return;
        }
        Content::Binary => {
            result.skipped = true;
            return;
        }
        Content::TooLarge { size } => {
            let size = size.map_or_else(String::new, |size| format!(" ({size} bytes)"));
            let reason = format!("larger than what is read of one file{size}");
            result.not_assessed.push(refuse("oversized-file", reason));
            return;
        }
        Content::Unreadable(reason) => {
            result.not_assessed.push(refuse("unreadable-file", reason));
            return;
        }
    };
    let source = Arc::new(Source::new(name, text));
    result.judged = Some(judge.judge(&source, form));
}

/// Judges all objects of the scan together; the findings of each check.
fn across_objects<'a>(
    files: impl Iterator<Item = &'a Judged>,
    judge: &Judge<'_>,
) -> Vec<Vec<Box<Finding>>> {
    let documents: Vec<_> = files.flat_map(|judged| &judged.documents).collect();
    let parts: Vec<_> = documents
        .par_chunks(64)
        .map(|documents| {
            let (mut resources, mut workloads) = (Vec::new(), Vec::new());
            for document in documents {
                let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
                    continue;
                };
                for object in objects {
                    workloads.extend(kubernetes::workloads(&object, judge.pod_paths));
                    resources.push(object);
                }
            }
            (resources, workloads)
        })
        .collect();
    let (mut resources, mut workloads) = (Vec::new(), Vec::new());
    for (more_resources, more_workloads) in parts {
        resources.extend(more_resources);
        workloads.extend(more_workloads);
    }
    if resources.is_empty() {
        return Vec::new();
    }
    let inventory = Inventory::new(resources, workloads);
    let among = Among::new(&inventory, &judge.selection.checks);
    let find = |by: &dyn Fn(&mut Vec<Box<Finding>>)| {
        let mut findings = Vec::new();
        by(&mut findings);
        findings.shrink_to_fit();
        findings
    };
    let by_checks = judge.selection.checks.with(Hook::Inventory);
    let by_checks = by_checks
        .par_iter()
        .with_max_len(1)
        .map(|check| find(&|out| judge::inventory_by(*check, &inventory, judge.settings, out)));
    let by_pods = inventory.workloads.par_chunks(128);
    let by_pods = by_pods.map(|pods| find(&|out| among.judge(pods, judge.settings, out)));
    by_checks.chain(by_pods).collect()
}

/// Judges one text as if it were the whole scan: what the fix engine needs.
pub(crate) fn judge_alone(source: &Arc<Source>, form: FileForm, judge: &Judge<'_>) -> Judged {
    let mut judged = judge.judge(source, form);
    let across = across_objects(std::iter::once(&judged), judge);
    judged.findings.extend(across.into_iter().flatten());
    judged
}
