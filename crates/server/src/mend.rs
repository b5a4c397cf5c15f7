//! The patch in a refusal: what the built-in checks would fix, or what changes at the places that policies name.

use std::collections::BTreeSet;

use ringwall_policy::admission::{
    Action, AdmissionRequest, ChangedPlace, Deadline, Judge, PolicyStatus, Verdict, Violation,
    patch::Operation,
    remedy::{self, Effort, Fix, Grounds},
};
use serde_json::Value;

use crate::{
    PolicySet,
    review::{verdict, verdict_by, verdict_changed},
};

/// Most judgements that a search may take.
const MAX_TRIALS: usize = 120;

/// The smallest patch that was found which all policies admit; bounded in trials and time.
pub(crate) fn suggestion(
    policies: &PolicySet,
    request: &AdmissionRequest,
    refused: &Verdict,
    deadline: &dyn Deadline,
) -> Option<Vec<Operation>> {
    let mut violations = refused.violations.iter();
    if violations.any(|one| one.is_error && one.action == Action::Deny) {
        return None; // Nobody knows what an engine that failed would have said.
    }
    let fixes = |object: &Value, denials: &[Violation]| {
        let grounds = Grounds::of(denials);
        let is_wanted = |path: &str| grounds.may_change_by(path);
        let fixers = policies.fixer.iter();
        let fixes = fixers.flat_map(|fixer| fixer.fixes(object, &is_wanted, deadline));
        let fixes = fixes.map(|fix| Fix {
            operations: fix.operations,
            policy: fix.check,
            paths: fix.paths,
        });
        fixes.collect()
    };
    let effort = Effort {
        judgements: MAX_TRIALS,
    };
    remedy::find(request, refused, &All(policies), &fixes, effort, deadline)
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
        changed: Option<&[ChangedPlace<'_>]>,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        verdict_by(self.0, policies, changed, request, deadline)
    }

    fn review_changed(
        &self,
        refusing: &BTreeSet<&str>,
        changed: &[ChangedPlace<'_>],
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Verdict {
        verdict_changed(self.0, refusing, changed, request, deadline)
    }

    fn status(&self) -> Vec<PolicyStatus> {
        self.0.status()
    }
}
