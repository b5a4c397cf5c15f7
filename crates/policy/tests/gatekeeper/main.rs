//! The same policies and objects here and in Gatekeeper itself: what is refused, matched, forbidden, changed.
//!
//! `oracle/` is a small Go program around Gatekeeper's own packages; it is built where Go is there.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

mod dice;
mod library;
mod matching;
mod mutation;
mod oracle;
mod schema;
mod variants;

use std::collections::BTreeMap;

use ringwall_policy::{
    admission::{Action, AdmissionRequest, Operation, Violation},
    gatekeeper::{EnforcementPoint, Engine, Gatekeeper, InventoryStore, Options, Surroundings},
    manifest::Manifest,
};
use serde_json::{Value, json};

use oracle::Answer;

/// A review, as the oracle is asked for it.
#[derive(Clone, Debug)]
struct Review {
    /// Where it comes from, for people.
    name: String,
    engine: Engine,
    template: Value,
    constraints: Vec<Value>,
    inventory: Vec<Value>,
    object: Option<Value>,
    old_object: Option<Value>,
    namespace: Option<Value>,
    operation: Option<Operation>,
    point: EnforcementPoint,
}

impl Review {
    fn new(
        name: impl Into<String>,
        template: Value,
        constraints: Vec<Value>,
        object: Value,
    ) -> Self {
        Self {
            name: name.into(),
            engine: Engine::Rego,
            template,
            constraints,
            inventory: Vec::new(),
            object: Some(object),
            old_object: None,
            namespace: None,
            operation: Some(Operation::Create),
            point: EnforcementPoint::Webhook,
        }
    }

    fn question(&self) -> Value {
        json!({
            "ask": "review",
            "engine": if self.engine == Engine::Cel { "cel" } else { "rego" },
            "template": self.template,
            "constraints": self.constraints,
            "inventory": self.inventory,
            "object": self.object,
            "oldObject": self.old_object,
            "namespace": self.namespace,
            "operation": self.operation.map_or("", Operation::as_str),
            "point": self.point.as_str(),
            "source": "Original",
        })
    }

    /// Our own answer.
    fn answer(&self) -> Answer {
        let options = Options {
            preferred_engine: self.engine,
            ..Options::default()
        };
        let template = Manifest::new(self.template.clone());
        let mut refused = Vec::new();
        let is_refused = |manifests: &[Manifest]| {
            let (_, problems) = Gatekeeper::load(manifests, &options);
            problems.iter().any(|problem| !problem.is_warning)
        };
        if is_refused(std::slice::from_ref(&template)) {
            return Answer {
                refused: vec![-1],
                ..Answer::default()
            };
        }
        let mut manifests = vec![template.clone()];
        for (index, constraint) in (0i64..).zip(&self.constraints) {
            let constraint = Manifest::new(constraint.clone());
            if is_refused(&[template.clone(), constraint.clone()]) {
                refused.push(index);
            } else {
                manifests.push(constraint);
            }
        }
        let (gatekeeper, _) = Gatekeeper::load(&manifests, &options);
        let mut store = InventoryStore::new();
        for object in &self.inventory {
            assert!(store.insert(object), "{object}");
        }
        let inventory = store.snapshot();
        let of = self.object.as_ref().or(self.old_object.as_ref());
        let mut request = AdmissionRequest::from_object(of.cloned().expect("an object"));
        request.object.clone_from(&self.object);
        request.old_object.clone_from(&self.old_object);
        request.operation = self.operation;
        let surroundings = Surroundings {
            namespace_object: self.namespace.as_ref(),
            point: self.point,
            ..Surroundings::new(&inventory)
        };
        let violations = gatekeeper.review(&request, &surroundings);
        let mut results: Vec<_> = violations.iter().map(result).collect();
        results.sort();
        Answer {
            refused,
            results,
            ..Answer::default()
        }
    }
}

fn result(violation: &Violation) -> Vec<String> {
    let action = match violation.action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit => "dryrun",
    };
    // Errors are told in other words.
    let message = if violation.is_error {
        "error"
    } else {
        &violation.message
    };
    vec![
        violation.policy.clone(),
        action.to_owned(),
        message.to_owned(),
    ]
}

/// Asks both, and tells where they differ.
///
/// Where ours is an error, theirs must be some message of the same constraint and action.
fn compare(reviews: &[Review]) {
    let questions: Vec<_> = reviews.iter().map(Review::question).collect();
    let Some(answers) = oracle::ask(&questions) else {
        return;
    };
    let mut differences = Vec::new();
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for (review, theirs) in reviews.iter().zip(&answers) {
        let ours = review.answer();
        let is_same = ours.refused == theirs.refused
            && (theirs.failed && ours.results.iter().all(|one| one[2] == "error")
                || is_same_results(&ours.results, &theirs.results));
        *kinds
            .entry(
                match (theirs.refused.is_empty(), theirs.results.is_empty()) {
                    (false, _) => "refused",
                    (true, true) => "without results",
                    (true, false) => "with results",
                },
            )
            .or_default() += 1;
        if !is_same {
            differences.push(format!(
                "{}\n  ours   {ours:?}\n  theirs {theirs:?}",
                review.name
            ));
        }
    }
    println!("compared: {kinds:?}");
    assert!(
        differences.is_empty(),
        "{} of {} differ:\n{}",
        differences.len(),
        reviews.len(),
        differences.join("\n")
    );
}

fn is_same_results(ours: &[Vec<String>], theirs: &[Vec<String>]) -> bool {
    let mut left: Vec<_> = theirs.iter().collect();
    let (errors, messages): (Vec<_>, Vec<_>) = ours.iter().partition(|one| one[2] == "error");
    for one in messages {
        match left.iter().position(|other| *other == one) {
            Some(index) => left.remove(index),
            None => return false,
        };
    }
    for one in errors {
        match left.iter().position(|other| other[..2] == one[..2]) {
            Some(index) => left.remove(index),
            None => return false,
        };
    }
    left.is_empty()
}
