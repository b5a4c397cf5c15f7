//! Files: parsed, judged, their marks read. Runs on any thread; what is said of a file needs nothing of another.

mod manifests;

use std::{borrow::Cow, sync::Arc};

use ringwall_checks::{Checks, Settings, Target, judge};
use ringwall_collect::{FileKind, Role};
use ringwall_image::LockFileKind;
use ringwall_input::{
    dockerfile,
    kubernetes::{self, PodPath, Resource},
    yaml::Document,
};
use ringwall_model::{
    Confidence, Finding, Location, NotAssessed, Ring, Severity, Source, Span, Status, Subject,
};
use ringwall_policy::{image::ImagePolicy, pod_security::Request};
use ringwall_secrets::{Detectors, KeyFile, Match};

pub(crate) use self::manifests::is_foreign_json;
use crate::{
    exceptions::{Marks, dockerfile_covers},
    flaws::Advisories,
    lock_files, own_reports,
    selection::{SECRETS_CONTROLS, Selection},
};

/// What judging a file needs to know.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) selection: &'a Selection,
    pub(crate) settings: &'a Settings,
    pub(crate) pod_paths: &'a [PodPath],
    pub(crate) pod_security: Option<Request>,
    /// Which images may run, where a configuration says so.
    pub(crate) images: Option<&'a ImagePolicy>,
    /// What the packages of lock files are judged by.
    pub(crate) advisories: Advisories<'a>,
    /// Whether an exception of the configuration names images, so that those of objects have to be kept.
    pub(crate) excepts_images: bool,
    pub(crate) show_passed: bool,
}

/// What a file is to the scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileForm {
    /// May hold Kubernetes objects.
    Manifest,
    /// A Dockerfile; whether an ignore file limits its build context.
    Dockerfile(Option<bool>),
    /// Names the packages that a package manager chose; there are advisories to judge them by.
    LockFile(LockFileKind),
    /// Looked at for secrets only, because it is part of something that was not rendered, or is no manifest.
    Text,
}

impl FileForm {
    pub(crate) fn new(kind: FileKind, role: Role) -> Self {
        match (role, kind) {
            (Role::Plain | Role::Kustomization(_), FileKind::Yaml | FileKind::Json) => {
                Self::Manifest
            }
            (Role::Plain, FileKind::Dockerfile) => Self::Dockerfile(None),
            _ => Self::Text,
        }
    }
}

/// What came of a file.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) source: Arc<Source>,
    pub(crate) form: FileForm,
    /// Documents with objects, for checks across objects.
    pub(crate) documents: Vec<Document>,
    pub(crate) findings: Vec<Box<Finding>>,
    pub(crate) not_assessed: Vec<NotAssessed>,
    /// Where secrets stand, also those whose findings nobody asked for.
    pub(crate) secrets: Vec<Span>,
    pub(crate) marks: Marks,
    /// The bytes of each object.
    pub(crate) objects: Vec<Span>,
    pub(crate) resources: u64,
    pub(crate) is_dockerfile: bool,
    pub(crate) is_lock_file: bool,
    /// Neither a manifest nor a Dockerfile nor a lock file.
    pub(crate) is_foreign: bool,
}

/// A text that was read, and whose objects are yet to be judged.
pub(crate) struct Read {
    pub(crate) judged: Judged,
    documents: Vec<Document>,
}

impl<'a> Judge<'a> {
    /// Judges by checks alone.
    pub(crate) const fn by_checks(selection: &'a Selection, settings: &'a Settings) -> Self {
        Self {
            selection,
            settings,
            pod_paths: &[],
            pod_security: None,
            images: None,
            advisories: Advisories::Missing,
            excepts_images: false,
            show_passed: false,
        }
    }
}

impl Judged {
    fn new(source: &Arc<Source>, form: FileForm) -> Self {
        Self {
            source: Arc::clone(source),
            form,
            documents: Vec::new(),
            findings: Vec::new(),
            not_assessed: Vec::new(),
            secrets: Vec::new(),
            marks: Marks::default(),
            objects: Vec::new(),
            resources: 0,
            is_dockerfile: false,
            is_lock_file: false,
            is_foreign: false,
        }
    }
}

impl Judge<'_> {
    /// Judges a text.
    pub(crate) fn judge(&self, source: &Arc<Source>, form: FileForm) -> Judged {
        let mut read = [self.read(source, form)];
        self.judge_all(&mut read);
        let [read] = read;
        read.judged
    }

    /// Reads a text: what [`Self::judge_all`] needs of it.
    pub(crate) fn read(&self, source: &Arc<Source>, form: FileForm) -> Read {
        let mut judged = Judged::new(source, form);
        let mut documents = Vec::new();
        match form {
            FileForm::Manifest => documents = manifests::read(&mut judged),
            FileForm::Dockerfile(has_ignore_file) => self.dockerfile(has_ignore_file, &mut judged),
            FileForm::LockFile(kind) => self.lock_file(kind, &mut judged),
            FileForm::Text => judged.is_foreign = true,
        }
        Read { judged, documents }
    }

    /// Judges texts that were read, several together: each check looks at the objects of all of them before the next one
    /// does.
    pub(crate) fn judge_all(&self, read: &mut [Read]) {
        self.manifests(read);
        for Read { judged, .. } in read {
            self.secrets(judged);
            judged.conceal();
            judged.findings.shrink_to_fit();
        }
    }

    /// Checks that run only for the places of secrets: nobody asked for their findings, and what they
    /// would find is not to be printed all the same.
    fn unreported(&self) -> &Checks {
        match self.pod_security {
            Some(_) => &self.selection.of_secrets,
            None => &self.selection.unreported,
        }
    }

    /// Adds a `pass` for each check that could have found something in the object and did not.
    fn passed(&self, object: &Resource<'_>, has_pod: bool, out: &mut Vec<Box<Finding>>) {
        let subject = Arc::new(object.subject());
        let location = object.place().location();
        for check in self.selection.checks.iter() {
            let meta = check.meta();
            let applies = match meta.target {
                Target::Workload => has_pod,
                Target::Dockerfile => false,
                Target::Rbac => {
                    object.group() == "rbac.authorization.k8s.io" || object.kind == "ServiceAccount"
                }
                Target::Network => matches!(object.kind, "Service" | "NetworkPolicy"),
                Target::Ingress => {
                    object.kind == "Ingress" || object.group() == "gateway.networking.k8s.io"
                }
                Target::Secret => has_pod || matches!(object.kind, "Secret" | "ConfigMap"),
                Target::ControlPlane => {
                    object.is("audit.k8s.io", "Policy")
                        || object.is("", "Config")
                        || matches!(
                            object.kind,
                            "AdmissionConfiguration" | kubernetes::IMAGE_POLICY
                        )
                }
            };
            let failed = out.iter().any(|finding| finding.check == meta.id);
            if applies && !failed {
                out.push(Box::new(Finding {
                    check: Cow::Borrowed(meta.id),
                    ring: meta.ring,
                    severity: meta.severity,
                    confidence: None,
                    status: Status::Pass,
                    group: None,
                    subject: Arc::clone(&subject),
                    location: location.clone(),
                    message: format!("not found: {}", meta.title),
                    remediation: Cow::Borrowed(""),
                    controls: meta.controls,
                    evidence: Vec::new(),
                    fix: None,
                    vulnerability: None,
                }));
            }
        }
    }

    fn dockerfile(&self, has_ignore_file: Option<bool>, judged: &mut Judged) {
        let source = Arc::clone(&judged.source);
        judged.is_dockerfile = true;
        if self.pod_security.is_some() {
            return;
        }
        let (parsed, diagnostics) = dockerfile::parse(&source.text);
        let subject = Subject {
            kind: Some("Dockerfile".into()),
            ..Subject::default()
        };
        for diagnostic in &diagnostics {
            judged.not_assessed.push(not_assessed(
                "unparsable-dockerfile",
                subject.clone(),
                Some(source.location(diagnostic.span)),
                &source.name,
                diagnostic.message.clone(),
            ));
        }
        let build = judge::Build {
            source: &source,
            dockerfile: &parsed,
            diagnostics: &diagnostics,
            has_ignore_file,
        };
        let judge = |checks, out: &mut _| judge::dockerfile(&build, checks, self.settings, out);
        judged.secrets = judge(self.unreported(), &mut Vec::new());
        judged
            .secrets
            .extend(judge(&self.selection.checks, &mut judged.findings));
        dockerfile_covers(&source, &parsed, &mut judged.marks);
    }

    fn lock_file(&self, kind: LockFileKind, judged: &mut Judged) {
        match self.advisories {
            Advisories::Database(database) => {
                lock_files::judge(kind, database, self.selection, self.settings.as_of, judged);
            }
            Advisories::Missing | Advisories::Unusable(_) => judged.is_foreign = true,
        }
    }

    /// A file that is no text and holds keys, if anyone asked for that.
    pub(crate) fn key_file(&self, name: &str, found: &KeyFile) -> Option<Judged> {
        let (check, controls) = own_check(KEYS);
        if self.pod_security.is_some() || !self.selection.runs(&check, controls) {
            return None;
        }
        let source = Arc::new(Source::new(name, ""));
        let mut judged = Judged::new(&source, FileForm::Text);
        judged.is_foreign = true;
        judged.findings.push(Box::new(secret_finding(
            &source,
            Span::at(0),
            check,
            controls,
            (found.severity, None),
            format!("holds keys: {}", found.words.title),
        )));
        Some(judged)
    }

    /// Secrets that no check of the place they stand in has found.
    fn secrets(&self, judged: &mut Judged) {
        const LIMIT: usize = 1000;
        /// What is not told any more is concealed all the same, where other findings show the lines around it.
        const CONCEALED: usize = 20 * LIMIT;
        let source = &judged.source;
        if self.pod_security.is_some() && judged.findings.is_empty() {
            return;
        }
        let scan = Detectors::builtin().scan_with_limit(&source.text, CONCEALED);
        judged
            .secrets
            .extend(scan.matches.iter().map(|found| found.span));
        if self.pod_security.is_some() {
            return;
        }
        let told: Vec<Span> = judged
            .findings
            .iter()
            .filter(|finding| finding.fails() && finding.check.starts_with("plaintext-"))
            .map(|finding| finding.location.span)
            .collect();
        let is_report = !scan.matches.is_empty() && own_reports::quotes_pages(source);
        let is_truncated = scan.matches.len() > LIMIT;
        for found in scan.matches.into_iter().take(LIMIT) {
            if is_report && own_reports::is_example(source.slice(found.span)) {
                continue;
            }
            let overlaps = |span: &Span| span.start < found.span.end && found.span.start < span.end;
            let (check, controls) = check_of(&found);
            if told.iter().any(overlaps) || !self.selection.runs(&check, controls) {
                continue;
            }
            judged
                .findings
                .push(Box::new(secret(source, &found, check, controls)));
        }
        if is_truncated {
            judged.not_assessed.push(not_assessed(
                "truncated-secrets",
                Subject::default(),
                None,
                &source.name,
                format!("holds more than {LIMIT} secrets; the rest was not looked at"),
            ));
        }
    }
}

/// The check of private keys, wherever they stand.
const KEYS: &str = "plaintext-private-key";

/// The check that speaks for a detector: its own row, or `plaintext-secret/<provider>`.
fn check_of(found: &Match) -> (Cow<'static, str>, &'static [&'static str]) {
    match (found.provider, found.detector) {
        ("private-key", _) => own_check(KEYS),
        (_, "kubeconfig-client-key") => own_check("plaintext-kubeconfig-credential"),
        _ => (
            format!("plaintext-secret/{}", found.provider).into(),
            SECRETS_CONTROLS,
        ),
    }
}

/// A check of the catalogue, with its controls.
fn own_check(own: &'static str) -> (Cow<'static, str>, &'static [&'static str]) {
    let controls =
        ringwall_checks::find(own).map_or(SECRETS_CONTROLS, |check| check.meta().controls);
    (Cow::Borrowed(own), controls)
}

fn secret(
    source: &Source,
    found: &Match,
    check: Cow<'static, str>,
    controls: &'static [&'static str],
) -> Finding {
    let shown = ringwall_secrets::redact(source.slice(found.span));
    secret_finding(
        source,
        found.span,
        check,
        controls,
        (found.severity, found.confidence),
        format!("{} in plain text: {shown}", found.title),
    )
}

fn secret_finding(
    source: &Source,
    span: Span,
    check: Cow<'static, str>,
    controls: &'static [&'static str],
    (severity, confidence): (Severity, Option<Confidence>),
    message: String,
) -> Finding {
    let location = source.location(span);
    Finding {
        check,
        ring: Ring::Code,
        severity,
        confidence,
        status: Status::Fail,
        group: Some(format!("{}:{}", location.file, location.start.line).into()),
        subject: Arc::new(Subject {
            file: Some((&*source.name).into()),
            ..Subject::default()
        }),
        message,
        remediation: Cow::Borrowed(
            "Revoke the secret, remove it from the file and from history, and keep the new one outside the repository.",
        ),
        controls,
        evidence: Vec::new(),
        fix: None,
        vulnerability: None,
        location,
    }
}

/// Something that could not be looked at in a file.
pub(crate) fn not_assessed(
    id: &'static str,
    subject: Subject,
    location: Option<Location>,
    file: &str,
    reason: impl Into<String>,
) -> NotAssessed {
    NotAssessed {
        id: Cow::Borrowed(id),
        subject: Arc::new(Subject {
            file: Some(file.into()),
            ..subject
        }),
        location,
        reason: reason.into(),
        status: Status::Fail,
    }
}
