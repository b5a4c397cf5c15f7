//! One request against all policies: exemptions, verdicts, break-glass, and what the answer says.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::{Duration, Instant},
};

use ringwall_policy::{
    admission::{
        Action, AdmissionRequest, ChangedPlace, Deadline, Judge, Mutation, Source, Verdict,
        Violation, patch,
    },
    image::{BREAK_GLASS as IMAGE_BREAK_GLASS, ImageContext, ImageProblem},
};

use crate::{
    BREAK_GLASS, BreakGlass, BrokenGlass, Exemptions, PolicySet, Route, bounds, denial, mend,
    wire::{
        admission_review::Answer,
        image_review::{self, ImageReview},
    },
};

/// What happens where no verdict can be had: the queue is full, the time is over, the server failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// The request is refused.
    #[default]
    Deny,
    /// The request goes through, with a warning.
    Allow,
    /// An HTTP error is answered, and the API server does what its own configuration says.
    Error,
}

/// What was decided about a request, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// Everything that policies said.
    pub verdict: Verdict,
    /// Whether the request goes through.
    pub allowed: bool,
    /// Changes of the object, from mutating policies.
    pub patch: Vec<patch::Operation>,
    /// The smallest change that was found which all policies admit; only for what is refused.
    pub suggestion: Option<Vec<patch::Operation>>,
    /// Why the request was not judged at all.
    pub exempt: Option<String>,
    /// What became of a wish to break the glass.
    pub break_glass: Option<BrokenGlass>,
}

/// What decides besides the policies.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Who and what is left alone.
    pub exemptions: Exemptions,
    /// Who may break the glass.
    pub break_glass: BreakGlass,
    /// What happens where no verdict can be had.
    pub failure_policy: FailurePolicy,
    /// How long a patch for a refusal may be looked for; a refusal without one is a refusal too.
    pub suggestion_time: Duration,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            exemptions: Exemptions::default(),
            break_glass: BreakGlass::default(),
            failure_policy: FailurePolicy::default(),
            suggestion_time: Duration::from_millis(50),
        }
    }
}

/// A search ended before all was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfTime;

/// The earlier one of two moments.
struct Earlier<'a>(&'a dyn Deadline, Instant);

impl Deadline for Earlier<'_> {
    fn left(&self) -> Option<Duration> {
        let own = self.1.saturating_duration_since(Instant::now());
        Some(self.0.left().map_or(own, |left| left.min(own)))
    }
}

impl Rules {
    /// What a webhook answers to a request: that of a mutating one changes the object, every other one judges it.
    pub fn decide(
        &self,
        route: Route,
        policies: &PolicySet,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Decision {
        match route {
            Route::Mutate => self.mutate(policies, request, deadline),
            _ => self.review(policies, request, deadline),
        }
    }

    /// Judges a request.
    pub fn review(
        &self,
        policies: &PolicySet,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Decision {
        let mut decision = Decision {
            allowed: true,
            exempt: self.exemptions.reason(request),
            ..Decision::default()
        };
        if decision.exempt.is_some() {
            return decision;
        }
        decision.verdict = match bounds::excess(request) {
            Some(violation) => Verdict {
                violations: vec![violation],
                ..Verdict::default()
            },
            None => verdict(policies, request, deadline),
        };
        self.open_on_failure(&mut decision.verdict.violations);
        let planted = self.break_glass.planted(request);
        if !planted.is_empty() {
            let message = format!("whoever may not break the glass may not write {BREAK_GLASS}");
            let mut violation = Violation::new(Source::Check, "break-glass", Action::Deny, message);
            violation.paths = planted;
            decision.verdict.violations.push(violation);
        }
        decision.allowed = decision.verdict.is_allowed();
        if decision.allowed {
            return decision;
        }
        decision.break_glass = self.break_glass.asked(request);
        decision.allowed = matches!(decision.break_glass, Some(BrokenGlass::Granted(_)));
        decision
    }

    /// The smallest change of a refused object that was found which all policies admit, looked for until a moment.
    ///
    /// Costs as much as several judgements, and so is no part of [`Self::review`].
    ///
    /// # Errors
    ///
    /// Where the time was over before all was tried.
    pub fn suggestion(
        &self,
        policies: &PolicySet,
        request: &AdmissionRequest,
        refused: &Decision,
        until: Instant,
        deadline: &dyn Deadline,
    ) -> Result<Option<Vec<patch::Operation>>, OutOfTime> {
        if bounds::excess(request).is_some() {
            return Ok(None);
        }
        if !self.break_glass.planted(request).is_empty() {
            return Ok(None); // No policy says so, and a patch that all policies admit would be refused too.
        }
        let within = Earlier(deadline, until);
        let found = caught(|| mend::suggestion(policies, request, &refused.verdict, &within));
        match found.unwrap_or(None) {
            None if within.is_over() => Err(OutOfTime),
            found => Ok(found),
        }
    }

    /// Lets mutating policies change the object of a request.
    pub fn mutate(
        &self,
        policies: &PolicySet,
        request: &AdmissionRequest,
        deadline: &dyn Deadline,
    ) -> Decision {
        let mut decision = Decision {
            allowed: true,
            exempt: self.exemptions.reason(request),
            ..Decision::default()
        };
        let Some(original) = request
            .object
            .as_ref()
            .filter(|_| decision.exempt.is_none())
        else {
            return decision;
        };
        let mut current = request.clone();
        let judges = match bounds::excess(request) {
            None => policies.judges.as_slice(),
            Some(violation) => {
                decision.verdict.violations.push(violation);
                &[]
            }
        };
        for judge in judges {
            let mutation =
                caught(|| judge.mutate(&current, deadline)).unwrap_or_else(|violation| Mutation {
                    violations: vec![*violation],
                    ..Mutation::default()
                });
            decision.verdict.violations.extend(mutation.violations);
            decision
                .verdict
                .audit_annotations
                .extend(mutation.audit_annotations);
            if mutation.object.is_some() {
                current.object = mutation.object;
            }
        }
        self.open_on_failure(&mut decision.verdict.violations);
        decision.allowed = decision.verdict.is_allowed();
        if !decision.allowed {
            decision.break_glass = self.break_glass.asked(request);
            decision.allowed = matches!(decision.break_glass, Some(BrokenGlass::Granted(_)));
        }
        if decision.allowed
            && let Some(changed) = &current.object
        {
            decision.patch = patch::difference(original, changed);
        }
        decision
    }

    /// Where failures let requests through, what our own judges could not judge only warns. Other engines
    /// have failure policies of their own, which have spoken already.
    fn open_on_failure(&self, violations: &mut [Violation]) {
        if self.failure_policy != FailurePolicy::Allow {
            return;
        }
        for violation in violations.iter_mut().filter(|violation| violation.is_error) {
            let is_ours = match violation.source {
                Source::Check | Source::PodSecurity | Source::Conftest => true,
                // What its rules say of images that nobody looked at is their verdict.
                Source::ImagePolicy => !violation.policy.contains('/'),
                _ => false,
            };
            if is_ours {
                violation.action = Action::Warn;
            }
        }
    }
}

/// Runs a judge; a panic of its is one violation, and the others still judge.
pub(crate) fn caught<T>(judge: impl FnOnce() -> T) -> Result<T, Box<Violation>> {
    catch_unwind(AssertUnwindSafe(judge)).map_err(|_| {
        let message = "a policy engine failed while judging; this is a bug of ringwall";
        let mut violation = Violation::new(Source::Check, "engine-failure", Action::Deny, message);
        violation.is_error = true;
        Box::new(violation)
    })
}

/// What all policies say together.
pub(crate) fn verdict(
    policies: &PolicySet,
    request: &AdmissionRequest,
    deadline: &dyn Deadline,
) -> Verdict {
    together(policies, |judge| judge.review(request, deadline))
}

/// What these policies say together, and maybe others; see [`Judge::review_by`].
pub(crate) fn verdict_by(
    policies: &PolicySet,
    names: &BTreeSet<&str>,
    changed: Option<&[ChangedPlace<'_>]>,
    request: &AdmissionRequest,
    deadline: &dyn Deadline,
) -> Verdict {
    together(policies, |judge| {
        judge.review_by(names, changed, request, deadline)
    })
}

/// What all policies say together after an object has changed that only some had refused; see
/// [`Judge::review_changed`].
pub(crate) fn verdict_changed(
    policies: &PolicySet,
    refusing: &BTreeSet<&str>,
    changed: &[ChangedPlace<'_>],
    request: &AdmissionRequest,
    deadline: &dyn Deadline,
) -> Verdict {
    together(policies, |judge| {
        judge.review_changed(refusing, changed, request, deadline)
    })
}

fn together(policies: &PolicySet, review: impl Fn(&dyn Judge) -> Verdict) -> Verdict {
    let mut all = Verdict::default();
    for judge in &policies.judges {
        match caught(|| review(&**judge)) {
            Ok(verdict) => {
                all.violations.extend(verdict.violations);
                all.audit_annotations.extend(verdict.audit_annotations);
            }
            Err(violation) => all.violations.push(*violation),
        }
    }
    all
}

impl Decision {
    /// The answer to the API server.
    pub fn answer(&self, request: &AdmissionRequest) -> Answer {
        let mut answer = if self.allowed {
            Answer::allowed()
        } else {
            let denied = self
                .verdict
                .violations
                .iter()
                .find(|one| one.action == Action::Deny);
            let status = denied.and_then(|violation| violation.status.clone());
            let (code, reason) =
                status.map_or((403, "Forbidden"), |status| (status.code, status.reason));
            Answer::denied(code, reason, denial::message(self, request))
        };
        answer.patch.clone_from(&self.patch);
        let warned = self.verdict.violations.iter().filter(|violation| {
            violation.action == Action::Warn || (self.allowed && violation.action == Action::Deny)
        });
        match &self.break_glass {
            Some(BrokenGlass::Granted(reason)) => answer.warnings.push(format!(
                "admitted against policy by {BREAK_GLASS}: {reason}"
            )),
            Some(BrokenGlass::Refused(why)) => answer
                .warnings
                .push(format!("{BREAK_GLASS} was not honoured: {why}")),
            None => {}
        }
        answer
            .warnings
            .extend(warned.map(|violation| denial::line(violation, request)));
        answer.audit_annotations = self.annotations();
        answer
    }

    fn annotations(&self) -> Vec<(String, String)> {
        let mut annotations = self.verdict.audit_annotations.clone();
        let mut put = |key: &str, value: String| annotations.push((key.to_owned(), value));
        if let Some(reason) = &self.exempt {
            put("exempt", reason.clone());
        }
        if let Some(BrokenGlass::Granted(reason)) = &self.break_glass {
            put("break-glass", reason.clone());
        }
        for (key, action) in [
            ("denied-by", Action::Deny),
            ("warned-by", Action::Warn),
            ("audited-by", Action::Audit),
        ] {
            let acted_on = (self.verdict.violations.iter())
                // What checks find below any severity that is acted on stands in the record.
                .filter(|one| one.action == action)
                .filter(|one| action != Action::Audit || one.source != Source::Check);
            let names = policies_of(acted_on);
            if !names.is_empty() {
                put(key, names);
            }
        }
        annotations
    }
}

/// What was decided about an `ImageReview`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImageDecision {
    /// The answer.
    pub answer: image_review::Answer,
    /// What the policy has against the images.
    pub problems: Vec<ImageProblem>,
    /// The reason for which the policy was lifted, where it was.
    pub break_glass: Option<String>,
}

impl Rules {
    /// Judges the images of a pod; without an image policy every image is refused, as nobody looked at it.
    pub fn review_images(&self, policies: &PolicySet, review: &ImageReview) -> ImageDecision {
        let mut decision = ImageDecision::default();
        if self.exemptions.has_namespace(&review.namespace) {
            decision.answer.allowed = true;
            let exempt = format!("namespace {}", review.namespace);
            decision
                .answer
                .audit_annotations
                .push(("exempt".to_owned(), exempt));
            return decision;
        }
        let Some(images) = &policies.images else {
            decision.answer.allowed = self.failure_policy == FailurePolicy::Allow;
            decision.answer.reason = Some("ringwall has no image policy to judge by".to_owned());
            return decision;
        };
        let context = ImageContext {
            namespace: &review.namespace,
            break_glass: review
                .annotations
                .get(IMAGE_BREAK_GLASS)
                .map(String::as_str),
        };
        let verdict = images
            .policy
            .judge(review.images.iter().map(String::as_str), &context);
        decision.answer.allowed = verdict.is_allowed();
        let (denied, other): (Vec<_>, Vec<_>) = verdict
            .problems
            .iter()
            .partition(|problem| problem.action == Action::Deny);
        let told = |problems: &[&ImageProblem]| {
            let messages: Vec<&str> = problems
                .iter()
                .map(|problem| problem.message.as_str())
                .collect();
            messages.join("; ")
        };
        let mut annotations = Vec::new();
        if !decision.answer.allowed {
            let mut reason = told(&denied);
            if verdict.refused_break_glass {
                reason.push_str("; ");
                reason.push_str(IMAGE_BREAK_GLASS);
                reason.push_str(" is not honoured here");
            }
            decision.answer.reason = Some(reason);
        } else if !denied.is_empty() {
            annotations.push(("admitted-against-policy".to_owned(), told(&denied)));
        }
        if !other.is_empty() {
            annotations.push(("not-assessed".to_owned(), told(&other)));
        }
        if let Some(reason) = verdict
            .break_glass
            .as_ref()
            .filter(|_| !verdict.problems.is_empty())
        {
            annotations.push(("break-glass".to_owned(), reason.clone()));
            decision.break_glass = Some(reason.clone());
        }
        decision.answer.audit_annotations = annotations;
        decision.problems = verdict.problems;
        decision
    }
}
/// The policies of violations, each once and in order: an object may violate one in a thousand containers.
pub(crate) fn policies_of<'v>(violations: impl Iterator<Item = &'v Violation>) -> String {
    let names: BTreeSet<&str> = violations.map(|one| one.policy.as_str()).collect();
    let names: Vec<&str> = names.into_iter().collect();
    names.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_violated_often_is_named_once() {
        let violation =
            |policy: &str| Violation::new(Source::Gatekeeper, policy, Action::Deny, "no");
        let violations = [violation("b"), violation("a"), violation("b")];
        assert_eq!(policies_of(violations.iter()), "a,b");
    }
}
