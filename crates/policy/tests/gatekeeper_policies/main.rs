//! Policies from text to violations: what is refused and where, what is enforced, what is said about errors.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::needless_pass_by_value,
    reason = "tests may fail loudly"
)]

mod cel;
mod hostile;
mod load;
mod review;
mod surroundings;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ringwall_model::Source;
use ringwall_policy::{
    admission::{Action, AdmissionRequest, Deadline, LATE, Operation, Violation, patch},
    gatekeeper::{
        EnforcementPoint, Engine, Gatekeeper, Inventory, InventoryStore, Options, Outcome, Process,
        Settings, Surroundings, Template,
        external_data::{ExternalData, FetchError, Item, Response},
        matching::Mismatch,
    },
    manifest::{Manifest, Problem},
};
use serde_json::{Value, json};

/// A template in Rego of the kind `Kind`, with a schema of its parameters and code below `violation`.
fn template(kind: &str, rego: &str) -> String {
    format!(
        "apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {}
spec:
  crd:
    spec:
      names:
        kind: {kind}
      validation:
        openAPIV3Schema:
          type: object
          properties:
            labels:
              type: array
              items: {{type: string}}
            least: {{type: integer, default: 1}}
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package any.name
      {}
---
",
        kind.to_lowercase(),
        rego.trim().replace('\n', "\n      ")
    )
}

const LABELS: &str = r#"
violation[{"msg": msg, "details": {"missing": label}}] {
  label := input.parameters.labels[_]
  not input.review.object.metadata.labels[label]
  msg := sprintf("label %v is missing", [label])
}"#;

/// A constraint with lines below `spec`.
fn constraint(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind}
metadata: {{name: {name}}}
spec:
  {}
---
",
        spec.trim().replace('\n', "\n  ")
    )
}

fn load_with(text: &str, options: &Options) -> (Gatekeeper, Vec<Problem>) {
    let (manifests, diagnostics) = Manifest::read(&Arc::new(Source::new("p.yaml", text)));
    assert_eq!(diagnostics, []);
    Gatekeeper::load(&manifests, options)
}

fn load(text: &str) -> (Gatekeeper, Vec<Problem>) {
    load_with(text, &Options::default())
}

/// Policies without a problem.
fn policies(text: &str) -> Gatekeeper {
    let (gatekeeper, problems) = load(text);
    assert_eq!(problems, [], "{text}");
    gatekeeper
}

/// Line and message of each problem; warnings with a minus.
fn told(problems: &[Problem]) -> Vec<(i64, &str)> {
    problems
        .iter()
        .map(|problem| {
            let line = problem
                .location
                .as_ref()
                .map_or(0, |at| at.start.line.into());
            let line = if problem.is_warning { -line } else { line };
            (line, problem.message.as_str())
        })
        .collect()
}

fn pod(labels: Value) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web", "namespace": "prod", "labels": labels},
        "spec": {"containers": [{"name": "app", "image": "nginx"}]},
    })
}

fn create(object: Value) -> AdmissionRequest {
    AdmissionRequest {
        operation: Some(Operation::Create),
        ..AdmissionRequest::from_object(object)
    }
}

fn review(gatekeeper: &Gatekeeper, request: &AdmissionRequest) -> Vec<Violation> {
    let inventory = Inventory::default();
    gatekeeper.review(request, &Surroundings::new(&inventory))
}

fn messages(violations: &[Violation]) -> Vec<&str> {
    violations
        .iter()
        .map(|violation| violation.message.as_str())
        .collect()
}
