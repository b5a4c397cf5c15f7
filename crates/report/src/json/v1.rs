//! The frozen wire form of version 1: names and order of fields are a promise.

use std::collections::BTreeMap;

use ringwall_model::{
    Acceptance, Confidence, Finding, Location, NotAssessed, Severity, Status, Subject,
    Summary as ModelSummary,
};
use serde::Serialize;

use super::object::{Object, text};

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

pub(super) fn finding(finding: &Finding, out: &mut Vec<u8>) {
    let (status, acceptance) = standing(&finding.status);
    let mut object = Object::new(out);
    object
        .text("check", &finding.check)
        .text("ring", finding.ring.as_str())
        .text("severity", finding.severity.as_str())
        .text_if("confidence", finding.confidence.map(Confidence::as_str))
        .text("status", status);
    exception(acceptance, &mut object);
    object
        .text_if("group", finding.group.as_deref())
        .text("message", &finding.message)
        .object("subject", |object| subject(&finding.subject, object))
        .object("location", |object| range(&finding.location, object))
        .text("remediation", &finding.remediation)
        .list("controls", finding.controls, |control, out| {
            text(control, out);
        });
    if !finding.evidence.is_empty() {
        object.list("evidence", &finding.evidence, |evidence, out| {
            let mut object = Object::new(out);
            object
                .text("label", &evidence.label)
                .object("location", |object| range(&evidence.location, object));
            object.end();
        });
    }
    if let Some(fix) = &finding.fix {
        object.object("fix", |object| {
            object
                .text("safety", fix.safety.as_str())
                .list("edits", &fix.edits, |edit, out| {
                    let mut object = Object::new(out);
                    object
                        .text("file", &edit.file)
                        .number("start", edit.span.start)
                        .number("end", edit.span.end)
                        .text("text", &edit.text);
                    object.end();
                });
        });
    }
    object.end();
}

pub(super) fn not_assessed(item: &NotAssessed, out: &mut Vec<u8>) {
    let (status, acceptance) = standing(&item.status);
    let mut object = Object::new(out);
    object.text("id", &item.id);
    // What is not assessed fails unless said otherwise.
    object.text_if("status", acceptance.is_some().then_some(status));
    exception(acceptance, &mut object);
    object.object("subject", |object| subject(&item.subject, object));
    if let Some(location) = &item.location {
        object.object("location", |object| range_or_point(location, object));
    }
    object.text("reason", &item.reason);
    object.end();
}

fn standing(status: &Status) -> (&'static str, Option<&Acceptance>) {
    match status {
        Status::Fail => ("fail", None),
        Status::Accepted(acceptance) => ("accepted", Some(acceptance)),
        Status::Pass => ("pass", None),
    }
}

fn exception(acceptance: Option<&Acceptance>, object: &mut Object<'_>) {
    let Some(acceptance) = acceptance else {
        return;
    };
    let until = acceptance.until.map(|until| until.to_string());
    object.object("exception", |object| {
        object
            .text("source", acceptance.source.as_str())
            .text_if("reason", acceptance.reason.as_deref())
            .text_if("owner", acceptance.owner.as_deref())
            .text_if("until", until.as_deref());
        if let Some(location) = &acceptance.location {
            object.object("location", |object| range(location, object));
        }
    });
}

fn subject(subject: &Subject, object: &mut Object<'_>) {
    object
        .text_if("apiVersion", subject.api_version.as_deref())
        .text_if("kind", subject.kind.as_deref())
        .text_if("namespace", subject.namespace.as_deref())
        .text_if("name", subject.name.as_deref())
        .text_if("container", subject.container.as_deref())
        .text_if("image", subject.image.as_deref())
        .text_if("file", subject.file.as_deref());
}

fn range(location: &Location, object: &mut Object<'_>) {
    point(location, object);
    object
        .number("end_line", location.end.line)
        .number("end_column", location.end.column);
}

/// Without an end where start and end are one: the place where reading stopped.
fn range_or_point(location: &Location, object: &mut Object<'_>) {
    if location.start == location.end {
        point(location, object);
    } else {
        range(location, object);
    }
}

fn point(location: &Location, object: &mut Object<'_>) {
    object
        .text("file", &location.file)
        .number("line", location.start.line)
        .number("column", location.start.column);
}
