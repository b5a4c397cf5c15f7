//! The smallest change of an object with which its judges are content.
//!
//! A policy says what is wrong and not what would be right, so the answer is searched: changes that are likely
//! to help are tried one after another on a copy, and each is judged by every policy. Nothing is proposed that
//! was not admitted in the end. The search is greedy, bounded in the number of judgements, and then drops
//! every part of its result that turns out not to be needed.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Action, AdmissionRequest, Deadline, Judge, Verdict,
    patch::{Operation, apply, difference, push_key},
};

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

/// The operations that make the object of a denied request pass, or nothing if none were found.
///
/// `suggestions` are changes that somebody knows to be right for such objects, such as the fixes of checks;
/// places that violations name are tried besides.
pub fn find(
    request: &AdmissionRequest,
    verdict: &Verdict,
    judge: &dyn Judge,
    suggestions: &[Vec<Operation>],
    effort: Effort,
    deadline: &dyn Deadline,
) -> Option<Vec<Operation>> {
    let original = request.object.as_ref()?;
    let mut search = Search {
        request: request.clone(),
        judge,
        deadline,
        judgements: effort.judgements,
    };
    let mut object = original.clone();
    let mut denials = Denials::of(verdict);
    let mut paths = paths(verdict);
    let mut refused = denials.0.clone();
    while !denials.is_empty() {
        let mut best: Option<(Denials, usize, Value, BTreeSet<String>)> = None;
        for candidate in candidates(&object, &paths, suggestions) {
            let weight = weight(&candidate);
            let is_better = |left: usize| match &best {
                None => left < denials.len(),
                Some((least, least_weight, ..)) => (left, weight) < (least.len(), *least_weight),
            };
            if !is_better(0) {
                continue;
            }
            let Some(changed) = apply(&object, &candidate).filter(|changed| *changed != object)
            else {
                continue;
            };
            // Most candidates are of no use to the policies that refuse, and these are few.
            if !is_better(search.left_of(&denials, &changed)?) {
                continue;
            }
            let verdict = search.judge(&changed)?;
            let left = Denials::of(&verdict);
            if is_better(left.len()) {
                best = Some((left, weight, changed, self::paths(&verdict)));
            }
        }
        let (left, _, changed, named) = best?;
        refused.extend(left.0.iter().cloned());
        (denials, object) = (left, changed);
        paths.extend(named);
    }
    let operations = difference(original, &object);
    search.without_what_is_not_needed(original, operations, &Denials(refused))
}

/// What a verdict refuses: what was said, and how often.
struct Denials(Vec<(String, String)>);

impl Denials {
    fn of(verdict: &Verdict) -> Self {
        let denials = verdict
            .violations
            .iter()
            .filter(|violation| violation.action == Action::Deny);
        Self(
            denials
                .map(|violation| (violation.policy.clone(), violation.message.clone()))
                .collect(),
        )
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The policies that refuse.
    fn policies(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(policy, _)| policy.as_str()).collect()
    }
}

fn paths(verdict: &Verdict) -> BTreeSet<String> {
    verdict
        .violations
        .iter()
        .filter(|violation| violation.action == Action::Deny)
        .flat_map(|violation| violation.paths.iter().cloned())
        .collect()
}

/// Changes to try: what is suggested, then at each place taking out what is there or turning it round,
/// each at one place and at all places of the same form.
fn candidates(
    object: &Value,
    paths: &BTreeSet<String>,
    suggestions: &[Vec<Operation>],
) -> Vec<Vec<Operation>> {
    let mut all = suggestions.to_vec();
    for path in paths {
        let places = same_form(object, path);
        for change in [take_out, turn_round, switch_on, switch_off] {
            if let Some(alone) = change(object, path) {
                all.push(alone);
            }
            let together: Option<Vec<_>> =
                places.iter().map(|place| change(object, place)).collect();
            if let Some(together) = together.filter(|together| together.len() > 1) {
                all.push(together.concat());
            }
        }
    }
    all
}

fn take_out(object: &Value, path: &str) -> Option<Vec<Operation>> {
    // Without these, an object is none that the API server would take, whatever its policies say.
    let key = path.rsplit('/').next().unwrap_or("");
    let is_needed = matches!(
        key,
        "" | "apiVersion"
            | "kind"
            | "metadata"
            | "spec"
            | "template"
            | "containers"
            | "name"
            | "namespace"
            | "image"
    );
    let exists = !is_needed && object.pointer(path).is_some();
    exists.then(|| {
        vec![Operation::Remove {
            path: path.to_owned(),
        }]
    })
}

fn turn_round(object: &Value, path: &str) -> Option<Vec<Operation>> {
    let value = object.pointer(path)?.as_bool()?;
    Some(vec![Operation::Replace {
        path: path.to_owned(),
        value: Value::Bool(!value),
    }])
}

fn switch_on(object: &Value, path: &str) -> Option<Vec<Operation>> {
    set_missing(object, path, true)
}

fn switch_off(object: &Value, path: &str) -> Option<Vec<Operation>> {
    set_missing(object, path, false)
}

/// A boolean where nothing stands yet, with the objects around it.
fn set_missing(object: &Value, path: &str, value: bool) -> Option<Vec<Operation>> {
    if object.pointer(path).is_some() {
        return None;
    }
    let (mut parent, key) = path.rsplit_once('/')?;
    let mut value = wrapped(key, Value::Bool(value));
    while object.pointer(parent).is_none() {
        let (above, key) = parent.rsplit_once('/')?;
        value = wrapped(key, value);
        parent = above;
    }
    let members = value.as_object()?.clone();
    object.pointer(parent)?.as_object()?;
    let operations = members.into_iter().map(|(key, value)| {
        let mut path = parent.to_owned();
        push_key(&mut path, &key);
        Operation::Add { path, value }
    });
    Some(operations.collect())
}

fn wrapped(key: &str, value: Value) -> Value {
    let key = key.replace("~1", "/").replace("~0", "~");
    Value::Object([(key, value)].into_iter().collect())
}

/// The places that differ from a path in indexes alone: the same field of all containers.
fn same_form(object: &Value, path: &str) -> Vec<String> {
    let mut places = vec![String::new()];
    for part in path.split('/').skip(1) {
        let mut next = Vec::with_capacity(places.len());
        for place in &places {
            match object.pointer(place) {
                Some(Value::Array(items)) if part.parse::<usize>().is_ok() => {
                    next.extend((0..items.len()).map(|index| format!("{place}/{index}")));
                }
                _ => next.push(format!("{place}/{part}")),
            }
        }
        places = next;
    }
    places
}

/// Few operations first, then few bytes.
fn weight(operations: &[Operation]) -> usize {
    let bytes: usize = operations
        .iter()
        .map(|operation| operation.to_json().to_string().len())
        .sum();
    operations.len() * 1_000 + bytes
}

/// The judge, and what may still be asked of it.
struct Search<'a> {
    request: AdmissionRequest,
    judge: &'a dyn Judge,
    deadline: &'a dyn Deadline,
    judgements: usize,
}

impl Search<'_> {
    /// How often policies that refused still refuse a changed object; `None` when the search has cost enough.
    fn left_of(&mut self, denials: &Denials, object: &Value) -> Option<usize> {
        self.spend()?;
        self.request.object = Some(object.clone());
        let policies = denials.policies();
        let verdict = self
            .judge
            .review_by(&policies, &self.request, self.deadline);
        let left = Denials::of(&verdict);
        let refused = left.0.iter();
        Some(
            refused
                .filter(|(policy, _)| policies.contains(policy.as_str()))
                .count(),
        )
    }

    fn spend(&mut self) -> Option<()> {
        if self.deadline.is_over() {
            return None;
        }
        self.judgements = self.judgements.checked_sub(1)?;
        Some(())
    }

    /// What is said of a changed object; `None` when the search has cost enough.
    fn judge(&mut self, object: &Value) -> Option<Verdict> {
        self.spend()?;
        self.request.object = Some(object.clone());
        Some(self.judge.review(&self.request, self.deadline))
    }

    /// Drops operations as long as the rest is admitted; by those first that refused on the way.
    fn without_what_is_not_needed(
        &mut self,
        original: &Value,
        mut operations: Vec<Operation>,
        refused: &Denials,
    ) -> Option<Vec<Operation>> {
        let mut index = 0;
        while index < operations.len() && operations.len() > 1 {
            let mut fewer = operations.clone();
            fewer.remove(index);
            let is_enough = apply(original, &fewer)
                .filter(|object| self.left_of(refused, object) == Some(0))
                .and_then(|object| self.judge(&object))
                .is_some_and(|verdict| Denials::of(&verdict).is_empty());
            if is_enough {
                operations = fewer;
            } else {
                index += 1;
            }
        }
        (!operations.is_empty()).then_some(operations)
    }
}

#[cfg(test)]
mod tests {
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
            &[],
            Effort::default(),
            &NoDeadline,
        )
    }

    #[test]
    fn the_patched_object_is_admitted() {
        let object = json!({"spec": {"hostNetwork": true, "containers": [
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
        let object = json!({"spec": {"containers": [
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
    fn what_an_object_cannot_be_without_is_not_taken_out() {
        let object = json!({"spec": {"containers": [{"name": "a", "image": "b", "tty": true}]}});
        for path in [
            "/spec",
            "/spec/containers",
            "/spec/containers/0/name",
            "/spec/containers/0/image",
        ] {
            assert_eq!(take_out(&object, path), None, "{path}");
        }
        assert!(take_out(&object, "/spec/containers/0/tty").is_some());
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
            &[],
            Effort::default(),
            &NoDeadline,
        );
        assert_eq!(found, None);
    }
}
