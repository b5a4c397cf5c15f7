//! The smallest change of an object with which its judges are content.
//!
//! A policy says what is wrong and not what would be right, so the answer is searched. Changes that somebody knows to
//! be right for such objects come first: all that may have to do with a refusal are made at once, and judged by the
//! policies that refuse, as there are few of these. For what they do not help, places that violations name are changed.
//! The fewest changes that content those policies are found by halving, and then every policy is asked. In the end
//! each operation goes that is not needed. Nothing is proposed that was not admitted.

mod grounds;
mod places;

use std::collections::{BTreeSet, HashMap};

use serde_json::{Value, map::Entry};

use super::{
    Action, AdmissionRequest, ChangedPlace, Deadline, GroupVersionKind, Judge, Verdict, Violation,
    changed::{changed_places, places_without},
    faults,
    patch::{Operation, apply, apply_one, difference},
    without_managed_fields,
};

pub use grounds::Grounds;

/// Most changes at places that are made to look whether they are of use.
const MAX_CANDIDATES: usize = 2_000;

/// How much a search may cost.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Judgements, be it by all policies or by those that refuse.
    pub judgements: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { judgements: 400 }
    }
}

/// What is known to be right for an object with these refusals.
pub type Fixes<'f> = dyn Fn(&Value, &[Violation]) -> Vec<Fix> + 'f;

/// A change that somebody knows to be right for an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Fix {
    /// What asks for it, by the name that its violations have.
    pub policy: String,
    /// The places that it is about, as JSON pointers.
    pub paths: Vec<String>,
    /// The change.
    pub operations: Vec<Operation>,
}

/// The operations that make the object of a denied request pass, or nothing if none were found.
///
/// `fixes` tells what is known to be right for an object, what matters most first, and may leave out what changes
/// none of the places that refusals [rest on](Grounds); places that violations name are tried besides.
/// `metadata.managedFields` are left out of what is judged.
pub fn find(
    request: &AdmissionRequest,
    verdict: &Verdict,
    judge: &dyn Judge,
    fixes: &Fixes<'_>,
    effort: Effort,
    deadline: &dyn Deadline,
) -> Option<Vec<Operation>> {
    let original = without_managed_fields(request.object.as_ref()?);
    let mut search = Search {
        // Each trial has an object of its own.
        request: request.with_object(None),
        original: &original,
        judge,
        deadline,
        judgements: effort.judgements,
    };
    let mut object = original.clone();
    let mut denials = denied(verdict);
    let mut refusing = BTreeSet::new();
    // What contents those who refuse may be refused by others.
    while !denials.is_empty() {
        refusing.extend(denials.iter().map(|one| one.policy.clone()));
        let (changes, least) = search.enough(fixes, &refusing, &object, denials)?;
        object = search.fewest(&refusing, &object, &changes, least)?;
        (object, denials) = search.denials(&refusing, object)?;
    }
    search.needed(&refusing, difference(&original, &object))
}

/// The judge, and what may still be asked of it.
struct Search<'a> {
    request: AdmissionRequest,
    original: &'a Value,
    judge: &'a dyn Judge,
    deadline: &'a dyn Deadline,
    judgements: usize,
}

/// Changes, what they make of an object, and what refuses that.
struct Step {
    changes: Vec<Vec<Operation>>,
    object: Value,
    denials: Vec<Violation>,
}

impl Search<'_> {
    /// Changes that together content these policies, and how many of them from the beginning it takes at least; `None`
    /// where there are none, or the search has cost enough.
    ///
    /// Some fixes show only when others are done, as a container that is privileged may do all that is asked about.
    fn enough(
        &mut self,
        fixes: &Fixes<'_>,
        policies: &BTreeSet<String>,
        object: &Value,
        mut denials: Vec<Violation>,
    ) -> Option<(Vec<Vec<Operation>>, usize)> {
        let mut changes = Vec::new();
        let mut least = 0;
        let mut object = object.clone();
        while !denials.is_empty() {
            // Those before were not enough.
            least = changes.len() + 1;
            // What no fix was about seldom becomes so by the others.
            let step = if changes.is_empty() {
                self.by_fixes(fixes, policies, &object, &denials)
                    .or_else(|| self.at_places(policies, &object, &denials))
            } else {
                self.at_places(policies, &object, &denials)
                    .or_else(|| self.by_fixes(fixes, policies, &object, &denials))
            };
            let step = step?;
            changes.extend(step.changes);
            (object, denials) = (step.object, step.denials);
        }
        Some((changes, least))
    }

    /// All fixes at once that may have to do with refusals; `None` where they are of no use, or the search
    /// has cost enough.
    fn by_fixes(
        &mut self,
        fixes: &Fixes<'_>,
        policies: &BTreeSet<String>,
        object: &Value,
        denials: &[Violation],
    ) -> Option<Step> {
        let changes = related(fixes(object, denials), denials);
        let fixed = joined(object, changes.iter().flatten());
        if fixed == *object {
            return None;
        }
        let (fixed, left) = self.left_of(denials, policies, fixed)?;
        let is_of_use = left.len() <= denials.len();
        is_of_use.then_some(Step {
            changes,
            object: fixed,
            denials: left,
        })
    }

    /// The change at places that refusals name after which the fewest are left; `None` where none helps, or the search
    /// has cost enough.
    fn at_places(
        &mut self,
        policies: &BTreeSet<String>,
        object: &Value,
        denials: &[Violation],
    ) -> Option<Step> {
        let paths = denials.iter().flat_map(|denial| &denial.paths);
        let paths = paths.map(String::as_str).collect();
        let mut best: Option<(usize, Step)> = None;
        let kind = self.request.kind.clone();
        for change in places::candidates(&kind, object, &paths).take(MAX_CANDIDATES) {
            if self.deadline.is_over() {
                return None;
            }
            let weight = places::weight(&change);
            let is_better = |left: usize| match &best {
                None => left < denials.len(),
                Some((least, step)) => (left, weight) < (step.denials.len(), *least),
            };
            if !is_better(0) {
                continue;
            }
            let changed = apply(object, &change).filter(|changed| changed != object);
            let Some(changed) = changed else { continue };
            let (changed, left) = self.left_of(denials, policies, changed)?;
            if is_better(left.len()) && faults::new(&kind, object, &changed).is_empty() {
                let step = Step {
                    changes: vec![change],
                    object: changed,
                    denials: left,
                };
                best = Some((weight, step));
            }
        }
        best.map(|(_, step)| step)
    }

    /// The object with the fewest changes that content these policies, the first of them by preference; `None` where
    /// the search has cost enough. All of them together are enough.
    ///
    /// What is needed is found one by one: the last change of the shortest row from the beginning that is enough
    /// together with what was found before. That takes some `log2` of all trials for each.
    fn fewest(
        &mut self,
        policies: &BTreeSet<String>,
        object: &Value,
        changes: &[Vec<Operation>],
        mut least: usize,
    ) -> Option<Value> {
        // By their places in the row.
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        let all: Vec<_> = changes.iter().flatten().collect();
        let mut end = changes.len();
        loop {
            let (mut low, mut high) = (least, end);
            // The likeliest come first, so that few are tried before many.
            let mut length = low;
            while low < high {
                let (row, needed) = (changes.iter().enumerate(), &needed);
                let operations = |are_made: bool| {
                    let is_made = move |at| at < length || needed.contains(&at);
                    let those = row.clone().filter(move |(at, _)| is_made(*at) == are_made);
                    those.flat_map(|(_, change)| change)
                };
                let left_out: Vec<_> = operations(false).collect();
                let changed = places_without(object, &all, &left_out);
                let trial = joined(object, operations(true));
                let (_, denials) = self.denials_by(policies, Some(&changed), trial)?;
                if denials.is_empty() {
                    high = length;
                } else {
                    low = length + 1;
                }
                length = usize::midpoint(low, high);
            }
            let Some(last) = high.checked_sub(1) else {
                let needed = needed.iter().filter_map(|at| changes.get(*at));
                return Some(joined(object, needed.flatten()));
            };
            needed.insert(last);
            (end, least) = (last, 0);
        }
    }

    /// The operations without those that are not needed. With all of them, everybody is content.
    fn needed(
        &mut self,
        refusing: &BTreeSet<String>,
        mut operations: Vec<Operation>,
    ) -> Option<Vec<Operation>> {
        let mut at = 0;
        while operations.len() > 1 && at < operations.len() {
            if self.deadline.is_over() {
                return None;
            }
            let all: Vec<_> = operations.iter().collect();
            let Some(left_out) = operations.get(at) else {
                break;
            };
            let mut fewer = operations.clone();
            fewer.remove(at);
            let changed = places_without(self.original, &all, &[left_out]);
            let is_enough = match apply(self.original, &fewer) {
                // Those who are likely to refuse it are asked first.
                Some(object) => {
                    let (object, denials) = self.denials_by(refusing, Some(&changed), object)?;
                    let nobody = BTreeSet::new();
                    denials.is_empty()
                        && (self.denials_changed(&nobody, &changed, object)?.1).is_empty()
                }
                None => false,
            };
            if is_enough {
                operations = fewer;
            } else {
                at += 1;
            }
        }
        Some(operations)
    }

    /// What these policies still refuse about a changed object, with the places that are known from before: judges that
    /// are asked alone may tell none.
    fn left_of(
        &mut self,
        before: &[Violation],
        policies: &BTreeSet<String>,
        object: Value,
    ) -> Option<(Value, Vec<Violation>)> {
        let (object, mut left) = self.denials_by(policies, None, object)?;
        // The first of those that say the same.
        let known = before.iter().rev();
        let known: HashMap<_, _> = known
            .map(|known| ((&*known.policy, &*known.message), &known.paths))
            .collect();
        for denial in left.iter_mut().filter(|denial| denial.paths.is_empty()) {
            if let Some(paths) = known.get(&(&*denial.policy, &*denial.message)) {
                denial.paths.clone_from(paths);
            }
        }
        Some((object, left))
    }

    /// What would refuse the object, which comes back; `None` where the search has cost enough. Nobody had refused the
    /// original but these policies.
    fn denials(
        &mut self,
        refusing: &BTreeSet<String>,
        object: Value,
    ) -> Option<(Value, Vec<Violation>)> {
        let operations = difference(self.original, &object);
        let changed = changed_places(self.original, &operations);
        let refusing = refusing.iter().map(String::as_str).collect();
        let (object, denials) = self.denials_changed(&refusing, &changed, object)?;
        if denials.is_empty() {
            return Some((object, denials));
        }
        // Where else there is something to change, only those tell who take their time.
        self.ask(object, |judge, request, deadline| {
            judge.review(request, deadline)
        })
    }

    /// The same of an object that changed at these places, and was refused before by nobody but these policies.
    fn denials_changed(
        &mut self,
        refusing: &BTreeSet<&str>,
        changed: &[ChangedPlace<'_>],
        object: Value,
    ) -> Option<(Value, Vec<Violation>)> {
        self.ask(object, |judge, request, deadline| {
            judge.review_changed(refusing, changed, request, deadline)
        })
    }

    /// The same of these policies alone; with places, none of them had refused the object before it changed there.
    fn denials_by(
        &mut self,
        policies: &BTreeSet<String>,
        changed: Option<&[ChangedPlace<'_>]>,
        object: Value,
    ) -> Option<(Value, Vec<Violation>)> {
        let asked = policies.iter().map(String::as_str).collect();
        let (object, mut denials) = self.ask(object, |judge, request, deadline| {
            judge.review_by(&asked, changed, request, deadline)
        })?;
        denials.retain(|one| policies.contains(&one.policy));
        Some((object, denials))
    }

    /// What a judgement of an object refuses; `None` where the search has cost enough.
    fn ask(
        &mut self,
        object: Value,
        judgement: impl FnOnce(&dyn Judge, &AdmissionRequest, &dyn Deadline) -> Verdict,
    ) -> Option<(Value, Vec<Violation>)> {
        self.judgements = self.judgements.checked_sub(1)?;
        if self.deadline.is_over() {
            return None;
        }
        self.request.object = Some(object);
        let denials = denied(&judgement(self.judge, &self.request, self.deadline));
        Some((self.request.object.take()?, denials))
    }
}

/// What the fixes change that may have to do with these refusals, the likeliest first.
fn related(mut fixes: Vec<Fix>, denials: &[Violation]) -> Vec<Vec<Operation>> {
    let grounds = Grounds::of(denials);
    fixes.retain(|fix| {
        let mut paths = fix.operations.iter().map(Operation::path);
        paths.any(|path| grounds.may_change_by(path))
    });
    fixes.sort_by_cached_key(|fix| !grounds.are_about(fix));
    fixes.into_iter().map(|fix| fix.operations).collect()
}

/// An object with changes that were each made without the others.
fn joined<'o>(object: &Value, changes: impl Iterator<Item = &'o Operation>) -> Value {
    let mut joined = object.clone();
    for operation in changes {
        if let Operation::Add { path, value } = operation
            && is_member(&joined, path)
            && let Some(there) = joined.pointer_mut(path)
        {
            merge(there, value);
        } else {
            // What does not fit any more is as if it were not there: policies say whether that is enough.
            let _ = apply_one(&mut joined, operation);
        }
    }
    joined
}

/// Whether a path leads to a member of an object, and not to an item, before which others are put.
fn is_member(object: &Value, path: &str) -> bool {
    let parent = path.rsplit_once('/').map(|(parent, _)| parent);
    parent.is_some_and(|parent| object.pointer(parent).is_some_and(Value::is_object))
}

/// Adds what two changes add at one place: each member of either.
fn merge(there: &mut Value, value: &Value) {
    match (there, value) {
        (Value::Object(there), Value::Object(value)) => {
            for (key, value) in value {
                match there.entry(key) {
                    Entry::Vacant(entry) => {
                        entry.insert(value.clone());
                    }
                    Entry::Occupied(mut entry) => merge(entry.get_mut(), value),
                }
            }
        }
        (there, value) => *there = value.clone(),
    }
}

fn denied(verdict: &Verdict) -> Vec<Violation> {
    let violations = verdict.violations.iter();
    let denied = violations.filter(|one| one.action == Action::Deny);
    denied.cloned().collect()
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use serde_json::json;

    use super::{
        super::{NoDeadline, PolicyStatus, Source, Violation},
        *,
    };

    /// Refuses privileged containers and shared host networks, one violation each.
    struct Strict;

    impl Judge for Strict {
        fn review(&self, request: &AdmissionRequest, _deadline: &dyn Deadline) -> Verdict {
            let spec = request
                .object
                .as_ref()
                .and_then(|object| object.get("spec"));
            let mut verdict = Verdict::default();
            let mut deny = |message: &str, path: String| {
                let mut violation =
                    Violation::new(Source::Gatekeeper, "strict", Action::Deny, message);
                violation.paths = vec![path];
                verdict.violations.push(violation);
            };
            if spec.and_then(|spec| spec.get("hostNetwork")) == Some(&json!(true)) {
                deny("host network", "/spec/hostNetwork".to_owned());
            }
            let containers = spec.and_then(|spec| spec.get("containers")?.as_array());
            for (index, container) in containers.into_iter().flatten().enumerate() {
                if container.pointer("/securityContext/privileged") == Some(&json!(true)) {
                    deny(
                        "privileged",
                        format!("/spec/containers/{index}/securityContext/privileged"),
                    );
                }
                if container.pointer("/securityContext/runAsNonRoot") != Some(&json!(true)) {
                    deny(
                        "root",
                        format!("/spec/containers/{index}/securityContext/runAsNonRoot"),
                    );
                }
            }
            verdict
        }

        fn status(&self) -> Vec<PolicyStatus> {
            Vec::new()
        }
    }

    fn remedy(object: &Value) -> Option<Vec<Operation>> {
        let request = AdmissionRequest::from_object(object.clone());
        let verdict = Strict.review(&request, &NoDeadline);
        find(
            &request,
            &verdict,
            &Strict,
            &|_, _| Vec::new(),
            Effort::default(),
            &NoDeadline,
        )
    }

    #[test]
    fn the_patched_object_is_admitted() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"hostNetwork": true, "containers": [
            {"name": "a", "securityContext": {"privileged": true, "runAsNonRoot": true}},
            {"name": "b"}]}});
        let operations = remedy(&object).unwrap();
        assert_eq!(operations.len(), 3, "{operations:?}");
        let patched = apply(&object, &operations).unwrap();
        assert!(
            Strict
                .review(&AdmissionRequest::from_object(patched), &NoDeadline)
                .is_allowed()
        );
    }

    #[test]
    fn nothing_else_is_touched() {
        let object = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [
            {"name": "a", "securityContext": {"privileged": true, "runAsNonRoot": true}}]}});
        let operations = remedy(&object).unwrap();
        assert_eq!(
            operations,
            [Operation::Remove {
                path: "/spec/containers/0/securityContext/privileged".to_owned()
            }]
        );
    }

    #[test]
    fn what_cannot_be_mended_is_not_proposed() {
        struct Never;
        impl Judge for Never {
            fn review(&self, _request: &AdmissionRequest, _deadline: &dyn Deadline) -> Verdict {
                Verdict {
                    violations: vec![Violation::new(
                        Source::Gatekeeper,
                        "never",
                        Action::Deny,
                        "no",
                    )],
                    ..Verdict::default()
                }
            }
            fn status(&self) -> Vec<PolicyStatus> {
                Vec::new()
            }
        }
        let request = AdmissionRequest::from_object(json!({"spec": {"hostNetwork": true}}));
        let verdict = Never.review(&request, &NoDeadline);
        let found = find(
            &request,
            &verdict,
            &Never,
            &|_, _| Vec::new(),
            Effort::default(),
            &NoDeadline,
        );
        assert_eq!(found, None);
    }

    #[test]
    fn a_search_among_many_places_ends_with_its_time() {
        /// Is over when it was looked at some times.
        struct Looks(AtomicU32);
        impl Deadline for Looks {
            fn left(&self) -> Option<Duration> {
                let before = self.0.fetch_add(1, Ordering::Relaxed);
                Some(Duration::from_secs(u64::from(before < 30)))
            }
        }
        // The same change at one place after the other, none of which is of use or judged.
        let containers: Vec<_> = (0..500).map(|at| json!({"name": at.to_string()})).collect();
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"containers": containers}});
        let mut never = Violation::new(Source::Gatekeeper, "strict", Action::Deny, "no");
        never.paths = (0..500)
            .map(|at| format!("/spec/containers/{at}/tty"))
            .collect();
        let verdict = Verdict {
            violations: vec![never],
            ..Verdict::default()
        };
        let looks = Looks(AtomicU32::new(0));
        let request = AdmissionRequest::from_object(pod);
        let nothing = |_: &Value, _: &[Violation]| Vec::new();
        let effort = Effort {
            judgements: usize::MAX,
        };
        let found = find(&request, &verdict, &Strict, &nothing, effort, &looks);
        assert_eq!((found, looks.0.into_inner()), (None, 31));
    }

    fn add(path: &str, value: Value) -> Vec<Operation> {
        let path = path.to_owned();
        vec![Operation::Add { path, value }]
    }

    #[test]
    fn what_two_changes_add_at_one_place_is_both() {
        let object = json!({"spec": {"containers": [{"name": "a"}], "volumes": []}});
        let place = "/spec/containers/0/securityContext";
        let changes = [
            add(
                place,
                json!({"privileged": false, "capabilities": {"drop": ["ALL"]}}),
            ),
            add(
                place,
                json!({"runAsNonRoot": true, "capabilities": {"add": []}}),
            ),
            add("/spec/volumes/0", json!({"name": "one"})),
            add("/spec/volumes/0", json!({"name": "two"})),
            vec![Operation::Remove {
                path: "/spec/nodeName".to_owned(),
            }],
        ];
        assert_eq!(
            joined(&object, changes.iter().flatten()),
            json!({"spec": {
                "containers": [{"name": "a", "securityContext": {
                    "privileged": false,
                    "runAsNonRoot": true,
                    "capabilities": {"drop": ["ALL"], "add": []},
                }}],
                "volumes": [{"name": "two"}, {"name": "one"}],
            }})
        );
    }
}
