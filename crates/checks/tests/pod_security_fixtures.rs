//! The checks that claim a control of the Pod Security Standards agree with the API server's own
//! test pods of the newest version: each refused pod gives a finding, each accepted one none.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

use std::{fs, path::PathBuf, sync::Arc};

use ringwall_checks::{Checks, Inventory, Settings, all, judge};
use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::{Finding, Source};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/pss");
const VERSION: &str = "v1.37";

fn pods(level: &str, verdict: &str) -> Vec<(String, String)> {
    let folder: PathBuf = [FIXTURES, level, VERSION, verdict].iter().collect();
    let mut pods = Vec::new();
    for entry in fs::read_dir(folder).expect("fixtures of the version") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy();
        pods.push((name.into_owned(), fs::read_to_string(&path).expect("text")));
    }
    pods.sort();
    pods
}

fn judge_pod(name: &str, text: &str) -> Vec<Box<Finding>> {
    let source = Arc::new(Source::new(name, text));
    let (documents, diagnostics) = yaml::parse(&source);
    assert_eq!(diagnostics, [], "{name}");
    let checks: Checks = all().collect();
    let settings = Settings::default();
    let (mut findings, mut resources, mut workloads) = (Vec::new(), Vec::new(), Vec::new());
    for document in &documents {
        let ObjectDocument::Objects(objects) = kubernetes::objects(document) else {
            panic!("{name} is no object");
        };
        for object in objects {
            let pods = kubernetes::workloads(&object, &[]);
            judge::object(&object, &pods, &checks, &settings, &mut findings);
            workloads.extend(pods);
            resources.push(object);
        }
    }
    let inventory = Inventory::new(resources, workloads);
    judge::inventory(&inventory, &checks, &settings, &mut findings);
    findings
}

/// The ids of findings that serve the level, or one below it.
fn ids(name: &str, text: &str, level: &str) -> Vec<String> {
    let serves = |finding: &Finding| {
        finding.controls.iter().any(|control| {
            *control == "pss:baseline" || (level == "restricted" && *control == "pss:restricted")
        })
    };
    let findings = judge_pod(name, text);
    findings
        .iter()
        .filter(|finding| serves(finding))
        .map(|finding| finding.check.to_string())
        .collect()
}

#[test]
fn verdicts_are_those_of_the_api_server() {
    if !PathBuf::from(FIXTURES).exists() {
        println!("skipped: ../shared is not here");
        return;
    }
    let mut wrong = Vec::new();
    for level in ["baseline", "restricted"] {
        for (name, text) in pods(level, "fail") {
            // The address of a probe or hook is judged by the check of the whole level.
            if name.starts_with("hostprobesandhostlifecycle") {
                continue;
            }
            if ids(&name, &text, level).is_empty() {
                wrong.push(format!("{level}: {name} is refused, but nothing was found"));
            }
        }
        for (name, text) in pods(level, "pass") {
            let found = ids(&name, &text, level);
            if !found.is_empty() {
                wrong.push(format!("{level}: {name} is accepted, but found {found:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
