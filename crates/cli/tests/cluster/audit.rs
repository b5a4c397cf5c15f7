//! Audit events that arrive, and the audit of everything in the background.

use std::{fs, path::Path};

use serde_json::Value;

use crate::{
    control_plane::{ControlPlane, Flags, free_port, programs, text, wait_for},
    ringwall::{Ringwall, argument, run, write},
};

#[test]
fn audit_events_arrive_in_the_record() {
    let programs = match programs() {
        Ok(programs) => programs,
        Err(reason) => {
            println!("skipped: {reason}");
            return;
        }
    };
    let folder = tempfile::tempdir().expect("a folder");
    let port = free_port();
    let output = argument(&folder.path().join("audit"));
    run(&[
        "setup",
        "audit",
        "--output",
        &output,
        "--host-dir",
        &output,
        "--server",
        &format!("127.0.0.1:{port}"),
    ]);
    let record = folder.path().join("record.jsonl");
    let client_ca = format!("{output}/client-ca.crt");
    let ringwall = Ringwall::serve(
        port,
        Path::new(&output),
        &[
            "--pod-security",
            "privileged",
            "--record",
            &argument(&record),
            "--client-ca",
            &client_ca,
            "--require-client-certificate",
            "/audit",
        ],
    );
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![
                format!("--audit-policy-file={output}/audit-policy.yaml"),
                format!("--audit-webhook-config-file={output}/kubeconfig.yaml"),
                "--audit-webhook-batch-max-wait=1s".to_owned(),
            ],
            admission_plugins: Vec::new(),
        },
    );
    let made = plane.kubectl(&["create", "configmap", "seen-by-audit", "--from-literal=a=b"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    wait_for("the event of a ConfigMap", || {
        let lines = fs::read_to_string(&record).map_err(|error| error.to_string())?;
        let is_there = lines
            .lines()
            .any(|line| line.contains("seen-by-audit") && line.contains("auditID"));
        is_there
            .then_some(())
            .ok_or_else(|| format!("{} lines; {}", lines.lines().count(), ringwall.log()))
    });
}

/// The definitions of reports.
pub(crate) const REPORTS: &str = include_str!("reports_crd.yaml");

const POLICY: &str = r"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: owned}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [''], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
  - {expression: 'has(object.metadata.labels) && has(object.metadata.labels.owner)', message: no owner}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: shop}
spec:
  policyName: owned
  validationActions: [Deny]
  matchResources: {namespaceSelector: {matchLabels: {audited: 'yes'}}}
";

#[test]
fn everything_is_judged_in_the_background_and_reported() {
    let programs = match programs() {
        Ok(programs) => programs,
        Err(reason) => {
            println!("skipped: {reason}");
            return;
        }
    };
    let plane = ControlPlane::start(&programs, &Flags::default());
    plane
        .apply("reports.yaml", REPORTS)
        .expect("the definitions of reports");
    wait_for("the definitions of reports", || {
        let answer = plane.kubectl(&["get", "reports.openreports.io", "-A"]);
        answer
            .status
            .success()
            .then_some(())
            .ok_or_else(|| text(&answer.stderr))
    });
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("policies"), "owned.yaml", POLICY);
    let output = argument(&folder.path().join("webhook"));
    let port = free_port();
    run(&[
        "setup",
        "webhook",
        "--output",
        &output,
        "--server",
        &format!("127.0.0.1:{port}"),
    ]);
    let must = |arguments: &[&str]| {
        let answer = plane.kubectl(arguments);
        assert!(
            answer.status.success(),
            "{arguments:?}: {}",
            text(&answer.stderr)
        );
    };
    must(&["create", "namespace", "shop"]);
    must(&["label", "namespace", "shop", "audited=yes"]);
    must(&[
        "-n",
        "shop",
        "create",
        "configmap",
        "bare",
        "--from-literal=a=b",
    ]);
    must(&["create", "configmap", "elsewhere", "--from-literal=a=b"]);
    let ringwall = Ringwall::serve(
        port,
        Path::new(&output),
        &[
            "--policy",
            &argument(&folder.path().join("policies")),
            "--audit",
            "--kubeconfig",
            &argument(&plane.kubeconfig()),
        ],
    );
    let reports = |namespace: &str| -> Vec<Value> {
        let answer = plane.kubectl(&[
            "-n",
            namespace,
            "get",
            "reports.openreports.io",
            "-o",
            "json",
        ]);
        let list: Value = serde_json::from_slice(&answer.stdout).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    };
    let subjects = |namespace: &str| {
        let of = |report: &Value| report["scope"]["name"].as_str().unwrap_or("").to_owned();
        let mut names: Vec<_> = reports(namespace).iter().map(of).collect();
        names.sort();
        names
    };
    wait_for("the report on a ConfigMap without an owner", || {
        let names = subjects("shop");
        names
            .contains(&"bare".to_owned())
            .then_some(())
            .ok_or_else(|| format!("{names:?}\n{}", ringwall.log()))
    });
    let report = reports("shop")
        .into_iter()
        .find(|report| report["scope"]["name"] == "bare")
        .expect("it is there");
    assert_eq!(report["results"][0]["policy"], "owned");
    assert_eq!(report["results"][0]["message"], "no owner");
    assert_eq!(report["summary"]["fail"], 1);
    // Nothing is said of a namespace that the binding does not select.
    assert_eq!(subjects("default"), Vec::<String>::new());

    // A change mends it, and the report goes.
    must(&["-n", "shop", "label", "configmap", "bare", "owner=me"]);
    wait_for("the end of the report", || {
        let names = subjects("shop");
        (!names.contains(&"bare".to_owned()))
            .then_some(())
            .ok_or_else(|| format!("{names:?}"))
    });
    // Other labels of a namespace change what is judged in it.
    must(&["label", "namespace", "default", "audited=yes"]);
    wait_for("a report on what a namespace's labels now select", || {
        let names = subjects("default");
        names
            .contains(&"elsewhere".to_owned())
            .then_some(())
            .ok_or_else(|| format!("{names:?}\n{}", ringwall.log()))
    });
}
