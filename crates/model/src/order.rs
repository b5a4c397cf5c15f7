//! Puts findings in the order of every report.

use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    mem,
};

use rayon::prelude::*;

use crate::{Finding, Severity};

/// Below as many findings, handing them to other cores takes longer than the work.
pub const FEW_FINDINGS: usize = 256;

/// From as many findings of one severity in one file on, all cores sort them.
const MANY_FINDINGS: usize = 4_096;

/// Puts findings in the order of [`Finding::order`]; those that are equal keep theirs.
///
/// Severities and files come first in that order, and there are few of them: findings are counted into a place for each
/// of both, and only those of one place, a handful, are compared.
pub fn sort(findings: &mut Vec<Box<Finding>>) {
    if findings.len() < FEW_FINDINGS {
        findings.sort_by(|one, other| one.order(other));
        return;
    }
    // A finding lies elsewhere, and mostly no longer in any cache: all cores fetch it.
    let read: Vec<(Severity, Text<'_>)> = findings
        .par_iter()
        .map(|finding| (finding.severity, Text(&finding.location.file)))
        .collect();
    let (mut places, files) = ranks(read.iter().map(|(_, file)| *file));
    for (place, (severity, _)) in places.iter_mut().zip(&read) {
        let better = Severity::ALL.iter().filter(|other| *other > severity);
        *place += files * u32::try_from(better.count()).unwrap_or(0);
    }
    let order = counted(&places);
    let mut unsorted: Vec<_> = mem::take(findings).into_iter().map(Some).collect();
    let next = |&index: &u32| unsorted.get_mut(index as usize)?.take();
    findings.extend(order.iter().filter_map(next));
    findings
        .par_chunk_by_mut(|one, other| is_one_place(one, other))
        .for_each(|found| {
            if found.len() < MANY_FINDINGS {
                found.sort_by(|one, other| one.order(other));
            } else {
                found.par_sort_by(|one, other| one.order(other));
            }
        });
}

fn is_one_place(one: &Finding, other: &Finding) -> bool {
    one.severity == other.severity && one.location.file == other.location.file
}

/// The indexes of numbers in the order of the numbers; equal ones keep theirs.
fn counted(numbers: &[u32]) -> Vec<u32> {
    let most = numbers.iter().max().map_or(0, |&most| most as usize);
    let mut starts = vec![0_u32; most + 2];
    for &number in numbers {
        if let Some(count) = starts.get_mut(number as usize + 1) {
            *count += 1;
        }
    }
    let mut before = 0;
    for start in &mut starts {
        before += *start;
        *start = before;
    }
    let mut order = vec![0; numbers.len()];
    for (index, &number) in (0..).zip(numbers) {
        if let Some(start) = starts.get_mut(number as usize)
            && let Some(slot) = order.get_mut(*start as usize)
        {
            *slot = index;
            *start += 1;
        }
    }
    order
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

/// Where each text stands among all of them in their order, and how many there are; equal texts share a rank.
fn ranks<'a>(all: impl ExactSizeIterator<Item = Text<'a>>) -> (Vec<u32>, u32) {
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
    (ranks, rank + 1)
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, sync::Arc};

    use super::*;
    use crate::{Location, Position, Ring, Span, Status, Subject};

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
        for length in [0, 1, 2, 3, 10, 500, 100_000] {
            let mut findings: Vec<Box<Finding>> = (0..length)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    let severity = Severity::ALL[(state >> 8) as usize % 5];
                    let check = ["a", "b", "c"][(state >> 16) as usize % 3];
                    let file = ["a", "a/b", "a-b"][(state >> 12) as usize % 3];
                    let mut found = finding(severity, file, (state >> 20) % 17, check);
                    // Equal findings are told apart by what their order does not look at.
                    found.group = Some(Arc::from(state.to_string()));
                    Box::new(found)
                })
                .collect();
            let key = |finding: &Finding| {
                (
                    finding.severity,
                    finding.location.file.to_string(),
                    finding.location.start.line,
                    finding.check.to_string(),
                    finding.group.clone(),
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
