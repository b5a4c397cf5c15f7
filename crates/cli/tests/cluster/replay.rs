//! The log of a real API server, replayed: what its own policies decided is decided again.

use std::{collections::BTreeSet, fs, process::Stdio};

use serde_json::{Value, json};

use crate::{
    control_plane::{ControlPlane, Flags, programs, text, wait_for},
    ringwall::{argument, command, write},
};

const AUDIT: &str = "apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  resources: [{group: '', resources: [secrets]}]
- level: RequestResponse
";

const UNPRIVILEGED: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: unprivileged}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [pods]}
  validations:
  - expression: object.spec.containers.all(c, !(c.?securityContext.privileged.orValue(false)))
    message: a container is privileged
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: everywhere}
spec: {policyName: unprivileged, validationActions: [Deny]}
";

/// A policy that nobody has yet.
const OWNED: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: owned}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [pods]}
  validations:
  - {expression: 'has(object.metadata.labels) && has(object.metadata.labels.owner)', message: no owner}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: owned}
spec: {policyName: owned, validationActions: [Deny]}
";

fn pod(name: &str, privileged: bool, owner: &str) -> String {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "labels": if owner.is_empty() { json!({}) } else { json!({"owner": owner}) }},
        "spec": {"containers": [{"name": "a", "image": "registry.example/a:1", "securityContext": {"privileged": privileged}}]},
    })
    .to_string()
}

/// Replays the log by policies; the report.
fn replayed(folder: &std::path::Path, policies: &str) -> Value {
    let output = command(&[
        "replay",
        "-o",
        "json",
        "--exit-zero",
        "--as-of",
        "2026-11-27",
    ])
    .args(["--policy", &argument(&folder.join(policies))])
    .arg(folder.join("log"))
    .stderr(Stdio::inherit())
    .output()
    .expect("ringwall runs");
    serde_json::from_slice(&output.stdout).expect("a report")
}

/// Names of workloads with a count above zero.
fn names(report: &Value, count: &str) -> BTreeSet<String> {
    let workloads = report["workloads"].as_array().expect("workloads").iter();
    workloads
        .filter(|workload| workload[count].as_u64() > Some(0))
        .map(|workload| workload["name"].as_str().expect("a name").to_owned())
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[test]
fn what_an_api_server_decided_and_logged_is_decided_again() {
    let Some(programs) = programs() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let policy = write(folder.path(), "audit-policy.yaml", AUDIT);
    fs::create_dir(folder.path().join("log")).expect("a folder");
    let log = folder.path().join("log/audit.log");
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![
                format!("--audit-policy-file={}", argument(&policy)),
                format!("--audit-log-path={}", argument(&log)),
                "--audit-log-mode=blocking-strict".to_owned(),
            ],
            admission_plugins: Vec::new(),
        },
    );
    plane
        .apply("policy.yaml", UNPRIVILEGED)
        .expect("the policy");
    // Those that are admitted before the policy is in force are of this name.
    let client = plane.client();
    let probe: Value = serde_json::from_str(&pod("probe", true, "shop")).expect("a pod");
    wait_for("the policy", || {
        let answer = client.create_pod("default", &probe);
        if answer.is_allowed {
            return Err("it is not in force".to_owned());
        }
        Ok(())
    });
    plane.apply("a", &pod("web", false, "")).expect("admitted");
    plane
        .apply("b", &pod("owned", false, "shop"))
        .expect("admitted");
    let refused = plane.apply("c", &pod("root", true, "shop"));
    assert!(
        refused
            .expect_err("refused")
            .contains("a container is privileged")
    );
    // Again, which fails and is no refusal.
    assert!(plane.apply("d", &pod("web", false, "")).is_err());
    let applied = write(folder.path(), "pod.json", &pod("applied", false, ""));
    let applied = argument(&applied);
    for words in [
        &["apply", "--server-side", "-f", applied.as_str()][..],
        &["label", "pod", "web", "tier=front"],
        &["create", "secret", "generic", "s", "--from-literal=a=b"],
        &["delete", "pod", "owned", "--now", "--wait=false"],
        &["get", "pods"],
    ] {
        let answer = plane.kubectl(words);
        assert!(
            answer.status.success(),
            "{words:?}: {}",
            text(&answer.stderr)
        );
    }

    write(&folder.path().join("same"), "p.yaml", UNPRIVILEGED);
    let report = replayed(folder.path(), "same");
    let summary = &report["summary"];
    println!("{summary}");
    // Pods that came before the policy was in force, and nothing else, fare otherwise.
    let early = names(&report, "newly_denied");
    assert!(early.is_subset(&set(&["probe"])), "{early:?}");
    assert_eq!(summary["newly_allowed"], 0, "{summary}");
    let denied = summary["before"]["denied"].as_u64().expect("a count");
    let newly = summary["newly_denied"].as_u64().expect("a count");
    assert!(
        denied >= 2,
        "the probe and the pod that was refused: {summary}"
    );
    assert_eq!(summary["now"]["denied"], denied + newly, "{summary}");
    assert_eq!(names(&report, "denied"), set(&["probe", "root"]));
    assert!(summary["before"]["failed"].as_u64() > Some(0), "{summary}");
    assert!(summary["skipped"]["reads"].as_u64() > Some(0), "{summary}");
    // The Secret was logged without its data.
    let unseen = report["not_assessed"].as_array().expect("a list");
    let is_told = unseen.iter().any(|note| {
        note["id"] == "event-without-object"
            && note["reason"] == "level Metadata of secrets holds no object"
    });
    assert!(is_told, "{unseen:?}");
    let others: Vec<_> = unseen
        .iter()
        .filter(|note| note["id"] != "event-without-object")
        .collect();
    assert!(others.is_empty(), "{others:?}");

    write(&folder.path().join("new"), "p.yaml", OWNED);
    let report = replayed(folder.path(), "new");
    assert_eq!(
        names(&report, "newly_denied"),
        set(&["web", "applied"]),
        "{report}"
    );
    assert_eq!(
        names(&report, "newly_allowed"),
        set(&["probe", "root"]),
        "{report}"
    );
}
