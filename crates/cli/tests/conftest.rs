//! Every example of conftest's that can be run gives conftest's result; what is expected is what conftest 0.71.1 prints.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: ../shared/{name} is not here");
    None
}

fn ringwall(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("ringwall runs")
}

/// Exit code, then successes, failures, warnings and exceptions of all files.
type Totals = (i32, [usize; 5]);

fn totals(output: &Output) -> Totals {
    let text = String::from_utf8_lossy(&output.stdout);
    let results: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
        let error = String::from_utf8_lossy(&output.stderr);
        unreachable!("no JSON: {text}{error}")
    });
    let results = results.as_array().expect("an array");
    let count = |field: &str| -> usize {
        let lists = results.iter().filter_map(|result| result[field].as_array());
        lists.map(Vec::len).sum()
    };
    let successes = results
        .iter()
        .filter_map(|result| result["successes"].as_u64())
        .sum::<u64>();
    let successes = usize::try_from(successes).expect("few");
    (
        output.status.code().expect("an exit code"),
        [
            results.len(),
            successes,
            count("failures"),
            count("warnings"),
            count("exceptions"),
        ],
    )
}

#[test]
fn the_examples_of_conftest_give_its_results() {
    let Some(examples) = shared("conftest") else {
        return;
    };
    let check = |folder: &str, arguments: &[&str], expected: Totals| {
        let all: Vec<_> = ["scan", "-o", "conftest"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let output = ringwall(&examples.join(folder), &all);
        assert_eq!(totals(&output), expected, "{folder} {arguments:?}");
    };
    check(
        "combine",
        &[
            "--policy",
            "policy",
            "--combine",
            "team.yaml",
            "user1.yaml",
            "user2.yaml",
            "users.yaml",
        ],
        (1, [1, 1, 1, 0, 0]),
    );
    check("configfile", &["deployment.yaml"], (1, [1, 1, 1, 0, 0]));
    check(
        "cyclonedx",
        &["--policy", "policy", "cyclonedx.json"],
        (0, [1, 1, 0, 0, 0]),
    );
    check(
        "cyclonedx",
        &[
            "--policy",
            "policy",
            "--parser",
            "cyclonedx",
            "cyclonedx.xml",
        ],
        (0, [1, 1, 0, 0, 0]),
    );
    check(
        "data",
        &["--policy", "policy", "--data", "exclusions", "service.yaml"],
        (1, [1, 0, 1, 0, 0]),
    );
    check(
        "docker",
        &["--policy", "policy", "--all-rego-namespaces", "Dockerfile"],
        (1, [2, 0, 2, 0, 0]),
    );
    check(
        "docker",
        &[
            "--policy",
            "policy",
            "--rego-namespace",
            "commands",
            "Dockerfile",
        ],
        (1, [1, 0, 1, 0, 0]),
    );
    check(
        "dotenv",
        &["--policy", "policy", "sample.env"],
        (0, [1, 2, 0, 0, 0]),
    );
    check(
        "exceptions",
        &["--policy", "policy", "deployments.yaml"],
        (1, [1, 0, 1, 0, 1]),
    );
    check(
        "hcl1",
        &[
            "--policy",
            "policy",
            "--all-rego-namespaces",
            "gke-show.json",
        ],
        (1, [2, 1, 2, 0, 0]),
    );
    check(
        "hcl2",
        &["--policy", "policy", "terraform.tf"],
        (1, [1, 0, 6, 0, 0]),
    );
    check(
        "kubernetes",
        &[
            "--policy",
            "policy",
            "--all-rego-namespaces",
            "deployment.yaml",
            "service.yaml",
            "deployment+service.yaml",
        ],
        (1, [6, 10, 8, 2, 0]),
    );
    check(
        "kubernetes",
        &["--policy", "policy", "--fail-on-warn", "service.yaml"],
        (1, [1, 4, 0, 1, 0]),
    );
    check(
        "kustomize",
        &["--policy", "policy", "."],
        (1, [4, 9, 2, 1, 0]),
    );
    check(
        "properties",
        &["--policy", "policy", "sample.properties"],
        (0, [1, 2, 0, 0, 0]),
    );
    check("spdx", &["--policy", "policy", "."], (0, [1, 1, 0, 0, 0]));
}

#[test]
fn the_tests_that_policies_bring_pass() {
    let Some(examples) = shared("conftest") else {
        return;
    };
    for (folder, passed) in [("dotenv", 4), ("hcl2", 5), ("kubernetes", 4)] {
        let output = ringwall(&examples.join(folder), &["policy", "test", "policy"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.ends_with(&format!("\n{passed} passed, 0 failed, 0 skipped\n")),
            "{folder}: {text}"
        );
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn the_suites_of_the_gatekeeper_library_pass() {
    let Some(library) = shared("gatekeeper-library") else {
        return;
    };
    let output = ringwall(&library, &["policy", "test", "."]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.ends_with("\n183 passed, 0 failed, 0 skipped\n"),
        "{text}"
    );
}

#[test]
fn a_policy_in_rego_that_cannot_be_used_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("policy")).expect("a folder");
    std::fs::write(
        folder.path().join("policy/a.rego"),
        "package main\n\ndeny contains msg if {\n  msg := nothing(input)\n}\n",
    )
    .expect("the policy");
    std::fs::write(folder.path().join("a.yaml"), "a: 1\n").expect("the file");
    let output = ringwall(folder.path(), &["scan", "-o", "conftest", "a.yaml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("policy/a.rego:4:"), "{error}");
    assert!(error.contains("undefined function nothing"), "{error}");
    assert_eq!(output.status.code(), Some(2));
}
