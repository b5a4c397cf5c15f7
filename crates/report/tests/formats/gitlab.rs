use std::collections::HashSet;

use ringwall_model::{Report, Severity};
use ringwall_report::gitlab;
use serde_json::{Value, json};

use crate::sample::{self, written};

fn entries(report: &Report, files: &sample::Files) -> Vec<Value> {
    let text = written(|out| gitlab(report, &sample::context(files), out));
    serde_json::from_str(&text).unwrap()
}

/// Each entry has what GitLab requires, and a fingerprint of its own: of those that are equal it shows the first alone.
#[test]
fn each_finding_that_counts_is_one_entry() {
    let files = sample::files();
    let report = sample::report(&files);
    let entries = entries(&report, &files);
    let counting = report.findings.iter().filter(|it| it.fails()).count();
    let gaps = report.not_assessed.iter().filter(|it| it.counts()).count();
    assert!(counting > 1 && gaps > 0);
    assert_eq!(entries.len(), counting + gaps);
    for entry in &entries {
        for name in ["description", "check_name", "fingerprint"] {
            assert!(!entry[name].as_str().unwrap().is_empty(), "{name}: {entry}");
        }
        assert!(entry["location"]["lines"]["begin"].as_u64().unwrap() > 0);
        assert!(!entry["location"]["path"].as_str().unwrap().is_empty());
    }
    let fingerprints: HashSet<_> = entries.iter().map(|it| &it["fingerprint"]).collect();
    assert_eq!(fingerprints.len(), entries.len());
    let privileged = entries
        .iter()
        .find(|it| it["check_name"] == "privileged-container")
        .unwrap();
    assert_eq!(privileged["severity"], "blocker");
    assert_eq!(
        privileged["location"],
        json!({"path": "shop/web.yaml", "lines": {"begin": 13}})
    );
}

/// GitLab compares the report of a branch with that of its target: lines that move must not make findings new.
#[test]
fn a_finding_is_known_again_on_another_line() {
    let files = sample::Files::new(&[("./a.yaml", "kind: Pod\nspec: {}\n")]);
    let at = |mark: &str| {
        let source = files.get("./a.yaml");
        let finding = sample::finding("latest-tag", Severity::Low, source, mark, "the same");
        let report = sample::report_of(vec![finding]);
        entries(&report, &files).remove(0)
    };
    let (first, second) = (at("kind"), at("spec"));
    assert_ne!(first["location"], second["location"]);
    assert_eq!(first["fingerprint"], second["fingerprint"]);
    assert_eq!(first["severity"], "minor");
    assert_eq!(first["location"]["path"], "a.yaml");
}
