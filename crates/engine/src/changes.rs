//! `--changed`: everything is judged, and what the change touches is reported.

use std::{collections::HashMap, sync::Arc};

use ringwall_collect::{git::Changes, named_path};
use ringwall_model::{Finding, Location, NotAssessed, Source, Span};

/// Objects by file, so that a finding about something missing counts when its object was touched.
pub(crate) type Objects = HashMap<Arc<str>, (Arc<Source>, Vec<Span>)>;

/// How standard input is named: no revision has it, so all of it is new.
const STDIN: &str = "-";

/// Leaves what the change touches.
pub(crate) fn keep(
    changes: &Changes,
    objects: &Objects,
    findings: &mut Vec<Box<Finding>>,
    not_assessed: &mut Vec<NotAssessed>,
) {
    let touches = |place: &Location| {
        &*place.file == STDIN
            || changes.touches(named_path(&place.file), place.start.line, place.end.line)
    };
    findings.retain(|finding| {
        let location = &finding.location;
        let mut evidence = finding.evidence.iter();
        if touches(location) || evidence.any(|evidence| touches(&evidence.location)) {
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
                object.is_some_and(|&span| touches(&source.location(span)))
            })
    });
    not_assessed.retain(|item| {
        let file = item.subject.file.as_deref();
        file.is_none_or(|file| file == STDIN || changes.file(named_path(file)).is_some())
    });
}
