//! What a refusal says: the policy, the place, the value found there, and a patch that all policies admit.

use std::collections::BTreeSet;

use ringwall_engine::ObjectFix;
use ringwall_policy::admission::{
    Action, AdmissionRequest, Deadline, Judge, PolicyStatus, Source, Verdict, Violation, patch,
    remedy::{self, Effort},
};
use serde_json::Value;

use crate::{
    PolicySet,
    review::{Decision, verdict, verdict_by},
    wire::one_line,
};

/// Most violations that a message lists.
const MAX_LISTED: usize = 20;

/// Longest text of a patch in a message; a longer one is only recorded.
const MAX_PATCH: usize = 4_096;

/// Longest value that a message shows, in characters.
const MAX_VALUE: usize = 64;

/// Most judgements that the search for a patch may take.
const MAX_TRIALS: usize = 120;

/// The message of a refusal.
pub(crate) fn message(decision: &Decision, request: &AdmissionRequest) -> String {
    let denied: Vec<&Violation> = decision
        .verdict
        .violations
        .iter()
        .filter(|violation| violation.action == Action::Deny)
        .collect();
    let mut lines = vec![match denied.len() {
        1 => "refused by ringwall:".to_owned(),
        count => format!("refused by ringwall for {count} reasons:"),
    }];
    let listed = denied.iter().take(MAX_LISTED);
    lines.extend(listed.map(|violation| line(violation, request)));
    if denied.len() > MAX_LISTED {
        lines.push(format!("and {} more", denied.len() - MAX_LISTED));
    }
    if let Some(operations) = &decision.suggestion {
        let operations: Vec<Value> = operations.iter().map(patch::Operation::to_json).collect();
        let count = operations.len();
        let text = Value::Array(operations).to_string();
        lines.push(if text.len() <= MAX_PATCH {
            format!("this JSON patch of the object passes all policies: {text}")
        } else {
            format!("a JSON patch of {count} operations passes all policies; it is in the record of the decision")
        });
    }
    lines.join("\n")
}

/// A violation in one line: policy, message, place and value.
pub(crate) fn line(violation: &Violation, request: &AdmissionRequest) -> String {
    let mut line = format!(
        "[{}] {}",
        violation.policy,
        one_line(&violation.message, 1_024)
    );
    let Some(path) = violation.paths.first().filter(|path| !path.is_empty()) else {
        return line;
    };
    line.push_str("; ");
    line.push_str(path);
    match value(violation, request, path) {
        Found::Missing => line.push_str(" is not set"),
        Found::Shown(value) => {
            line.push_str(" is ");
            line.push_str(&value);
        }
        Found::Hidden => {}
    }
    line
}

enum Found {
    Missing,
    Shown(String),
    Hidden,
}

/// The value at a path, where it may be shown: short, and no secret.
fn value(violation: &Violation, request: &AdmissionRequest, path: &str) -> Found {
    let object = request.object.as_ref().or(request.old_object.as_ref());
    let Some(value) = object.map(|object| object.pointer(path)) else {
        return Found::Hidden;
    };
    let is_secret = request.kind.kind == "Secret"
        || (violation.source == Source::Check && violation.policy.starts_with("plaintext-"));
    match value {
        None => Found::Missing,
        _ if is_secret => Found::Hidden,
        Some(Value::Object(_) | Value::Array(_)) => Found::Hidden,
        Some(Value::String(text)) if text.chars().count() > MAX_VALUE => Found::Hidden,
        Some(value) => Found::Shown(value.to_string()),
    }
}

/// The smallest patch that was found which all policies admit.
///
/// Fixes of the built-in checks are tried one after another, those at the places at fault first, and kept
/// where fewer refusals are left; what is not needed is taken out again in the end. Where these do not help,
/// changes at the places that policies name are. Bounded in trials and time.
pub(crate) fn suggestion(
    policies: &PolicySet,
    request: &AdmissionRequest,
    refused: &Verdict,
    deadline: &dyn Deadline,
) -> Option<Vec<patch::Operation>> {
    if refused
        .violations
        .iter()
        .any(|one| one.is_error && one.action == Action::Deny)
    {
        return None; // Nobody knows what an engine that failed would have said.
    }
    by_fixes(policies, request, refused, deadline).or_else(|| {
        let effort = Effort {
            judgements: MAX_TRIALS,
        };
        remedy::find(request, refused, &All(policies), &[], effort, deadline)
    })
}

/// All policies as one judge.
struct All<'a>(&'a PolicySet);

impl Judge for All<'_> {
    fn review(&self, request: &AdmissionRequest, deadline: &dyn Deadline) -> Verdict {
        verdict(self.0, request, deadline)
    }

    fn review_by(
        &self,
        policies: &BTreeSet<&str>,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        verdict_by(self.0, policies, request, deadline)
    }

    fn status(&self) -> Vec<PolicyStatus> {
        self.0.status()
    }
}

/// The patch that the fixes of the built-in checks make.
///
/// Few fixes are about what is refused, and fewer policies refuse than there are: until nothing is left of what
/// they refuse, nobody else is asked.
fn by_fixes(
    policies: &PolicySet,
    request: &AdmissionRequest,
    refused: &Verdict,
    deadline: &dyn Deadline,
) -> Option<Vec<patch::Operation>> {
    let fixer = policies.fixer.as_ref()?;
    let original = request.object.as_ref()?;
    let mut trial = Trial {
        policies,
        request: request.clone(),
        deadline,
        left: MAX_TRIALS,
    };
    let mut object = ringwall_policy::admission::without_managed_fields(original);
    let mut denials = denied(refused);
    let mut refusing: BTreeSet<String> = names(&denials);
    while !denials.is_empty() {
        let mut fixes: Vec<_> = (fixer.fixes(&object).into_iter())
            .map(|fix| (patch::difference(&object, &fix.object), fix))
            .collect();
        let may_help = |denial: &Violation| {
            let mut fixes = fixes.iter();
            fixes.any(|(changes, _)| rests_on(denial, changes))
        };
        if !denials.iter().all(may_help) {
            return None;
        }
        fixes.retain(|(changes, _)| denials.iter().any(|denial| rests_on(denial, changes)));
        fixes.sort_by_key(|(_, fix)| !touches(fix, &denials));
        let mut better = None;
        for (_, fix) in fixes {
            let left = trial.left_of(&denials, &fix.object)?;
            if left.len() < denials.len() {
                better = Some((left, fix.object));
                break;
            }
        }
        (denials, object) = better?;
        if denials.is_empty() {
            denials = trial.denials(&object)?;
            refusing.extend(names(&denials));
        }
    }
    let before = ringwall_policy::admission::without_managed_fields(original);
    let mut operations = patch::difference(&before, &object);
    let mut at = 0;
    while operations.len() > 1 && at < operations.len() {
        let mut fewer = operations.clone();
        fewer.remove(at);
        let is_enough = patch::apply(&before, &fewer)
            .and_then(|object| trial.is_admitted(&refusing, &object))
            .unwrap_or(false);
        if is_enough {
            operations = fewer;
        } else {
            at += 1;
        }
    }
    Some(operations)
}

/// Judges what an object would be told.
struct Trial<'a> {
    policies: &'a PolicySet,
    request: AdmissionRequest,
    deadline: &'a dyn Deadline,
    left: usize,
}

impl Trial<'_> {
    /// What would refuse the object; `None` where trials or time are used up.
    fn denials(&mut self, object: &Value) -> Option<Vec<Violation>> {
        self.spend()?;
        self.request.object = Some(object.clone());
        let verdict = verdict(self.policies, &self.request, self.deadline);
        Some(denied(&verdict))
    }

    /// What policies that refused still refuse about an object, with the places that are known from before;
    /// `None` where trials or time are used up.
    fn left_of(&mut self, denials: &[Violation], object: &Value) -> Option<Vec<Violation>> {
        let mut left = self.denials_by(&names(denials), object)?;
        for violation in &mut left {
            let mut known = denials.iter();
            let known = known.find(|known| {
                known.policy == violation.policy && known.message == violation.message
            });
            if let Some(known) = known {
                violation.paths.clone_from(&known.paths);
            }
        }
        Some(left)
    }

    /// Whether every policy admits an object; those that are likely to refuse it are asked first.
    fn is_admitted(&mut self, likely: &BTreeSet<String>, object: &Value) -> Option<bool> {
        Some(self.denials_by(likely, object)?.is_empty() && self.denials(object)?.is_empty())
    }

    fn denials_by(
        &mut self,
        policies: &BTreeSet<String>,
        object: &Value,
    ) -> Option<Vec<Violation>> {
        self.spend()?;
        self.request.object = Some(object.clone());
        let asked = policies.iter().map(String::as_str).collect();
        let verdict = All(self.policies).review_by(&asked, &self.request, self.deadline);
        let mut denials = denied(&verdict);
        denials.retain(|one| policies.contains(&one.policy));
        Some(denials)
    }

    fn spend(&mut self) -> Option<()> {
        self.left = self.left.checked_sub(1)?;
        (!self.deadline.is_over()).then_some(())
    }
}

fn names(denials: &[Violation]) -> BTreeSet<String> {
    denials.iter().map(|one| one.policy.clone()).collect()
}

fn denied(verdict: &Verdict) -> Vec<Violation> {
    let denied = verdict
        .violations
        .iter()
        .filter(|violation| violation.action == Action::Deny);
    denied.cloned().collect()
}

/// Whether a refusal rests on something that changes; one that tells no places may rest on anything.
fn rests_on(denial: &Violation, changes: &[patch::Operation]) -> bool {
    denial.paths.is_empty()
        || denial.paths.iter().any(|path| {
            let mut changed = changes.iter().map(patch::Operation::path);
            changed.any(|changed| path.starts_with(changed) || changed.starts_with(path.as_str()))
        })
}

/// Whether a fix is about a place that a refusal names, or about the same check.
fn touches(fix: &ObjectFix, denials: &[Violation]) -> bool {
    denials.iter().any(|violation| {
        violation.policy == fix.check
            || violation.paths.iter().any(|path| {
                !path.is_empty()
                    && (fix.path.starts_with(path.as_str()) || path.starts_with(&fix.path))
            })
    })
}
