//! `ringwall scan --policy`: what users' own policies say of manifests.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly, and say why they skip"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn scan(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .env_remove("RINGWALL_DB")
        .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(["scan", "-o", "json"])
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("ringwall runs");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        unreachable!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code().expect("an exit code"), report)
}

/// Check, object and line of each finding of a policy.
fn of_policies(report: &Value) -> Vec<(String, String, u64)> {
    let findings = report["findings"].as_array().expect("findings");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    findings
        .iter()
        .filter(|finding| text(&finding["check"]).contains('/'))
        .map(|finding| {
            (
                text(&finding["check"]),
                text(&finding["subject"]["name"]),
                finding["location"]["line"].as_u64().expect("a line"),
            )
        })
        .collect()
}

#[test]
fn the_template_of_the_notes_denies_admits_and_denies() {
    let examples =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/examples/gatekeeper");
    if !examples.is_dir() {
        println!("skipped: ../shared/examples is not here");
        return;
    }
    let (code, report) = scan(
        &examples,
        &[
            "--policy",
            "template.yaml",
            "--policy",
            "constraint.yaml",
            "pods.yaml",
        ],
    );
    let id = "pod-trusted-images/violation".to_owned();
    assert_eq!(
        of_policies(&report),
        [
            (id.clone(), "short-name".to_owned(), 4),
            (id, "second".to_owned(), 16)
        ]
    );
    assert_eq!(code, 1);
    // As it was printed, the template has a tab where only spaces may stand.
    let (_, report) = scan(
        &examples,
        &["--policy", "template-as-printed.yaml", "pods.yaml"],
    );
    let missing = &report["not_assessed"][0];
    assert_eq!(missing["id"], "unusable-policy");
    assert_eq!(missing["location"]["line"], 14);
    let reason = missing["reason"].as_str().expect("a reason");
    assert!(reason.contains("tab in indentation"), "{reason}");
}

const POLICY: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - {expression: object.spec.replicas <= 3, message: too many}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: shop}
spec:
  policyName: replicas
  validationActions: [ACTION]
  matchResources: {namespaceSelector: {matchLabels: {env: prod}}}
";

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  # ringwall: ignore[replicas/validation] reason=\"load test\"
  replicas: 9
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: a, image: 'a:1'}]}}
";

const NAMESPACE: &str = "apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {env: prod}}
";

/// A folder with the policy, a Deployment and perhaps its namespace.
fn folder(action: &str, namespace: &str, deployment: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    };
    write("policies/replicas.yaml", &POLICY.replace("ACTION", action));
    write("app/web.yaml", deployment);
    if !namespace.is_empty() {
        write("app/namespace.yaml", namespace);
    }
    folder
}

#[test]
fn an_admission_policy_judges_a_scan_as_admission_would() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let in_scan = folder("Deny", NAMESPACE, &plain);
    let (code, report) = scan(in_scan.path(), &["--policy", "policies", "app"]);
    let found = of_policies(&report);
    assert_eq!(
        found,
        [("replicas/validation".to_owned(), "web".to_owned(), 3)]
    );
    assert_eq!(code, 1);
    let warned = folder("Warn", NAMESPACE, &plain);
    let (_, report) = scan(warned.path(), &["--policy", "policies", "app"]);
    let finding = report["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .find(|finding| finding["check"] == "replicas/validation");
    assert_eq!(finding.expect("a warning")["severity"], "medium");
}

#[test]
fn a_namespace_that_nobody_knows_is_not_assessed() {
    let alone = folder("Deny", "", DEPLOYMENT);
    let (_, report) = scan(alone.path(), &["--policy", "policies", "app"]);
    let missing = &report["not_assessed"][0];
    assert_eq!(missing["id"], "failed-policy");
    let reason = missing["reason"].as_str().expect("a reason");
    assert!(reason.contains("namespaces \"shop\" not found"), "{reason}");
}

#[test]
fn exceptions_cover_findings_of_policies() {
    let excused = folder("Deny", NAMESPACE, DEPLOYMENT);
    fs::write(
        excused.path().join("app/ringwall.toml"),
        "[[exceptions]]\nchecks = [\"replicas/validation\"]\nnames = [\"web\"]\nreason = \"load test\"\n",
    )
    .expect("the configuration");
    let (_, report) = scan(excused.path(), &["--policy", "policies", "app"]);
    let findings = report["findings"].as_array().expect("findings");
    let status = |check: &str| {
        let found = findings.iter().find(|finding| finding["check"] == check);
        found.map(|finding| finding["status"].clone())
    };
    assert_eq!(status("replicas/validation"), Some(Value::from("accepted")));
    assert_eq!(status("unknown-exception-id"), None);
}

#[test]
fn rego_that_a_scan_does_not_judge_is_told() {
    let with_rego = folder("Deny", NAMESPACE, DEPLOYMENT);
    fs::write(with_rego.path().join("policies/a.rego"), "package main\n").expect("the file");
    let (_, report) = scan(with_rego.path(), &["--policy", "policies", "app"]);
    let missing = report["not_assessed"].as_array().expect("a list");
    assert!(
        missing.iter().any(|item| item["id"] == "unusable-policy"
            && item["subject"]["file"]
                .as_str()
                .is_some_and(|file| file.ends_with("a.rego"))),
        "{missing:?}"
    );
}

#[test]
fn what_is_about_a_whole_object_is_reported_when_any_of_it_changed() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let repository = folder(
        "Deny",
        NAMESPACE,
        &plain.replace("replicas: 9", "replicas: 2"),
    );
    let git = |words: &[&str]| {
        Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(words)
            .current_dir(repository.path())
            .output()
            .is_ok_and(|output| output.status.success())
    };
    if !git(&["init", "-q"]) {
        println!("skipped: git is not here");
        return;
    }
    assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "a"]));
    fs::write(repository.path().join("app/web.yaml"), plain).expect("the file");
    let arguments = ["--policy", "policies", "--changed", "HEAD", "app"];
    let (code, report) = scan(repository.path(), &arguments);
    // It stands at the name of the object, three lines above what was changed.
    let expected = ("replicas/validation".to_owned(), "web".to_owned(), 3);
    assert_eq!(of_policies(&report), [expected]);
    assert_eq!(code, 1);
    assert!(git(&["commit", "-q", "-a", "-m", "b"]));
    let (code, report) = scan(repository.path(), &arguments);
    assert_eq!(of_policies(&report), []);
    assert_eq!(code, 0);
}

#[test]
fn policies_are_chosen_by_their_ids() {
    let plain = DEPLOYMENT.replace(
        "  # ringwall: ignore[replicas/validation] reason=\"load test\"\n",
        "",
    );
    let in_scan = folder("Deny", NAMESPACE, &plain);
    let count = |words: &[&str]| {
        let all: Vec<_> = ["--policy", "policies", "app"]
            .iter()
            .chain(words)
            .copied()
            .collect();
        of_policies(&scan(in_scan.path(), &all).1).len()
    };
    assert_eq!(count(&["--only", "replicas/validation"]), 1);
    assert_eq!(count(&["--skip", "replicas/validation"]), 0);
    assert_eq!(count(&["--only", "privileged-container"]), 0);
}
