//! Findings of one root cause, which people read as one.

use std::collections::BTreeMap;

use ringwall_model::{Finding, Report, Subject};

/// The findings that count and are wanted: those of one root cause and one subject together,
/// each block led by its worst, the blocks in the order of their worst.
pub(crate) fn blocks(report: &Report, wanted: impl Fn(&Finding) -> bool) -> Vec<Vec<&Finding>> {
    let mut blocks: Vec<Vec<&Finding>> = Vec::new();
    let mut places: BTreeMap<(&str, &Subject), usize> = BTreeMap::new();
    let shown = |finding: &Finding| finding.fails() && wanted(finding);
    for finding in report.findings.iter().filter(|finding| shown(finding)) {
        let place = finding.group.as_deref().map(|group| {
            *places
                .entry((group, &finding.subject))
                .or_insert(blocks.len())
        });
        match place.and_then(|place| blocks.get_mut(place)) {
            Some(block) => block.push(finding),
            None => blocks.push(vec![finding]),
        }
    }
    blocks
}
