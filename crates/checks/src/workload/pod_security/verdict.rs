//! One finding for all that a level forbids in a pod.

use ringwall_policy::pod_security::{Level, Version, Violation, evaluate};

use crate::{Findings, Workload, check::Meta};

/// Most other places that are shown with a verdict.
const MAX_EVIDENCE: usize = 20;

/// Adds the verdict of a level; nothing where there is no violation.
pub(super) fn add(
    meta: &'static Meta,
    workload: &Workload<'_>,
    level: Level,
    findings: &mut Findings<'_>,
) {
    let violations = beyond_lower_level(workload, level);
    let Some((first, others)) = violations.split_first() else {
        return;
    };
    let mut rules: Vec<&str> = Vec::new();
    for violation in &violations {
        let rule = name_of(violation.rule);
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    let level_name = match level {
        Level::Restricted => "Restricted",
        _ => "Baseline",
    };
    let mut draft = findings.add(meta).at(first.place).note(format!(
        "violates the {level_name} level of the Pod Security Standards: {}",
        rules.join(", ")
    ));
    for violation in others.iter().take(MAX_EVIDENCE) {
        draft = draft.evidence(violation.detail.clone(), violation.place);
    }
}

/// What a level forbids and no lower level does: one flaw is told once.
fn beyond_lower_level<'a>(workload: &Workload<'a>, level: Level) -> Vec<Violation<'a>> {
    let mut violations = evaluate(workload, level, Version::Latest);
    if level == Level::Restricted && !violations.is_empty() {
        let baseline = evaluate(workload, Level::Baseline, Version::Latest);
        violations.retain(|violation| {
            !baseline.iter().any(|lower| {
                // A container inherits the profile that Baseline refuses for the pod.
                let is_inherited =
                    lower.container.is_none() && name_of(lower.rule) == name_of(violation.rule);
                lower.rule == violation.rule || lower.place.is_same(violation.place) || is_inherited
            })
        });
    }
    violations
}

/// The rule without the level: `seccompProfile` for `seccompProfile_restricted`.
fn name_of(rule: &'static str) -> &'static str {
    rule.split_once('_').map_or(rule, |(name, _)| name)
}
