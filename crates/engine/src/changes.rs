//! `--changed`: everything is judged, and what the change touches is reported.

use std::{collections::HashMap, sync::Arc};

use ringwall_collect::git::Changes;
use ringwall_model::{Finding, NotAssessed, Source, Span};

/// Objects by file, so that a finding about something missing counts when its object was touched.
pub(crate) type Objects = HashMap<Arc<str>, (Arc<Source>, Vec<Span>)>;

/// Leaves what the change touches.
pub(crate) fn keep(
    changes: &Changes,
    objects: &Objects,
    findings: &mut Vec<Box<Finding>>,
    not_assessed: &mut Vec<NotAssessed>,
) {
    findings.retain(|finding| {
        let location = &finding.location;
        if changes.touches(&*location.file, location.start.line, location.end.line)
            || finding.evidence.iter().any(|evidence| {
                let place = &evidence.location;
                changes.touches(&*place.file, place.start.line, place.end.line)
            })
        {
            return true;
        }
        // What is missing has no line of its own: deleting it touches the object around it.
        let is_missing = finding
            .group
            .as_deref()
            .is_some_and(|group| group.contains(' '));
        is_missing
            && objects.get(&location.file).is_some_and(|(source, spans)| {
                let object = spans.iter().find(|span| span.contains(location.span));
                object.is_some_and(|&span| {
                    let place = source.location(span);
                    changes.touches(&*location.file, place.start.line, place.end.line)
                })
            })
    });
    not_assessed.retain(|item| {
        let file = item.subject.file.as_deref();
        file.is_none_or(|file| changes.file(file).is_some())
    });
}
