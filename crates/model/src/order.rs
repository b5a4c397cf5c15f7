//! Puts findings in the order of every report.

use std::{
    cmp::Reverse,
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
};

use rayon::prelude::*;

use crate::{Finding, Position, Severity, Span};

/// Below as many findings, handing them to other cores takes longer than the work.
pub const FEW_FINDINGS: usize = 256;

/// What tells nearly all findings apart, in the order of [`Finding::order`] and without its texts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    severity: Reverse<Severity>,
    file: u32,
    start: Position,
    end: Position,
    span: Span,
    check: u32,
}

/// Puts findings in the order of [`Finding::order`]; those that are equal keep theirs.
///
/// A finding and its texts lie elsewhere: keys are sorted.
pub fn sort(findings: &mut [Box<Finding>]) {
    if findings.len() < FEW_FINDINGS {
        findings.sort_by(|one, other| one.order(other));
        return;
    }
    // Everything about a finding is read once, on all cores: most of them are no longer in any cache.
    let read: Vec<(Key, [Text<'_>; 2])> = findings
        .par_iter()
        .map(|finding| {
            let key = Key {
                severity: Reverse(finding.severity),
                file: 0,
                start: finding.location.start,
                end: finding.location.end,
                span: finding.location.span,
                check: 0,
            };
            (key, [&*finding.location.file, &*finding.check].map(Text))
        })
        .collect();
    let (files, checks) = rayon::join(
        || ranks(read.iter().map(|(_, [file, _])| *file)),
        || ranks(read.iter().map(|(_, [_, check])| *check)),
    );
    let mut order: Vec<(Key, u32)> = (0..)
        .zip(read.into_iter().zip(files.into_iter().zip(checks)))
        .map(|(index, ((key, _), (file, check)))| (Key { file, check, ..key }, index))
        .collect();
    order.par_sort_unstable_by(|(one_key, one), (other_key, other)| {
        one_key
            .cmp(other_key)
            .then_with(
                || match (findings.get(*one as usize), findings.get(*other as usize)) {
                    (Some(one), Some(other)) => one.order(other),
                    _ => std::cmp::Ordering::Equal,
                },
            )
            .then_with(|| one.cmp(other))
    });
    let mut order: Vec<u32> = order.into_iter().map(|(_, index)| index).collect();
    permute(findings, &mut order);
}

/// A text that is told by where it lies before it is read.
#[derive(Clone, Copy)]
struct Text<'a>(&'a str);

/// Mixes addresses and lengths, which nobody outside chooses: a multiplication for each does.
#[derive(Default)]
struct PlaceHasher(u64);

impl Hasher for PlaceHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(usize::from(byte));
        }
    }

    fn write_usize(&mut self, word: usize) {
        // Fibonacci hashing, its good high bits brought down to where the table looks first.
        let product = (self.0 ^ word as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }
}

/// Where each text stands among all of them in their order; equal texts share a rank.
fn ranks<'a>(all: impl ExactSizeIterator<Item = Text<'a>>) -> Vec<u32> {
    // Most findings share a text with others.
    let mut known: HashMap<(usize, usize), u32, BuildHasherDefault<PlaceHasher>> =
        HashMap::default();
    let mut texts: Vec<&str> = Vec::new();
    let mut last = None;
    let mut ranks: Vec<u32> = Vec::with_capacity(all.len());
    for Text(text) in all {
        let place = (text.as_ptr().addr(), text.len());
        let id = match last {
            Some((before, id)) if before == place => id,
            _ => *known.entry(place).or_insert_with(|| {
                texts.push(text);
                u32::try_from(texts.len() - 1).unwrap_or(u32::MAX)
            }),
        };
        last = Some((place, id));
        ranks.push(id);
    }
    let mut sorted: Vec<usize> = (0..texts.len()).collect();
    sorted.sort_unstable_by_key(|&id| texts.get(id));
    let mut rank_of = vec![0; texts.len()];
    let mut rank = 0;
    let mut before = None;
    for id in sorted {
        let text = texts.get(id);
        rank += u32::from(before.is_some() && before != Some(text));
        before = Some(text);
        if let Some(slot) = rank_of.get_mut(id) {
            *slot = rank;
        }
    }
    for rank in &mut ranks {
        *rank = rank_of.get(*rank as usize).copied().unwrap_or(0);
    }
    ranks
}

/// Moves findings: `order[i]` says which one belongs at `i`. Each cycle of moves is followed once.
fn permute(findings: &mut [Box<Finding>], order: &mut [u32]) {
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
    use std::{borrow::Cow, sync::Arc};

    use super::*;
    use crate::{Location, Ring, Status, Subject};

    fn finding(severity: Severity, file: &str, line: u32, check: &'static str) -> Finding {
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
                file: Arc::from(file),
                start: position,
                end: position,
                span: Span::default(),
            },
            message: String::new(),
            remediation: Cow::Borrowed(""),
            controls: &[],
            evidence: Vec::new(),
            fix: None,
            vulnerability: None,
        }
    }

    #[test]
    fn sorting_agrees_with_the_order_of_findings() {
        let mut state = 7_u32;
        for length in [0, 1, 2, 3, 10, 500] {
            let mut findings: Vec<Box<Finding>> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let severity = Severity::ALL[(state >> 8) as usize % 5];
                    let check = ["a", "b", "c"][(state >> 16) as usize % 3];
                    let file = ["a", "a/b", "a-b"][(state >> 12) as usize % 3];
                    Box::new(finding(severity, file, (state >> 20) % 17, check))
                })
                .collect();
            let key = |finding: &Finding| {
                (
                    finding.severity,
                    finding.location.file.to_string(),
                    finding.location.start.line,
                    finding.check.to_string(),
                )
            };
            let mut expected: Vec<_> = findings.clone();
            expected.sort_by(|one, other| one.order(other));
            sort(&mut findings);
            let keys = |list: &[Box<Finding>]| list.iter().map(|one| key(one)).collect::<Vec<_>>();
            assert_eq!(keys(&findings), keys(&expected));
        }
    }
}
