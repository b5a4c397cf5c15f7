//! The upstream fixtures, all of them: each pass pod is allowed, each fail pod is refused by its rule.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::{fs, path::Path, sync::Arc};

use ringwall_input::{
    kubernetes::{self, ObjectDocument},
    yaml,
};
use ringwall_model::Source;
use ringwall_policy::pod_security::{Level, Request, evaluate};

/// The rules that a fixture breaks, in lower case.
fn judge(path: &Path, request: Request) -> Vec<String> {
    let text = fs::read_to_string(path).expect("a fixture is text");
    let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("pod.yaml", text)));
    assert_eq!(diagnostics, [], "{}", path.display());
    let ObjectDocument::Objects(objects) = kubernetes::objects(&documents[0]) else {
        panic!("{} is no object", path.display());
    };
    let workloads = kubernetes::workloads(&objects[0], &[]);
    assert_eq!(workloads.len(), 1, "{}", path.display());
    evaluate(&workloads[0], request.level, request.version)
        .into_iter()
        .map(|violation| violation.rule.to_lowercase())
        .collect()
}

/// Restricted has its own form of some rules of Baseline and leaves these out.
fn replaced(level: Level, rule: &str) -> &str {
    match (level, rule) {
        (Level::Restricted, "hostpathvolumes") => "restrictedvolumes",
        (Level::Restricted, "capabilities_baseline") => "capabilities_restricted",
        (Level::Restricted, "seccompprofile_baseline") => "seccompprofile_restricted",
        _ => rule,
    }
}

#[test]
fn every_fixture_is_judged_as_upstream_judges_it() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/pss"));
    if !root.is_dir() {
        println!("skipped: ../shared/pss is not here");
        return;
    }
    let mut judged = 0;
    let mut wrong = Vec::new();
    for level in [Level::Baseline, Level::Restricted] {
        for version in fs::read_dir(root.join(level.as_str())).expect("versions") {
            let version = version.expect("a version").path();
            let name = version.file_name().unwrap().to_string_lossy().into_owned();
            let request: Request = format!("{}:{name}", level.as_str()).parse().unwrap();
            for verdict in ["pass", "fail"] {
                for fixture in fs::read_dir(version.join(verdict)).expect("fixtures") {
                    let fixture = fixture.expect("a fixture").path();
                    let rules = judge(&fixture, request);
                    judged += 1;
                    let stem = fixture.file_stem().unwrap().to_string_lossy().into_owned();
                    let rule = stem.trim_end_matches(|last: char| last.is_ascii_digit());
                    let right = match verdict {
                        "pass" => rules.is_empty(),
                        _ => rules
                            .iter()
                            .any(|found| found == rule || found == replaced(level, rule)),
                    };
                    if !right {
                        wrong.push(format!("{request} {verdict} {stem}: {rules:?}"));
                    }
                }
            }
        }
    }
    println!("{judged} fixtures judged");
    assert!(judged > 3000, "only {judged} fixtures were there");
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
