//! `--changed`: everything is judged, and what the change touches or brings about is reported.
//!
//! A line tells who wrote it, and says nothing of what is gone: what deleting a line brings about may stand anywhere.
//! So the files are judged as they were as well, and what was not found then is reported wherever it stands.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ringwall_collect::{
    Before, Roots,
    git::{Changes, FileChange},
    named_path,
};
use ringwall_model::{Finding, Location, NotAssessed, Source, Span};

use crate::baseline::words;

/// What a revision tells of the files of a scan.
#[derive(Debug)]
pub struct Comparison {
    /// What changed since.
    pub changes: Changes,
    /// The files as they were.
    pub before: Before,
}

/// Objects by file, so that a finding about something missing counts when its object was touched.
pub(crate) type Objects = HashMap<Arc<str>, (Arc<Source>, Vec<Span>)>;

/// How standard input is named: no revision has it, so all of it is new.
const STDIN: &str = "-";

/// What a change touches.
pub(crate) struct Touch<'a> {
    changes: &'a Changes,
    objects: &'a Objects,
    /// Files that stand for all in a folder, such as `Chart.yaml`, of whose folders something changed.
    roots: HashSet<Arc<str>>,
    /// What changed in the files that were asked for.
    files: RefCell<HashMap<Arc<str>, Option<&'a FileChange>>>,
}

impl<'a> Touch<'a> {
    pub(crate) fn new(changes: &'a Changes, objects: &'a Objects, roots: &Roots) -> Self {
        let charts = roots.charts.iter().map(|chart| {
            let file = chart.file.as_ref().unwrap_or(&chart.folder);
            (file, &chart.folder)
        });
        let overlays = roots.kustomizations.iter();
        let overlays = overlays.map(|overlay| (&overlay.file, &overlay.folder));
        let terraform = roots.terraform.iter().map(|root| {
            let file = root.files.first().unwrap_or(&root.folder);
            (file, &root.folder)
        });
        let all = charts.chain(overlays).chain(terraform);
        let touched = all.filter(|(_, folder)| changes.is_folder_touched(named_path(folder)));
        Self {
            changes,
            objects,
            roots: touched.map(|(file, _)| Arc::clone(file)).collect(),
            files: RefCell::default(),
        }
    }

    /// Whether the change touches a finding.
    pub(crate) fn is_of(&self, finding: &Finding) -> bool {
        let location = &finding.location;
        let mut evidence = finding.evidence.iter();
        if self.is_at(location) || evidence.any(|evidence| self.is_at(&evidence.location)) {
            return true;
        }
        // What is missing has no line of its own: it is about all of the object around it.
        let is_missing = finding
            .group
            .as_deref()
            .is_some_and(|group| group.contains(' '));
        is_missing
            && self
                .objects
                .get(&location.file)
                .is_some_and(|(source, spans)| {
                    let object = spans.iter().find(|span| span.contains(location.span));
                    object.is_some_and(|&span| self.is_at(&source.location(span)))
                })
    }

    /// Whether the change touches something that was not looked at.
    pub(crate) fn is_of_gap(&self, item: &NotAssessed) -> bool {
        item.subject.file.as_deref().is_none_or(|file| {
            file == STDIN
                || self.roots.contains(file)
                || self.changes.file(named_path(file)).is_some()
        })
    }

    fn is_at(&self, place: &Location) -> bool {
        if &*place.file == STDIN {
            return true;
        }
        let mut files = self.files.borrow_mut();
        let change = files
            .entry(Arc::clone(&place.file))
            .or_insert_with_key(|name| self.changes.file(named_path(name)));
        change.is_some_and(|change| change.touches(place.start.line, place.end.line))
    }
}

/// What was found before, and how often, as a baseline knows it.
#[derive(Debug, Default)]
pub(crate) struct Known(HashMap<Key, u64>);

#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    id: String,
    file: Arc<str>,
    subject: String,
    message: String,
}

impl Known {
    /// What counted, under the names that the files have today.
    pub(crate) fn new(
        findings: &[Box<Finding>],
        not_assessed: &[NotAssessed],
        before: &Before,
    ) -> Self {
        let mut known = Self::default();
        let findings = findings.iter().filter(|finding| finding.fails());
        let gaps = not_assessed.iter().filter(|item| item.counts());
        for mut key in findings
            .map(|finding| key(finding))
            .chain(gaps.map(gap_key))
        {
            if let Some(name) = before.renamed.get(&key.file) {
                key.file = Arc::clone(name);
            }
            *known.0.entry(key).or_default() += 1;
        }
        known
    }

    /// Whether one more was there before.
    fn take(&mut self, key: &Key) -> bool {
        let count = self.0.get_mut(key).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    }
}

/// Whether something counts that the change does not touch, so that it has to be known what was there before.
pub(crate) fn is_open(
    touch: &Touch<'_>,
    findings: &[Box<Finding>],
    not_assessed: &[NotAssessed],
) -> bool {
    let mut gaps = not_assessed.iter().filter(|item| item.counts());
    !touch.changes.is_empty()
        && (findings
            .iter()
            .any(|finding| finding.fails() && !touch.is_of(finding))
            || gaps.any(|item| !touch.is_of_gap(item)))
}

/// Leaves what the change touches, and what counts now and was not known before.
pub(crate) fn keep(
    touch: &Touch<'_>,
    mut known: Option<Known>,
    findings: &mut Vec<Box<Finding>>,
    not_assessed: &mut Vec<NotAssessed>,
) {
    // The earlier of equal findings are the known ones, in every run.
    ringwall_model::sort(findings);
    let mut is_new = |key: &dyn Fn() -> Key| {
        let known = known.as_mut();
        known.is_some_and(|known| !known.take(&key()))
    };
    findings.retain(|finding| touch.is_of(finding) || finding.fails() && is_new(&|| key(finding)));
    not_assessed.retain(|item| touch.is_of_gap(item) || item.counts() && is_new(&|| gap_key(item)));
}

fn key(finding: &Finding) -> Key {
    Key {
        id: finding.check.to_string(),
        file: Arc::clone(&finding.location.file),
        subject: words(&finding.subject),
        message: finding.message.clone(),
    }
}

fn gap_key(item: &NotAssessed) -> Key {
    Key {
        id: item.id.to_string(),
        file: item.subject.file.as_deref().unwrap_or_default().into(),
        subject: words(&item.subject),
        message: item.reason.clone(),
    }
}
