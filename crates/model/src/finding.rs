//! The finding: everything ringwall says.

use std::{borrow::Cow, sync::Arc};

use crate::{Acceptance, Ring, Severity, Span, Vulnerability};

/// Line and column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// A place in something the user wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Location {
    /// The source's name.
    pub file: Arc<str>,
    /// First character.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// The same place in bytes.
    pub span: Span,
}

impl Location {
    /// The derived order; places of one file are told without comparing its name.
    fn order(&self, other: &Self) -> std::cmp::Ordering {
        if Arc::ptr_eq(&self.file, &other.file) {
            (self.start, self.end, self.span).cmp(&(other.start, other.end, other.span))
        } else {
            self.cmp(other)
        }
    }
}

/// What is at fault. Only what is known is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// `apiVersion` of the object.
    pub api_version: Option<Box<str>>,
    /// Kind of the object, or `Dockerfile`.
    pub kind: Option<Box<str>>,
    /// Namespace as written; `None` when the object states none.
    pub namespace: Option<Box<str>>,
    /// `metadata.name`, or `metadata.generateName` with a `*` behind it.
    pub name: Option<Box<str>>,
    /// Container inside the object.
    pub container: Option<Box<str>>,
    /// Image reference, when the image itself is at fault.
    pub image: Option<Box<str>>,
    /// Package inside an image or a lock file, with its version: `openssl 3.0.11-1`.
    pub package: Option<Box<str>>,
    /// File, when the thing at fault is a file and no object.
    pub file: Option<Box<str>>,
}

/// How sure a check is, where it is not certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A hint: look at it.
    Low,
    /// Likely.
    Medium,
    /// Next to certain.
    High,
}

impl Confidence {
    /// The word used in every output format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Whether a finding counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It counts.
    Fail,
    /// An exception covers it.
    Accepted(Arc<Acceptance>),
    /// The check looked and found nothing; only with `--show-passed`.
    Pass,
}

/// Whether an edit can change what runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Safety {
    /// No change of behaviour expected; `--fix` applies it.
    Safe,
    /// May change behaviour; only `--fix=unsafe` applies it.
    Unsafe,
}

impl Safety {
    /// The word used in every output format.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }
}

/// Replaces the bytes of `span` in `file` by `text`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The source's name.
    pub file: Arc<str>,
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

/// The exact edits that make a finding go away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Whether it can change what runs.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// Another place, with what it proves: the pod-level field that was inherited, the role that grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What this place shows, in a few words.
    pub label: Cow<'static, str>,
    /// The place.
    pub location: Location,
}

/// One thing that is wrong, or accepted, or was looked at and is right.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The id of the check, in kebab case.
    pub check: Cow<'static, str>,
    /// The ring it concerns.
    pub ring: Ring,
    /// How bad it is.
    pub severity: Severity,
    /// How sure; `None` is certain.
    pub confidence: Option<Confidence>,
    /// Whether it counts.
    pub status: Status,
    /// Findings with one root cause share a group, written `file:line`.
    pub group: Option<Arc<str>>,
    /// What is at fault.
    pub subject: Arc<Subject>,
    /// Where it is written.
    pub location: Location,
    /// One sentence with the value found, without a dot at its end.
    pub message: String,
    /// What to do.
    pub remediation: Cow<'static, str>,
    /// `pss:baseline`, `cis:5.2.2`, `nsa:POD`, `mitre:T1611`, ...
    pub controls: &'static [&'static str],
    /// Other places that prove it.
    pub evidence: Vec<Evidence>,
    /// The edits that make it go away.
    pub fix: Option<Box<Fix>>,
    /// What is known about it, where it is a flaw that others published.
    pub vulnerability: Option<Box<Vulnerability>>,
}

impl Finding {
    /// Whether the finding counts against `--fail-on`.
    pub fn fails(&self) -> bool {
        matches!(self.status, Status::Fail)
    }

    /// The order of every report: the worst first, then by place, check, subject and message.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        other
            .severity
            .cmp(&self.severity)
            .then_with(|| self.location.order(&other.location))
            .then_with(|| self.check.cmp(&other.check))
            .then_with(|| self.subject.cmp(&other.subject))
            .then_with(|| self.message.cmp(&other.message))
    }
}
