//! How a check says what it found.

use std::{
    borrow::Cow,
    cell::OnceCell,
    sync::{Arc, LazyLock},
};

use ringwall_input::{
    kubernetes::{Container, Resource, UsedImage},
    schema::{self, Violation},
    yaml::Node,
};
use ringwall_model::{
    Confidence, Edit, Evidence, Finding, Fix, Location, Position, Safety, Severity, Source, Span,
    Status, Subject,
};

use crate::{Meta, Settings};

/// What the findings of a hook are about, unless they say otherwise.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    /// The scan as a whole: each finding says what it is about.
    Nothing,
    /// An object.
    Resource(&'a Resource<'a>),
    /// A container of an object.
    Container(&'a Container<'a>),
    /// A file that is no object: its kind and name.
    File(&'static str, &'a str),
}

/// Collects the findings of checks over one subject.
pub struct Findings<'a> {
    about: About<'a>,
    subject: Option<Arc<Subject>>,
    /// The subject with the image that the last finding named: several checks have a word about each image.
    with_image: Option<Arc<Subject>>,
    violations: Option<Arc<[Violation<'a>]>>,
    settings: &'a Settings,
    /// The groups of the findings before: those of one object share few of them.
    groups: Vec<KnownGroup>,
    /// What messages call the subject, made once.
    title: OnceCell<Option<String>>,
    /// Where secrets stand that no report may print.
    secrets: Vec<Span>,
    out: &'a mut Vec<Box<Finding>>,
}

/// Checks of what a privileged container lacks and would not have if it were written: the runtime gives it every
/// capability and no profile, and the API server refuses to take privilege escalation from it. Their findings
/// have one cause with `privileged-container`. What is written beside it, such as an added capability, stays when
/// that is gone and is a cause of its own.
/// See: <https://kubernetes.io/docs/concepts/security/linux-kernel-security-constraints/#privileged-containers>.
const VOID_IF_PRIVILEGED: [&str; 7] = [
    "missing-linux-hardening",
    "net-raw-capability",
    "privilege-escalation",
    "undropped-capabilities",
    "unset-apparmor-profile",
    "unset-capabilities-drop",
    "unset-seccomp-profile",
];

/// A group that was given before.
struct KnownGroup {
    file: Arc<str>,
    start: Position,
    field: &'static str,
    group: Arc<str>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(
        about: About<'a>,
        settings: &'a Settings,
        out: &'a mut Vec<Box<Finding>>,
    ) -> Self {
        Self {
            about,
            subject: None,
            with_image: None,
            violations: None,
            settings,
            groups: Vec::new(),
            title: OnceCell::new(),
            secrets: Vec::new(),
            out,
        }
    }

    /// The places that [`Draft::secret`] told.
    pub(crate) fn into_secrets(self) -> Vec<Span> {
        self.secrets
    }

    /// What the user configured.
    pub fn settings(&self) -> &'a Settings {
        self.settings
    }

    /// Where the object departs from its schema, found once for all checks; nothing for unknown kinds.
    pub(crate) fn violations(&mut self) -> Arc<[Violation<'a>]> {
        let about = self.about;
        let violations = self.violations.get_or_insert_with(|| match about {
            About::Resource(resource) => schema::builtin()
                .kind(resource.api_version, resource.kind)
                .map(|of| schema::validate(resource.node, of).into())
                .unwrap_or_default(),
            _ => Arc::default(),
        });
        Arc::clone(violations)
    }

    /// Begins a finding; it is added when the draft is dropped, usually at the end of the statement.
    /// A draft without a place is not added.
    pub fn add(&mut self, meta: &'static Meta) -> Draft<'_, 'a> {
        Draft {
            finding: Some(Box::new(Finding {
                check: Cow::Borrowed(meta.id),
                ring: meta.ring,
                severity: meta.severity,
                confidence: None,
                status: Status::Fail,
                group: None,
                subject: nothing(),
                location: Location {
                    file: nowhere(),
                    start: Position { line: 0, column: 0 },
                    end: Position { line: 0, column: 0 },
                    span: Span::default(),
                },
                message: String::new(),
                remediation: Cow::Borrowed(meta.remediation()),
                controls: meta.controls,
                evidence: Vec::new(),
                fix: None,
                vulnerability: None,
            })),
            title: None,
            field: "",
            has_subject: false,
            findings: self,
        }
    }

    fn subject_with(&mut self, image: &str) -> Arc<Subject> {
        let known = self.with_image.take();
        let subject = known
            .filter(|subject| subject.image.as_deref() == Some(image))
            .unwrap_or_else(|| {
                let mut subject = subject_of(self.about);
                subject.image = Some(image.into());
                Arc::new(subject)
            });
        Arc::clone(self.with_image.insert(subject))
    }

    fn subject(&mut self) -> Arc<Subject> {
        let about = self.about;
        Arc::clone(
            self.subject
                .get_or_insert_with(|| Arc::new(subject_of(about))),
        )
    }

    /// The group of a place and a missing field; the same text is kept once.
    fn group(&mut self, location: &Location, field: &'static str) -> Arc<str> {
        const KEPT: usize = 8;
        let start = location.start;
        let known = self.groups.iter().find(|known| {
            known.start == start && known.field == field && Arc::ptr_eq(&known.file, &location.file)
        });
        if let Some(known) = known {
            return Arc::clone(&known.group);
        }
        let group: Arc<str> = group_of(location, field).into();
        if self.groups.len() >= KEPT {
            self.groups.remove(0);
        }
        self.groups.push(KnownGroup {
            file: Arc::clone(&location.file),
            start,
            field,
            group: Arc::clone(&group),
        });
        group
    }

    /// What messages call the subject; nothing where each finding says what it is about.
    fn known_title(&self) -> Option<&str> {
        self.title.get_or_init(|| self.title()).as_deref()
    }

    fn title(&self) -> Option<String> {
        match self.about {
            About::Nothing | About::File(..) => None,
            About::Resource(resource) => Some(resource_title(resource)),
            About::Container(container) => Some(container.title()),
        }
    }
}

fn subject_of(about: About<'_>) -> Subject {
    match about {
        About::Nothing => Subject::default(),
        About::Resource(resource) => resource.subject(),
        About::Container(container) => Subject {
            container: (!container.name.is_empty()).then(|| container.name.into()),
            ..container.pod.resource.subject()
        },
        About::File(kind, name) => Subject {
            kind: Some(kind.into()),
            file: Some(name.into()),
            ..Subject::default()
        },
    }
}

/// `Deployment web`, or `Deployment` where there is no name.
fn resource_title(resource: &Resource<'_>) -> String {
    match resource.name {
        "" => resource.kind.to_owned(),
        name => joined(resource.kind, name),
    }
}

/// Two texts with a blank between; a scan writes one for each finding.
fn joined(first: &str, second: &str) -> String {
    let mut text = String::with_capacity(first.len() + 1 + second.len());
    text.push_str(first);
    text.push(' ');
    text.push_str(second);
    text
}

/// A finding that is being written.
pub struct Draft<'f, 'a> {
    findings: &'f mut Findings<'a>,
    /// Boxed: it is handed from call to call.
    finding: Option<Box<Finding>>,
    title: Option<String>,
    /// The field that is missing at the place; empty where the place itself is at fault.
    field: &'static str,
    has_subject: bool,
}

#[expect(
    clippy::return_self_not_must_use,
    reason = "a draft is added when it is dropped"
)]
impl Draft<'_, '_> {
    fn change(mut self, change: impl FnOnce(&mut Finding)) -> Self {
        if let Some(finding) = &mut self.finding {
            change(finding);
        }
        self
    }

    /// Points at something that is written. Findings about the same place share a group; a line may hold several, and
    /// that of a document without line breaks holds all.
    pub fn at(self, node: Node<'_>) -> Self {
        self.change(|finding| {
            finding.location = node.location();
        })
    }

    /// Points at the nearest thing that is written, because `field` is not: the security context or
    /// the container that lacks it. Findings that lack the same field there share a group.
    pub fn missing(mut self, parent: Node<'_>, field: &'static str) -> Self {
        self.field = field;
        self.change(|finding| finding.location = parent.location())
    }

    /// Points at bytes of a source that is no YAML.
    pub fn span(self, source: &Source, span: Span) -> Self {
        self.change(|finding| finding.location = source.location(span))
    }

    /// Gives the group of another place: that of the root cause.
    pub fn caused_by(self, node: Node<'_>) -> Self {
        self.change(|finding| finding.group = Some(group_of(&node.location(), "").into()))
    }

    /// Says which object it is about, where the hook sees many.
    pub fn about(self, resource: &Resource<'_>) -> Self {
        self.named(resource.subject(), resource_title(resource))
    }

    /// Says which container it is about, where the hook sees many.
    pub fn about_container(self, container: &Container<'_>) -> Self {
        self.named(subject_of(About::Container(container)), container.title())
    }

    /// Says which volume of the object it is about.
    pub fn about_volume(mut self, name: &str) -> Self {
        self.title = Some(format!("volume {name}"));
        self
    }

    fn named(mut self, subject: Subject, title: String) -> Self {
        self.title = Some(title);
        self.has_subject = true;
        self.change(|finding| finding.subject = Arc::new(subject))
    }

    /// The message, behind the name of the subject: `runs privileged` becomes `container app runs privileged`.
    pub fn note(self, text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let title = self
            .title
            .as_deref()
            .or_else(|| self.findings.known_title());
        let message = match title {
            Some(title) => joined(title, text),
            None => text.to_owned(),
        };
        self.change(|finding| finding.message = message)
    }

    /// The whole message: one sentence with the value found, without a dot at its end.
    pub fn message(self, text: impl Into<String>) -> Self {
        self.change(|finding| finding.message = text.into())
    }

    /// What to do, where the page's `## Fix` is not specific enough.
    pub fn remediation(self, text: impl Into<Cow<'static, str>>) -> Self {
        self.change(|finding| finding.remediation = text.into())
    }

    /// A severity other than the declared one.
    pub fn severity(self, severity: Severity) -> Self {
        self.change(|finding| finding.severity = severity)
    }

    /// How sure it is, where it is not certain.
    pub fn confidence(self, confidence: Confidence) -> Self {
        self.change(|finding| finding.confidence = Some(confidence))
    }

    /// Points at the name of an image that a pod uses, and says who uses it.
    pub fn used_image(self, image: &UsedImage<'_>) -> Self {
        let draft = self.at(image.node).image(image.text());
        match image.volume {
            Some(name) => draft.about_volume(name),
            None => draft,
        }
    }

    /// The image at fault.
    pub fn image(self, image: &str) -> Self {
        let subject = match &self.finding {
            Some(finding) if self.has_subject => {
                let mut subject = (*finding.subject).clone();
                subject.image = Some(image.into());
                Arc::new(subject)
            }
            _ => self.findings.subject_with(image),
        };
        let mut draft = self.change(|finding| finding.subject = subject);
        draft.has_subject = true;
        draft
    }

    /// Another place that proves it: the pod-level field that was inherited, the role that grants.
    pub fn evidence(self, label: impl Into<Cow<'static, str>>, node: Node<'_>) -> Self {
        self.change(|finding| {
            finding.evidence.push(Evidence {
                label: label.into(),
                location: node.location(),
            });
        })
    }

    /// Tells where in the file a secret stands, which no report may print: whatever else is found there,
    /// and whether or not this finding is in the report.
    pub fn secret(self, span: Span) -> Self {
        self.findings.secrets.push(span);
        self
    }

    /// The edits that make it go away; `None` (no edit could be made) leaves it without a fix.
    pub fn fix(self, safety: Safety, edits: Option<Vec<Edit>>) -> Self {
        self.change(|finding| {
            finding.fix = edits
                .filter(|edits| !edits.is_empty())
                .map(|edits| Box::new(Fix { safety, edits }));
        })
    }
}

fn group_of(location: &Location, field: &str) -> String {
    let Position { line, column } = location.start;
    let mut group = String::with_capacity(location.file.len() + field.len() + 16);
    group.push_str(&location.file);
    for number in [line, column] {
        group.push(':');
        push_decimal(number, &mut group);
    }
    if !field.is_empty() {
        group.push(' ');
        group.push_str(field);
    }
    group
}

/// Appends a number; a scan writes two for each place, and formatting takes four times as long.
fn push_decimal(number: u32, out: &mut String) {
    if number >= 10 {
        push_decimal(number / 10, out);
    }
    // A digit always fits.
    out.push(char::from(b'0' + u8::try_from(number % 10).unwrap_or(0)));
}

impl Drop for Draft<'_, '_> {
    fn drop(&mut self) {
        let Some(mut finding) = self.finding.take() else {
            return;
        };
        if finding.location.start.line == 0 {
            return;
        }
        if !self.has_subject {
            finding.subject = self.findings.subject();
        }
        if finding.group.is_none()
            && let About::Container(container) = self.findings.about
            && VOID_IF_PRIVILEGED.contains(&&*finding.check)
            && let Some(cause) = container
                .own_security("privileged")
                .filter(|it| it.is_true())
        {
            finding.group = Some(self.findings.group(&cause.location(), ""));
        }
        if finding.group.is_none() {
            finding.group = Some(self.findings.group(&finding.location, self.field));
        }
        // A scan holds hundreds of thousands of them.
        finding.message.shrink_to_fit();
        self.findings.out.push(finding);
    }
}

/// The subject of a draft that has none yet; shared, because every draft begins with it.
fn nothing() -> Arc<Subject> {
    static NOTHING: LazyLock<Arc<Subject>> = LazyLock::new(Arc::default);
    Arc::clone(&NOTHING)
}

/// The file of a draft that points nowhere yet.
fn nowhere() -> Arc<str> {
    static NOWHERE: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));
    Arc::clone(&NOWHERE)
}
