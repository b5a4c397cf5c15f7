//! Policies that users bring: Gatekeeper's and the API server's own, reloaded while requests run.

use std::{
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use hyper::StatusCode;
use ringwall_policy::pod_security::PodSecurity;
use ringwall_server::{BuiltIn, Bundles, LiveWorld, PolicySource};
use serde_json::{Value, json};

use crate::{
    reviews::apply,
    support::{House, Plan, eventually, give, pod, review, start},
};

const TEMPLATE: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: noprivileged
spec:
  crd:
    spec:
      names:
        kind: NoPrivileged
  targets:
  - target: admission.k8s.gatekeeper.sh
    rego: |
      package noprivileged
      violation[{"msg": msg}] {
        container := input.review.object.spec.containers[_]
        container.securityContext.privileged == true
        msg := sprintf("container %v is privileged", [container.name])
      }
"#;

const CONSTRAINT: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NoPrivileged
metadata:
  name: everywhere
spec:
  enforcementAction: deny
  match:
    kinds:
    - apiGroups: ['']
      kinds: [Pod]
";

/// A server that judges by these files and nothing else.
pub(crate) async fn house(folder: &tempfile::TempDir) -> House {
    House::new(plan(folder)).await
}

/// A plan of one.
fn plan(folder: &tempfile::TempDir) -> Plan {
    let path = folder.path().to_owned();
    let defaults = Plan::default();
    // Admission policies must know the namespace of what they judge.
    let namespace = json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"},
    });
    Plan {
        built_in: BuiltIn {
            pod_security: PodSecurity::default(),
            checks: false,
            ..defaults.built_in
        },
        change: Box::new(move |settings| {
            let world = Arc::new(LiveWorld::default());
            give(&world, &namespace);
            settings.world = Arc::clone(&world);
            settings.sources.push(PolicySource {
                paths: vec![path],
                extensions: Bundles::EXTENSIONS,
                loader: Arc::new(Bundles::new(world)),
            });
        }),
        ..defaults
    }
}

pub(crate) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_constraint_refuses_with_a_patch_that_it_admits() {
    let folder = folder(&[("template.yaml", TEMPLATE), ("constraint.yaml", CONSTRAINT)]);
    let mut house = house(&folder).await;
    let client = house.client();
    let refused = client
        .review("/validate?timeout=30s", &review(&pod(true)))
        .await;
    assert_eq!(refused["allowed"], false);
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("[NoPrivileged/everywhere] container app is privileged"),
        "{message}"
    );
    let (_, operations) = message.split_once("passes all policies: ").unwrap();
    let operations: Vec<Value> = serde_json::from_str(operations).unwrap();
    let admitted = client
        .review("/validate", &review(&apply(&pod(true), &operations)))
        .await;
    assert_eq!(admitted["allowed"], true, "{admitted}");
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_change_while_they_judge_and_a_broken_one_keeps_its_last_good_version() {
    let folder = folder(&[("template.yaml", TEMPLATE), ("constraint.yaml", CONSTRAINT)]);
    let mut house = house(&folder).await;
    let client = house.client();
    let allows = async || client.review("/validate", &review(&pod(true))).await["allowed"] == true;
    assert!(!allows().await);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "constraint.yaml",
        &CONSTRAINT.replace("Action: deny", "Action: warn"),
    );
    eventually("the constraint only warns", allows).await;
    write("constraint.yaml", CONSTRAINT);
    eventually("the constraint refuses", async || !allows().await).await;

    write(
        "template.yaml",
        &TEMPLATE.replace("container.securityContext", "container.(securityContext"),
    );
    eventually("the broken file is told", async || {
        house.metric("ringwall_policy_files_broken").await == 1
    })
    .await;
    assert!(!allows().await, "the last good version judges");
    let (status, text) = house.health("/status").await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("template.yaml"), "{text}");

    write("template.yaml", TEMPLATE);
    eventually("nothing is broken", async || {
        house.metric("ringwall_policy_files_broken").await == 0
    })
    .await;
    assert!(!allows().await);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_broken_policy_stops_no_other_of_its_file() {
    let broken = TEMPLATE
        .replace("noprivileged", "broken")
        .replace("NoPrivileged", "Broken")
        .replace("container.securityContext", "container.(securityContext");
    let all = [TEMPLATE, CONSTRAINT, &broken].join("---\n");
    let folder = folder(&[("first.yaml", "kind: None\n")]);
    let mut house = house(&folder).await;
    fs::write(folder.path().join("all.yaml"), all).unwrap();
    eventually("the broken file is told", async || {
        house.metric("ringwall_policy_files_broken").await == 1
    })
    .await;
    let refused = house
        .client()
        .review("/validate", &review(&pod(true)))
        .await;
    assert_eq!(refused["allowed"], false);
    house.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_with_policies_that_it_cannot_use() {
    let good = format!("{TEMPLATE}---\n{CONSTRAINT}");
    let broken = TEMPLATE.replace("container.securityContext", "container.(securityContext");
    let both = format!("{broken}---\n{CONSTRAINT}");
    let twice = format!("{both}---\nkind: [\n");
    for (files, expected) in [
        (&[("a.yaml", "kind: [\n")][..], &["a.yaml:1: "][..]),
        (&[("a.yaml", CONSTRAINT)], &["a.yaml:2: NoPrivileged"]),
        (&[("a.yaml", &both)], &["a.yaml:16: ConstraintTemplate"]),
        (
            &[
                ("good.yaml", &good),
                ("b.rego", "package b\ndeny[\"x\"] {\n"),
            ],
            &["b.rego:"],
        ),
        // All of them, also those of one file.
        (
            &[("a.yaml", &twice), ("b.yaml", "kind: [\n")],
            &["a.yaml:16: ", "a.yaml:3", "b.yaml:1: "],
        ),
    ] {
        let folder = folder(files);
        let Err(error) = start(plan(&folder)).await else {
            panic!("it starts with {files:?}");
        };
        let error = error.to_string();
        for told in expected {
            assert!(error.contains(told), "{told}: {error}");
        }
        assert!(!error.contains("good.yaml"), "{error}");
    }
    // A template without a constraint is one to look at, and no reason to judge nothing.
    let folder = folder(&[("a.yaml", TEMPLATE)]);
    house(&folder).await.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admission_policy_refuses_in_its_own_words() {
    let policy = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-privileged
spec:
  matchConstraints:
    resourceRules:
    - apiGroups: ['']
      apiVersions: [v1]
      operations: [CREATE]
      resources: [pods]
  validations:
  - expression: '!object.spec.containers.exists(c, has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged)'
    message: nothing runs privileged here
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: no-privileged
spec:
  policyName: no-privileged
  validationActions: [Deny]
";
    let folder = folder(&[("policy.yaml", policy)]);
    let mut house = house(&folder).await;
    let client = house.client();
    let refused = client.review("/validate", &review(&pod(true))).await;
    assert_eq!(refused["allowed"], false, "{refused}");
    // The default reason of a validation is Invalid.
    assert_eq!(refused["status"]["code"], 422);
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("nothing runs privileged here"),
        "{message}"
    );
    assert_eq!(
        client.review("/validate", &review(&pod(false))).await["allowed"],
        true
    );
    house.shut_down().await;
}

/// Takes long until it ends by its limit of steps.
const UNENDING: &str = r#"
      package unending
      n := numbers.range(1, 1000)
      violation[{"msg": "never"}] {
        n[_]; n[_]; n[_]; n[_]
        false
      }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_policy_ends_in_time_and_is_named_and_the_others_have_judged() {
    let (head, _) = TEMPLATE.split_once("\n      package").unwrap();
    let template = format!("{}{UNENDING}", head.replace("noprivileged", "unending"));
    // Together they would take several seconds to their limits.
    let endless: String = (0..12)
        .map(|number| {
            let constraint = CONSTRAINT.replace("NoPrivileged", "Unending");
            constraint.replace("everywhere", &format!("e{number}")) + "---\n"
        })
        .collect();
    let files = [
        ("a-template.yaml", TEMPLATE),
        ("a-constraint.yaml", CONSTRAINT),
        (
            "b-template.yaml",
            &template.replace("NoPrivileged", "Unending"),
        ),
        ("b-constraints.yaml", &endless),
    ];
    let folder = folder(&files);
    let mut house = house(&folder).await;
    let start = Instant::now();
    let refused = house
        .client()
        .review("/validate?timeout=1s", &review(&pod(true)))
        .await;
    assert!(start.elapsed() < Duration::from_secs(1));
    let message = refused["status"]["message"].as_str().unwrap();
    assert!(
        message.contains("[NoPrivileged/everywhere] container app is privileged"),
        "{message}"
    );
    let late = "not judged: the time for an answer is over";
    // One was at work when the time was over, and those behind it were not begun.
    let is_stopped = format!("{late} (unending.rego:");
    assert_eq!(message.matches(&is_stopped).count(), 1, "{message}");
    let is_last = format!("[Unending/e9] {late}");
    assert!(message.contains(&is_last), "{message}");
    assert_eq!(house.metric("ringwall_deadline_exceeded_total").await, 0);
    house.shut_down().await;
}
