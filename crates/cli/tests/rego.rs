//! Rego in files of its own as policies among others: in scans and in the server's answers.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests may fail loudly"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

/// The exit code and the report of a scan.
fn scan(folder: &Path, arguments: &[&str]) -> (i32, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
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

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    }
    folder
}

fn list<'a>(report: &'a Value, name: &str) -> &'a Vec<Value> {
    report[name].as_array().expect(name)
}

/// Each finding of a policy: id, severity, status, `file:line`.
fn found(report: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let findings = list(report, "findings").iter();
    let mut found: Vec<_> = findings
        .filter(|finding| text(&finding["check"]).contains('/'))
        .map(|finding| {
            let place = &finding["location"];
            format!(
                "{} {} {} {}:{}",
                text(&finding["check"]),
                text(&finding["severity"]),
                text(&finding["status"]),
                text(&place["file"]),
                place["line"],
            )
        })
        .collect();
    found.sort();
    found
}

/// The id, the file and the reason of all that was not assessed.
fn missing(report: &Value) -> Vec<String> {
    let items = list(report, "not_assessed").iter();
    items
        .map(|item| {
            let file = item["subject"]["file"].as_str().unwrap_or("-");
            format!(
                "{} {file} {}",
                item["id"].as_str().expect("an id"),
                item["reason"].as_str().expect("a reason")
            )
        })
        .collect()
}

const KUBERNETES: &str = r#"package kubernetes
import data.lib.workload
import rego.v1

deny_replicas contains msg if {
	workload.is_deployment(input)
	input.spec.replicas > data.limits.replicas
	msg := sprintf("%s has %d replicas", [input.metadata.name, input.spec.replicas])
}

warn contains {"msg": "no owner", "team": "unknown"} if {
	workload.is_deployment(input)
	not input.metadata.labels.owner
}

exception contains ["replicas"] if input.metadata.name == "batch"
"#;

const LIBRARY: &str = r#"package lib.workload
import rego.v1
is_deployment(object) if object.kind == "Deployment"
"#;

const MAIN: &str = r#"package main

deny[msg] {
	input[i].Cmd == "user"
	input[i].Value[0] == "root"
	msg = "runs as root"
}

deny[{"msg": msg, "_loc": {"line": 2}}] {
	input.database.debug
	msg = "debugs"
}

violation[msg] {
	input.resource.aws_s3_bucket[name][_].acl == "public-read"
	msg = sprintf("bucket %s is public", [name])
}
"#;

const TESTS: &str = r#"package kubernetes
import rego.v1
test_replicas if count(deny_replicas) == 1 with input as mock
mock := {"kind": "Deployment", "metadata": {"name": "a"}, "spec": {"replicas": 9}}
"#;

fn deployment(name: &str, replicas: usize) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\n  labels: {{app: {name}}}\nspec:\n  replicas: {replicas}\n"
    )
}

fn shop() -> tempfile::TempDir {
    let items = [deployment("one", 9), deployment("two", 1)]
        .map(|item| format!("- {}", item.trim_end().replace('\n', "\n  ")));
    folder(&[
        ("policy/kubernetes.rego", KUBERNETES),
        ("policy/kubernetes_test.rego", TESTS),
        ("policy/lib/workload.rego", LIBRARY),
        ("policy/main.rego", MAIN),
        ("data/limits.yaml", "limits: {replicas: 3}\n"),
        (
            "app/web.yaml",
            &format!("{}---\n{}", deployment("web", 9), deployment("batch", 50)),
        ),
        (
            "app/list.yaml",
            &format!("apiVersion: v1\nkind: List\nitems:\n{}\n", items.join("\n")),
        ),
        (
            "app/Dockerfile",
            &format!(
                "# base\nFROM debian:12@sha256:{}\nRUN a\nUSER root\n",
                "0".repeat(64)
            ),
        ),
        ("app/app.toml", "[database]\ndebug = true\n"),
        (
            "app/infra.hcl",
            "# buckets\nresource \"aws_s3_bucket\" \"logs\" {\n  acl = \"public-read\"\n}\n",
        ),
    ])
}

#[test]
fn every_file_that_conftest_would_read_is_judged_with_its_place() {
    let shop = shop();
    let (code, report) = scan(
        shop.path(),
        &["--policy", "policy", "--data", "data", "app"],
    );
    assert_eq!(
        found(&report),
        [
            "kubernetes/deny_replicas high accepted app/web.yaml:15",
            "kubernetes/deny_replicas high fail app/list.yaml:10",
            "kubernetes/deny_replicas high fail app/web.yaml:7",
            "kubernetes/warn medium fail app/list.yaml:15",
            "kubernetes/warn medium fail app/list.yaml:8",
            "kubernetes/warn medium fail app/web.yaml:13",
            "kubernetes/warn medium fail app/web.yaml:5",
            "main/deny high fail app/Dockerfile:4",
            "main/deny high fail app/app.toml:2",
            "main/violation high fail app/infra.hcl:1",
        ]
    );
    assert_eq!(missing(&report), [""; 0]);
    assert_eq!(code, 1);
    let finding = list(&report, "findings")
        .iter()
        .find(|one| one["check"] == "kubernetes/deny_replicas" && one["status"] == "accepted")
        .expect("the exception");
    assert_eq!(finding["message"], "batch has 50 replicas");
    assert_eq!(finding["subject"]["kind"], "Deployment");
    assert_eq!(finding["subject"]["name"], "batch");
}

#[test]
fn packages_and_rules_are_chosen() {
    let shop = shop();
    let check = |arguments: &[&str], expected: &[&str]| {
        let all: Vec<_> = ["--policy", "policy", "--data", "data", "app"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let (_, report) = scan(shop.path(), &all);
        let mut ids: Vec<_> = found(&report)
            .iter()
            .filter_map(|line| line.split(' ').next().map(str::to_owned))
            .collect();
        ids.dedup();
        assert_eq!(ids, expected, "{arguments:?}");
    };
    check(
        &["--rego-namespace", "main"],
        &["main/deny", "main/violation"],
    );
    check(
        &["--skip", "main/deny,kubernetes/warn"],
        &["kubernetes/deny_replicas", "main/violation"],
    );
    check(&["--only", "main/violation"], &["main/violation"]);
    let (code, report) = scan(
        shop.path(),
        &[
            "--policy",
            "policy",
            "--rego-namespace",
            "mian",
            "app/app.toml",
        ],
    );
    assert!(
        missing(&report)
            .iter()
            .any(|line| line.contains("package mian: is asked for")),
        "{report}"
    );
    assert_eq!(code, 3);
}

#[test]
fn what_cannot_judge_is_told_and_stops_no_other() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        let mut all = vec![
            ("policy/main.rego", MAIN),
            ("app/app.toml", "[database]\ndebug = true\n"),
        ];
        all.extend(files);
        let folder = folder(&all);
        let (code, report) = scan(folder.path(), &["--policy", "policy", "app"]);
        let missing = missing(&report);
        assert_eq!(missing.len(), expected.len(), "{files:?}: {missing:?}");
        for (line, words) in missing.iter().zip(expected) {
            for word in words.split(" | ") {
                assert!(line.contains(word), "{line}: {word}");
            }
        }
        let lines = found(&report);
        let is_judged = lines.contains(&"main/deny high fail app/app.toml:2".to_owned());
        assert!(is_judged, "{lines:?}");
        assert_eq!(code, 1);
    };
    check(&[], &[]);
    // A library that is broken takes those along that would say nothing without it.
    check(
        &[
            (
                "policy/lib.rego",
                "package lib\nimport rego.v1\nallowed if {\n",
            ),
            (
                "policy/uses.rego",
                "package uses\nimport data.lib\ndeny[\"x\"] { lib.allowed }\n",
            ),
        ],
        &[
            "unusable-policy policy/lib.rego | rego_parse_error",
            "unusable-policy policy/uses.rego | depends on policy/lib.rego, which cannot be used",
        ],
    );
    check(
        &[(
            "policy/other.rego",
            "package other\ndeny[msg] { msg = nothing(input) }\n",
        )],
        &["unusable-policy policy/other.rego | undefined function nothing"],
    );
    check(
        &[(
            "policy/other.rego",
            "package other\ndeny[msg] { http.send({\"url\": input.a}, msg) }\n",
        )],
        &["unusable-policy policy/other.rego | http.send"],
    );
    check(
        &[("policy/idle.rego", "package idle\nallow { input.a }\n")],
        &["unusable-policy policy/idle.rego | judges nothing"],
    );
    check(
        &[(
            "policy/gatekeeper.rego",
            "package labels\nviolation[{\"msg\": \"x\"}] { not input.review.object.metadata.labels[input.parameters.label] }\n",
        )],
        &["unusable-policy policy/gatekeeper.rego | is written for Gatekeeper"],
    );
    check(
        &[(
            "policy/combined.rego",
            "package combined\ndeny[\"x\"] { input[i].contents.a == input[j].contents.a; input[i].path != input[j].path }\n",
        )],
        &["unusable-policy policy/combined.rego | judges only with `-o conftest --combine`"],
    );
    check(
        &[(
            "policy/combined.rego",
            "package combined\nimport rego.v1\ndeny contains \"x\" if { some f in input; f.contents.kind == \"Pod\" }\n",
        )],
        &["unusable-policy policy/combined.rego | judges only with `-o conftest --combine`"],
    );
    check(
        &[(
            "policy/admission.rego",
            "package kubernetes.admission\ndeny[\"x\"] { input.request.kind.kind == \"Pod\"; input.kind == \"AdmissionReview\" }\n",
        )],
        &["unusable-policy policy/admission.rego | is written for OPA as a webhook"],
    );
    check(
        &[
            (
                "policy/review.rego",
                "package review\nname = input.review.object.metadata.name\n",
            ),
            (
                "policy/uses.rego",
                "package uses\nimport data.review\ndeny[\"x\"] { review.name == \"a\" }\n",
            ),
        ],
        &["unusable-policy policy/uses.rego | is written for Gatekeeper"],
    );
    check(
        &[(
            "policy/object.rego",
            "package object\nimport rego.v1\ndeny[id] := \"x\" if { id := input.a }\n",
        )],
        &["unusable-policy policy/object.rego | more stands behind the name"],
    );
    // One whose form is not asked, beside one that is; the second of them is asked by a rule that is.
    check(
        &[(
            "policy/two.rego",
            "package two\nimport rego.v1\ndeny contains \"x\" if input.a\ndeny_id[id] := \"x\" if { id := input.a }\ndeny_used[id] := \"x\" if { id := input.a }\nwarn contains deny_used[_]\n",
        )],
        &["unusable-policy policy/two.rego | deny_id judges nothing"],
    );
    check(
        &[(
            "policy/with.rego",
            "package limits\nimport rego.v1\nlow if input.a < data.most.a\ndeny contains \"x\" if { low with data.most as {\"a\": 1} }\n",
        )],
        &[],
    );
    check(
        &[(
            "policy/data.rego",
            "package limits\ndeny[\"x\"] { input.a > data.limits.a }\n",
        )],
        &["unusable-policy policy/data.rego | refers to data.limits"],
    );
    check(
        &[(
            "policy/odd.rego",
            "package odd\ndeny = true { input.database }\nwarn[{\"msg\": 1}] { input.database }\nwarn_empty[\"\"] { input.database }\n",
        )],
        &[
            "failed-policy app/app.toml | odd/deny: the rule gives a value of type boolean",
            "failed-policy app/app.toml | odd/warn: an object without a text `msg`: {\"msg\":1}",
            "failed-policy app/app.toml | odd/warn_empty: an empty message",
        ],
    );
    check(
        &[
            ("app/broken.json", "{\"a\": 1,}\n"),
            ("app/Jenkinsfile", "node {}\n"),
        ],
        &[
            "unparsable-file app/Jenkinsfile | groovy files are not supported",
            "unparsable-file app/broken.json | cannot be asked about it",
        ],
    );
    check(
        &[(
            "policy/main_test.rego",
            "package main\nimport rego.v1\ntest_a if {\n",
        )],
        &["unusable-policy policy/main_test.rego | rego_parse_error"],
    );
}

#[test]
fn code_that_stands_in_a_template_beside_it_is_judged_there() {
    let code = "package noroot\n\nviolation[{\"msg\": \"root\"}] {\n  input.review.object.spec.hostPID\n}\n";
    let indented = format!("      {}\n", code.trim_end().replace('\n', "\n      "));
    let template = format!(
        "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {{name: noroot}}\nspec:\n  crd: {{spec: {{names: {{kind: NoRoot}}}}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    rego: |\n{indented}---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: NoRoot\nmetadata: {{name: all}}\n"
    );
    let folder = folder(&[
        ("policy/src.rego", code),
        ("policy/template.yaml", &template),
        (
            "app/pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {hostPID: true, containers: []}\n",
        ),
    ]);
    let (_, report) = scan(folder.path(), &["--policy", "policy", "app"]);
    assert_eq!(found(&report), ["all/violation high fail app/pod.yaml:4"]);
    assert_eq!(missing(&report), [""; 0]);
}

#[test]
fn exceptions_of_ours_cover_findings_of_rego() {
    let folder = folder(&[
        ("policy/main.rego", MAIN),
        (
            "app/Dockerfile",
            "FROM debian:12\n# ringwall: ignore[main/deny] reason=\"build only\"\nUSER root\n",
        ),
        ("app/app.toml", "[database]\ndebug = true\n"),
        (
            "app/ringwall.toml",
            "[[exceptions]]\nchecks = [\"main/deny\"]\npaths = [\"app.toml\"]\nreason = \"a test\"\n",
        ),
    ]);
    let (_, report) = scan(folder.path(), &["--policy", "policy", "app"]);
    assert_eq!(
        found(&report),
        [
            "main/deny high accepted app/Dockerfile:3",
            "main/deny high accepted app/app.toml:2",
        ]
    );
}

#[test]
fn flags_that_would_change_nothing_are_refused() {
    let folder = folder(&[("policy/main.rego", MAIN), ("a.toml", "a = 1\n")]);
    let policy = ["--policy", "policy"];
    for (policy, flag, expected) in [
        (&policy[..], &["--combine"][..], "with -o conftest"),
        (&policy, &["--fail-on-warn"], "with -o conftest"),
        (&policy, &["--parser", "yaml"], "with -o conftest"),
        (
            &policy,
            &["--pod-security", "baseline"],
            "leave out --policy",
        ),
        (&[], &["--data", "policy"], "with --policy"),
        (&[], &["--rego-namespace", "main"], "with --policy"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
            .env_remove("RINGWALL_DB")
            .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
            .args(["scan", "a.toml"])
            .args(policy)
            .args(flag)
            .current_dir(folder.path())
            .output()
            .expect("ringwall runs");
        assert_eq!(output.status.code(), Some(2), "{flag:?}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(
            error.contains(flag[0]) && error.contains(expected),
            "{error}"
        );
    }
}

#[test]
fn a_file_that_is_named_and_holds_objects_is_judged_whatever_its_name_is() {
    let rego =
        "package main\nimport rego.v1\ndeny contains \"no\" if input.kind == \"Deployment\"\n";
    let app = deployment("web", 1);
    let of = |name: &str| {
        let folder = folder(&[("policies/a.rego", rego), (name, &app)]);
        let (_, report) = scan(folder.path(), &["--policy", "policies", name]);
        found(&report).join(" ").replace(name, "NAME")
    };
    let expected = of("pod.yaml");
    assert!(
        expected.starts_with("main/deny high fail NAME:"),
        "{expected}"
    );
    for name in [
        "pod",
        "pod.manifest",
        "pod.txt",
        "pod.yaml.tpl",
        "pod.yml.bak",
    ] {
        assert_eq!(of(name), expected, "{name}");
    }
    let folder = folder(&[
        ("policies/a.rego", rego),
        ("note.txt", "Deployment: soon\n"),
    ]);
    let (_, report) = scan(folder.path(), &["--policy", "policies", "note.txt"]);
    assert_eq!(found(&report), [""; 0]);
    assert_eq!(missing(&report), [""; 0]);
}

#[test]
fn configuration_that_is_named_and_has_no_parser_is_told() {
    let rego = "package main\nimport rego.v1\ndeny contains \"no\" if input.a\n";
    for name in ["x.jsonl", "x.json5", "x.tfstate", "x.CFG"] {
        let folder = folder(&[
            ("policies/a.rego", rego),
            ("app/b.json", "{\"a\": 1}"),
            (&format!("app/{name}"), "{\"a\": 1}\n"),
        ]);
        let of = |path: &str| {
            let (_, report) = scan(folder.path(), &["--policy", "policies", path]);
            missing(&report)
        };
        let told = of(&format!("app/{name}"));
        assert!(
            told.iter().any(|it| it.contains("unparsable-file")),
            "{name}: {told:?}"
        );
        // In a folder there may be anything.
        assert_eq!(of("app"), [""; 0], "{name}");
    }
}

#[test]
fn capitals_in_the_end_of_a_name_make_no_difference() {
    let rego = "package main\nimport rego.v1\ndeny contains \"no\" if input.a\n";
    let folder = folder(&[("policies/a.REGO", rego), ("b.JSON", "{\"a\": 1}")]);
    let (_, report) = scan(folder.path(), &["--policy", "policies", "b.JSON"]);
    assert_eq!(missing(&report), [""; 0]);
    assert_eq!(found(&report).len(), 1, "{report}");
}
