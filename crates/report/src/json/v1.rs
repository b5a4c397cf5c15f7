//! The frozen wire form of version 1: names and order of fields are a promise.

use std::collections::BTreeMap;

use ringwall_model::{
    Acceptance, Edit as ModelEdit, Evidence as ModelEvidence, Finding as ModelFinding,
    Fix as ModelFix, Location as ModelLocation, NotAssessed as ModelNotAssessed, Severity, Status,
    Subject as ModelSubject, Summary as ModelSummary,
};
use serde::{Serialize, Serializer};

#[derive(Serialize)]
pub(crate) struct Summary<'a> {
    assessed: &'a BTreeMap<&'static str, u64>,
    skipped: &'a BTreeMap<&'static str, u64>,
    fail: Fail,
    accepted: u64,
}

#[derive(Serialize)]
struct Fail {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
    info: u64,
}

#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    check: &'a str,
    ring: &'static str,
    severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<&'static str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Exception<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    message: &'a str,
    subject: Subject<'a>,
    location: Location<'a>,
    remediation: &'a str,
    controls: &'a [&'a str],
    #[serde(serialize_with = "evidence", skip_serializing_if = "<[_]>::is_empty")]
    evidence: &'a [ModelEvidence],
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<Fix<'a>>,
}

#[derive(Serialize)]
pub(crate) struct NotAssessed<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Exception<'a>>,
    subject: Subject<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Exception<'a> {
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Subject<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    namespace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
}

#[derive(Serialize)]
struct Location<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<u32>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    label: &'a str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Fix<'a> {
    safety: &'static str,
    #[serde(serialize_with = "edits")]
    edits: &'a [ModelEdit],
}

#[derive(Serialize)]
struct Edit<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    text: &'a str,
}

impl<'a> From<&'a ModelSummary> for Summary<'a> {
    fn from(summary: &'a ModelSummary) -> Self {
        let count = |severity| summary.fail.get(&severity).copied().unwrap_or(0);
        Self {
            assessed: &summary.assessed,
            skipped: &summary.skipped,
            fail: Fail {
                critical: count(Severity::Critical),
                high: count(Severity::High),
                medium: count(Severity::Medium),
                low: count(Severity::Low),
                info: count(Severity::Info),
            },
            accepted: summary.accepted,
        }
    }
}

impl<'a> From<&'a ModelFinding> for Finding<'a> {
    fn from(finding: &'a ModelFinding) -> Self {
        let (status, exception) = standing(&finding.status);
        Self {
            check: &finding.check,
            ring: finding.ring.as_str(),
            severity: finding.severity.as_str(),
            confidence: finding.confidence.map(ringwall_model::Confidence::as_str),
            status,
            exception,
            group: finding.group.as_deref(),
            message: &finding.message,
            subject: Subject::from(&*finding.subject),
            location: Location::range(&finding.location),
            remediation: &finding.remediation,
            controls: finding.controls,
            evidence: &finding.evidence,
            fix: finding.fix.as_deref().map(Fix::from),
        }
    }
}

impl<'a> From<&'a ModelNotAssessed> for NotAssessed<'a> {
    fn from(item: &'a ModelNotAssessed) -> Self {
        let (status, exception) = standing(&item.status);
        Self {
            id: &item.id,
            // What is not assessed fails unless said otherwise.
            status: exception.is_some().then_some(status),
            exception,
            subject: Subject::from(&*item.subject),
            location: item.location.as_ref().map(Location::range_or_point),
            reason: &item.reason,
        }
    }
}

fn standing(status: &Status) -> (&'static str, Option<Exception<'_>>) {
    match status {
        Status::Fail => ("fail", None),
        Status::Accepted(acceptance) => ("accepted", Some(Exception::from(&**acceptance))),
        Status::Pass => ("pass", None),
    }
}

impl<'a> From<&'a Acceptance> for Exception<'a> {
    fn from(acceptance: &'a Acceptance) -> Self {
        Self {
            source: acceptance.source.as_str(),
            reason: acceptance.reason.as_deref(),
            owner: acceptance.owner.as_deref(),
            until: acceptance.until.map(|until| until.to_string()),
            location: acceptance.location.as_ref().map(Location::range),
        }
    }
}

impl<'a> From<&'a ModelSubject> for Subject<'a> {
    fn from(subject: &'a ModelSubject) -> Self {
        Self {
            api_version: subject.api_version.as_deref(),
            kind: subject.kind.as_deref(),
            namespace: subject.namespace.as_deref(),
            name: subject.name.as_deref(),
            container: subject.container.as_deref(),
            image: subject.image.as_deref(),
            file: subject.file.as_deref(),
        }
    }
}

impl<'a> Location<'a> {
    fn range(location: &'a ModelLocation) -> Self {
        Self {
            file: &location.file,
            line: location.start.line,
            column: location.start.column,
            end_line: Some(location.end.line),
            end_column: Some(location.end.column),
        }
    }

    /// Without an end where start and end are one: the place where reading stopped.
    fn range_or_point(location: &'a ModelLocation) -> Self {
        let range = Self::range(location);
        if location.start == location.end {
            Self {
                end_line: None,
                end_column: None,
                ..range
            }
        } else {
            range
        }
    }
}

impl<'a> From<&'a ModelFix> for Fix<'a> {
    fn from(fix: &'a ModelFix) -> Self {
        Self {
            safety: fix.safety.as_str(),
            edits: &fix.edits,
        }
    }
}

fn evidence<S: Serializer>(items: &[ModelEvidence], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items.iter().map(|item| Evidence {
        label: &item.label,
        location: Location::range(&item.location),
    }))
}

fn edits<S: Serializer>(edits: &[ModelEdit], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(edits.iter().map(|edit| Edit {
        file: &edit.file,
        start: edit.span.start,
        end: edit.span.end,
        text: &edit.text,
    }))
}
