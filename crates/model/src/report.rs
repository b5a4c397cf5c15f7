//! What a scan says: findings, what could not be looked at, and the counts.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{Date, Finding, Location, Severity, Status, Subject, sort};

/// Something that could not be looked at; never silence.
#[derive(Clone, Debug)]
pub struct NotAssessed {
    /// `unparsable-file`, `unrenderable-chart`, ...: can be accepted like a finding.
    pub id: Cow<'static, str>,
    /// What it is.
    pub subject: Arc<Subject>,
    /// Where reading stopped; `None` when nothing could be read at all.
    pub location: Option<Location>,
    /// Why, in one sentence without a dot at its end.
    pub reason: String,
    /// `Accepted` when an exception covers it, otherwise `Fail`.
    pub status: Status,
}

impl NotAssessed {
    /// Whether it makes the exit code 3.
    pub fn counts(&self) -> bool {
        matches!(self.status, Status::Fail)
    }
}

/// The counts of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// What was looked at, by word: `resources`, `dockerfiles`, `files`.
    pub assessed: BTreeMap<&'static str, u64>,
    /// What is none of our business, by word: `files`.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Findings that count, by severity.
    pub fail: BTreeMap<Severity, u64>,
    /// Findings that an exception covers.
    pub accepted: u64,
}

/// Everything a scan says, in its final order.
#[derive(Clone, Debug)]
pub struct Report {
    /// The counts.
    pub summary: Summary,
    /// Ordered by [`Finding::order`]. Boxed: there may be half a million, and they are gathered and sorted.
    pub findings: Vec<Box<Finding>>,
    /// Ordered by file, place and id.
    pub not_assessed: Vec<NotAssessed>,
    /// The day on which exceptions were judged.
    pub as_of: Date,
}

impl Report {
    /// Orders everything and counts it. `assessed` and `skipped` are the collector's counts.
    pub fn new(
        findings: Vec<impl Into<Box<Finding>>>,
        mut not_assessed: Vec<NotAssessed>,
        assessed: BTreeMap<&'static str, u64>,
        skipped: BTreeMap<&'static str, u64>,
        as_of: Date,
    ) -> Self {
        let mut findings: Vec<Box<Finding>> = findings.into_iter().map(Into::into).collect();
        sort(&mut findings);
        not_assessed.sort_by(|a, b| {
            (&a.location, &a.subject, &a.id, &a.reason).cmp(&(
                &b.location,
                &b.subject,
                &b.id,
                &b.reason,
            ))
        });
        let mut fail: BTreeMap<_, _> = Severity::ALL.into_iter().map(|s| (s, 0)).collect();
        let mut accepted = 0;
        for finding in &findings {
            match finding.status {
                Status::Fail => *fail.entry(finding.severity).or_default() += 1,
                Status::Accepted(_) => accepted += 1,
                Status::Pass => {}
            }
        }
        Self {
            summary: Summary {
                assessed,
                skipped,
                fail,
                accepted,
            },
            findings,
            not_assessed,
            as_of,
        }
    }

    /// Whether anything at or above `threshold` counts.
    pub fn fails_at(&self, threshold: Severity) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.fails() && finding.severity >= threshold)
    }

    /// Whether something could not be looked at and no exception accepts that.
    pub fn is_incomplete(&self) -> bool {
        self.not_assessed.iter().any(NotAssessed::counts)
    }
}
