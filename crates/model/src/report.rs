//! What a scan says: findings, what could not be looked at, and the counts.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use crate::{Date, Finding, Location, Severity, Status, Subject};

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
    /// Ordered by [`Finding::order`].
    pub findings: Vec<Finding>,
    /// Ordered by file, place and id.
    pub not_assessed: Vec<NotAssessed>,
    /// The day on which exceptions were judged.
    pub as_of: Date,
}

impl Report {
    /// Orders everything and counts it. `assessed` and `skipped` are the collector's counts.
    pub fn new(
        mut findings: Vec<Finding>,
        mut not_assessed: Vec<NotAssessed>,
        assessed: BTreeMap<&'static str, u64>,
        skipped: BTreeMap<&'static str, u64>,
        as_of: Date,
    ) -> Self {
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

/// Puts findings in their order. They are large, so places are sorted first and each finding moves once.
pub fn sort(findings: &mut [Finding]) {
    let mut order: Vec<u32> = (0..u32::try_from(findings.len()).unwrap_or(u32::MAX)).collect();
    let at = |place: &u32| findings.get(*place as usize);
    order.sort_by(|one, other| match (at(one), at(other)) {
        (Some(one), Some(other)) => one.order(other),
        _ => std::cmp::Ordering::Equal,
    });
    // `order[i]` says which finding belongs at `i`; follow each cycle of moves once.
    for start in 0..order.len() {
        let mut place = start;
        while let Some(slot) = order.get_mut(place) {
            let from = *slot as usize;
            *slot = u32::try_from(place).unwrap_or(u32::MAX);
            if from == start || from == place {
                break;
            }
            findings.swap(place, from);
            place = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Position, Ring, Span};

    fn finding(severity: Severity, line: u32, check: &'static str) -> Finding {
        let position = Position { line, column: 1 };
        Finding {
            check: Cow::Borrowed(check),
            ring: Ring::Code,
            severity,
            confidence: None,
            status: Status::Fail,
            group: None,
            subject: Arc::new(Subject::default()),
            location: Location {
                file: Arc::from("a"),
                start: position,
                end: position,
                span: Span::default(),
            },
            message: String::new(),
            remediation: Cow::Borrowed(""),
            controls: &[],
            evidence: Vec::new(),
            fix: None,
        }
    }

    #[test]
    fn sorting_agrees_with_the_order_of_findings() {
        let mut state = 7_u32;
        for length in [0, 1, 2, 3, 10, 500] {
            let mut findings: Vec<Finding> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let severity = Severity::ALL[(state >> 8) as usize % 5];
                    let check = ["a", "b", "c"][(state >> 16) as usize % 3];
                    finding(severity, (state >> 20) % 17, check)
                })
                .collect();
            let key = |finding: &Finding| {
                (
                    finding.severity,
                    finding.location.start.line,
                    finding.check.to_string(),
                )
            };
            let mut expected: Vec<_> = findings.clone();
            expected.sort_by(Finding::order);
            sort(&mut findings);
            let keys = |list: &[Finding]| list.iter().map(key).collect::<Vec<_>>();
            assert_eq!(keys(&findings), keys(&expected));
        }
    }
}
