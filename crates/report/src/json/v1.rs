//! The frozen wire form of version 1: names and order of fields are a promise.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use ringwall_model::{
    Acceptance, Finding, Location, NotAssessed, Severity, Status, Subject, Summary as ModelSummary,
};
use serde::Serialize;

use super::{
    object::{Key, Object, key, word},
    vulnerability::Wire,
};

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

/// What findings before it said and where: neighbours often share their subject and their place, and all of one check
/// what to do.
pub(super) struct Before<'a> {
    subject: Option<(&'a Arc<Subject>, Range<usize>)>,
    location: Option<(&'a Location, Range<usize>)>,
    file: Option<(&'a Arc<str>, Range<usize>)>,
    group: Option<(&'a Arc<str>, Range<usize>)>,
    advice: [Option<(Advice<'a>, Range<usize>)>; ADVICE],
}

impl Before<'_> {
    /// Nothing was written yet.
    pub(super) fn nothing() -> Self {
        Self {
            subject: None,
            location: None,
            file: None,
            group: None,
            advice: [const { None }; ADVICE],
        }
    }
}

/// How many remediations are remembered; a report mostly has few.
const ADVICE: usize = 64;

/// What a check says of all that it finds.
#[derive(Clone, Copy)]
struct Advice<'a> {
    remediation: &'a str,
    controls: &'static [&'static str],
}

impl Advice<'_> {
    /// Whether both are the same in memory, as those of one check mostly are.
    fn is(&self, other: &Self) -> bool {
        std::ptr::eq(self.remediation, other.remediation)
            && std::ptr::eq(self.controls, other.controls)
    }

    /// Where it is remembered.
    fn slot(&self) -> usize {
        // Texts lie beside each other; fibonacci hashing takes the bits in which they differ.
        let place = self.remediation.as_ptr().addr() as u64;
        (place.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as usize % ADVICE
    }
}

pub(super) fn finding<'a>(finding: &'a Finding, before: &mut Before<'a>, out: &mut Vec<u8>) {
    let (status, acceptance) = standing(&finding.status);
    let mut object = Object::new(out);
    object
        .text(key!("check"), &finding.check)
        .word(key!("ring"), finding.ring.as_str())
        .word(key!("severity"), finding.severity.as_str());
    if let Some(confidence) = finding.confidence {
        object.word(key!("confidence"), confidence.as_str());
    }
    object.word(key!("status"), status);
    exception(acceptance, &mut object);
    if let Some(group) = &finding.group {
        shared(key!("group"), group, &mut before.group, &mut object);
    }
    object.text(key!("message"), &finding.message);
    before.subject = Some(match before.subject.take() {
        Some((known, at)) if Arc::ptr_eq(known, &finding.subject) => {
            object.again(key!("subject"), at.clone());
            (known, at)
        }
        _ => {
            let write = |object: &mut Object<'_>| subject(&finding.subject, object);
            (&finding.subject, object.object_at(key!("subject"), write))
        }
    });
    before.location = Some(match before.location.take() {
        Some((known, at)) if is_same_place(known, &finding.location) => {
            object.again(key!("location"), at.clone());
            (known, at)
        }
        _ => {
            let write = |object: &mut Object<'_>| {
                shared(
                    key!("file"),
                    &finding.location.file,
                    &mut before.file,
                    object,
                );
                ends(&finding.location, object);
            };
            (&finding.location, object.object_at(key!("location"), write))
        }
    });
    advice(finding, before, &mut object);
    if !finding.evidence.is_empty() {
        object.list(key!("evidence"), &finding.evidence, |evidence, out| {
            let mut object = Object::new(out);
            object
                .text(key!("label"), &evidence.label)
                .object(key!("location"), |object| range(&evidence.location, object));
            object.end();
        });
    }
    if let Some(fix) = &finding.fix {
        object.object(key!("fix"), |object| {
            object.word(key!("safety"), fix.safety.as_str()).list(
                key!("edits"),
                &fix.edits,
                |edit, out| {
                    let mut object = Object::new(out);
                    shared(key!("file"), &edit.file, &mut before.file, &mut object);
                    object
                        .number(key!("start"), edit.span.start)
                        .number(key!("end"), edit.span.end)
                        .text(key!("text"), &edit.text);
                    object.end();
                },
            );
        });
    }
    if let Some(flaw) = &finding.vulnerability {
        object.serialized(key!("vulnerability"), &Wire::from(&**flaw));
    }
    object.end();
}

/// A text that the finding before it may have as well.
fn shared<'a>(
    key: Key,
    text: &'a Arc<str>,
    before: &mut Option<(&'a Arc<str>, Range<usize>)>,
    object: &mut Object<'_>,
) {
    match before {
        Some((known, at)) if Arc::ptr_eq(known, text) => {
            object.again(key, at.clone());
        }
        _ => *before = Some((text, object.text_at(key, text))),
    }
}

/// What to do, and the controls.
fn advice<'a>(finding: &'a Finding, before: &mut Before<'a>, object: &mut Object<'_>) {
    let advice = Advice {
        remediation: &finding.remediation,
        controls: finding.controls,
    };
    let Some(slot) = before.advice.get_mut(advice.slot()) else {
        return;
    };
    match slot {
        Some((known, at)) if known.is(&advice) => object.fields_again(at.clone()),
        _ => {
            let at = object.fields(|object| {
                object.text(key!("remediation"), advice.remediation).list(
                    key!("controls"),
                    advice.controls,
                    |control, out| word(control, out),
                );
            });
            *slot = Some((advice, at));
        }
    }
}

pub(super) fn not_assessed(item: &NotAssessed, out: &mut Vec<u8>) {
    let (status, acceptance) = standing(&item.status);
    let mut object = Object::new(out);
    object.text(key!("id"), &item.id);
    // What is not assessed fails unless said otherwise.
    object.text_if(key!("status"), acceptance.is_some().then_some(status));
    exception(acceptance, &mut object);
    object.object(key!("subject"), |object| subject(&item.subject, object));
    if let Some(location) = &item.location {
        object.object(key!("location"), |object| range_or_point(location, object));
    }
    object.text(key!("reason"), &item.reason);
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
    object.object(key!("exception"), |object| {
        object
            .text(key!("source"), acceptance.source.as_str())
            .text_if(key!("reason"), acceptance.reason.as_deref())
            .text_if(key!("owner"), acceptance.owner.as_deref())
            .text_if(key!("until"), until.as_deref());
        if let Some(location) = &acceptance.location {
            object.object(key!("location"), |object| range(location, object));
        }
    });
}

fn subject(subject: &Subject, object: &mut Object<'_>) {
    object
        .text_if(key!("apiVersion"), subject.api_version.as_deref())
        .text_if(key!("kind"), subject.kind.as_deref())
        .text_if(key!("namespace"), subject.namespace.as_deref())
        .text_if(key!("name"), subject.name.as_deref())
        .text_if(key!("container"), subject.container.as_deref())
        .text_if(key!("image"), subject.image.as_deref())
        .text_if(key!("package"), subject.package.as_deref())
        .text_if(key!("file"), subject.file.as_deref());
}

/// Whether both are written alike; names are told by where they lie.
fn is_same_place(one: &Location, other: &Location) -> bool {
    Arc::ptr_eq(&one.file, &other.file) && (one.start, one.end) == (other.start, other.end)
}

fn range(location: &Location, object: &mut Object<'_>) {
    object.text(key!("file"), &location.file);
    ends(location, object);
}

/// Where a place begins and ends in its file.
fn ends(location: &Location, object: &mut Object<'_>) {
    object
        .number(key!("line"), location.start.line)
        .number(key!("column"), location.start.column)
        .number(key!("end_line"), location.end.line)
        .number(key!("end_column"), location.end.column);
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
        .text(key!("file"), &location.file)
        .number(key!("line"), location.start.line)
        .number(key!("column"), location.start.column);
}
