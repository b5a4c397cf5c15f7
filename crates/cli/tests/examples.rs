//! The examples hold what their README says of them.
#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says so by failing"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples")
}

/// Exit code and report of a scan of a folder of the examples, without git's and the user's settings.
fn scan(folder: &str) -> (Option<i32>, Value) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .env_remove("RINGWALL_DB")
        .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(["scan", "--all-files", "-o", "json", "--as-of", "2026-11-21"])
        .arg(".")
        .current_dir(examples().join(folder))
        .output()
        .expect("the binary runs");
    let report = serde_json::from_slice(&output.stdout).expect("JSON");
    (output.status.code(), report)
}

/// Files in the tables of the README, below the heading of a folder.
fn described(folder: &str) -> BTreeSet<String> {
    let readme = fs::read_to_string(examples().join("README.md")).expect("text");
    let section = readme
        .split("\n## ")
        .find(|section| section.starts_with(&format!("{folder}:")))
        .expect("a section");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split('`').next())
        .map(str::to_owned)
        .collect()
}

fn files(folder: &Path, below: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, below, found);
        } else {
            let name = path.strip_prefix(below).expect("inside").to_string_lossy();
            found.insert(name.replace('\\', "/"));
        }
    }
}

#[test]
fn every_example_is_described() {
    for folder in ["shop", "hardened"] {
        let mut there = BTreeSet::new();
        let below = examples().join(folder);
        files(&below, &below, &mut there);
        // Its own file: what the image build leaves out.
        there.retain(|name| !name.ends_with(".dockerignore"));
        assert_eq!(described(folder), there, "{folder}");
    }
}

#[test]
fn every_file_of_the_shop_has_a_flaw() {
    let (code, report) = scan("shop");
    assert_eq!(code, Some(1));
    let findings = report["findings"].as_array().expect("a list");
    for file in described("shop") {
        let has = findings
            .iter()
            .any(|finding| finding["location"]["file"] == file.as_str());
        assert!(has, "nothing was found in {file}");
    }
    assert_eq!(report["not_assessed"], serde_json::json!([]));
}

#[test]
fn the_hardened_service_has_no_flaw_at_medium_or_above() {
    let (code, report) = scan("hardened");
    assert_eq!(code, Some(0));
    let fail = &report["summary"]["fail"];
    for severity in ["critical", "high", "medium"] {
        assert_eq!(fail[severity], 0, "{severity}: {}", report["findings"]);
    }
    assert_eq!(report["summary"]["accepted"], 1);
    assert_eq!(report["not_assessed"], serde_json::json!([]));
}
