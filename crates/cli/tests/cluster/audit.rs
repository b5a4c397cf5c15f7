//! Audit events that arrive, and the audit of everything in the background.

use std::fs;

use serde_json::Value;

use crate::{
    control_plane::{ControlPlane, Flags, programs, text, wait_for},
    installation::Installation,
    ringwall::argument,
};

#[test]
fn audit_events_arrive_in_the_record() {
    let Some(programs) = programs() else {
        return;
    };
    let installation = Installation::new("audit", &[]);
    let (output, record) = (argument(&installation.written()), installation.record());
    let ringwall = installation.serve(&[
        "--pod-security",
        "privileged",
        "--record",
        &argument(&record),
        "--client-ca",
        &format!("{output}/client-ca.crt"),
        "--require-client-certificate",
        "/audit",
    ]);
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
    plane.must(&["create", "configmap", "seen-by-audit", "--from-literal=a=b"]);
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
    let Some(programs) = programs() else {
        return;
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
    let installation = Installation::new("webhook", &[]);
    installation.policy("owned.yaml", POLICY);
    plane.must(&["create", "namespace", "shop"]);
    plane.must(&["label", "namespace", "shop", "audited=yes"]);
    plane.must(&[
        "-n",
        "shop",
        "create",
        "configmap",
        "bare",
        "--from-literal=a=b",
    ]);
    plane.must(&["create", "configmap", "elsewhere", "--from-literal=a=b"]);
    let ringwall = installation.audit(&argument(&plane.kubeconfig()));
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
    plane.must(&["-n", "shop", "label", "configmap", "bare", "owner=me"]);
    wait_for("the end of the report", || {
        let names = subjects("shop");
        (!names.contains(&"bare".to_owned()))
            .then_some(())
            .ok_or_else(|| format!("{names:?}"))
    });
    // Other labels of a namespace change what is judged in it.
    plane.must(&["label", "namespace", "default", "audited=yes"]);
    wait_for("a report on what a namespace's labels now select", || {
        let names = subjects("default");
        names
            .contains(&"elsewhere".to_owned())
            .then_some(())
            .ok_or_else(|| format!("{names:?}\n{}", ringwall.log()))
    });
}
