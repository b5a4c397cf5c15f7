//! What a scan of an image found is what manifests are held to.

use std::fs;

use ringwall_collect::Content;
use ringwall_engine::{Advisories, Config, Input, Options, Selection, scan};
use ringwall_model::{Date, Source};
use ringwall_report::image_json;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    build::{OS, STATUS, layers_of, scan_with},
    vulnerabilities::{before, database},
};

/// Ids and messages about a pod that runs an image, by the reports of a folder.
fn judged(folder: &TempDir, image: &str) -> Vec<(String, String)> {
    let config_name = folder.path().join("ringwall.toml").display().to_string();
    let text = "[image-policy]\nreports = \"reports\"\n[image-policy.vulnerabilities]\nseverity = \"high\"\n";
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n    - name: app\n      image: {image}\n"
    );
    let input = Input {
        stdin: Some(Content::Text(pod)),
        ..Input::default()
    };
    let only = ["image-policy-violation".to_owned()];
    let selection = Selection::new(&only, &[], &[]).unwrap();
    let config = Config::parse(&config_name, text).unwrap();
    let options = Options {
        selection: &selection,
        config: &config,
        config_source: &Source::new(config_name.as_str(), text),
        pod_security: None,
        policies: None,
        advisories: Advisories::Missing,
        as_of: Date::from_unix_seconds(0),
        baseline: None,
        changes: None,
        show_passed: false,
        limit_bytes: 1 << 20,
        progress: None,
    };
    let report = scan(&input, &options).unwrap().report;
    let findings = report
        .findings
        .iter()
        .map(|it| (it.check.to_string(), it.message.clone()));
    let gaps = report
        .not_assessed
        .iter()
        .map(|it| (it.id.to_string(), it.reason.clone()));
    findings.chain(gaps).collect()
}

/// Scans an image by one advisory, and keeps the report; gives the digest.
fn keep_report(folder: &TempDir, advisory: &Value) -> String {
    let database = database(std::slice::from_ref(advisory));
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let report = scan_with(
        image.path(),
        ringwall_engine::Advisories::Database(&database),
    );
    let mut json = Vec::new();
    image_json(&report, &mut json).unwrap();
    fs::create_dir_all(folder.path().join("reports")).unwrap();
    fs::write(folder.path().join("reports/image.json"), json).unwrap();
    report.image.digest.unwrap()
}

#[test]
fn what_a_scan_found_refuses_the_image_and_what_is_clean_runs() {
    let folder = TempDir::new().unwrap();
    let digest = keep_report(&folder, &before("CVE-2026-1", "Debian:12", "glibc", "3"));
    let image = format!("registry.example.com/app@{digest}");
    let refused = judged(&folder, &image);
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].0, "image-policy-violation");
    assert!(refused[0].1.contains("CVE-2026-1"), "{refused:?}");

    let same = keep_report(&folder, &before("CVE-2026-1", "Debian:12", "glibc", "1"));
    assert_eq!(same, digest);
    assert_eq!(judged(&folder, &image), []);

    let other = format!("registry.example.com/app@sha256:{}", "0".repeat(64));
    let unknown = judged(&folder, &other);
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].0, "unassessed-image");
}

#[test]
fn a_scan_that_could_not_tell_is_no_clean_image() {
    let folder = TempDir::new().unwrap();
    // Of another release: nothing is known about the packages.
    let digest = keep_report(&folder, &before("CVE-2026-1", "Debian:11", "glibc", "3"));
    let unknown = judged(&folder, &format!("registry.example.com/app@{digest}"));
    assert_eq!(unknown.len(), 1);
    assert_eq!(unknown[0].0, "unassessed-image");
    assert!(
        unknown[0].1.contains("unassessed-vulnerabilities"),
        "{unknown:?}"
    );
}

#[test]
fn a_report_that_cannot_be_read_is_an_error_with_its_name() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("reports")).unwrap();
    fs::write(
        folder.path().join("reports/bad.json"),
        json!({"version": 1}).to_string(),
    )
    .unwrap();
    let name = folder.path().join("ringwall.toml").display().to_string();
    let config = Config::parse(&name, "[image-policy]\nreports = \"reports\"\n").unwrap();
    let error = config
        .image_policy(&name, Date::from_unix_seconds(0))
        .err()
        .unwrap()
        .to_string();
    assert!(
        error.contains("bad.json") && error.contains("is no report"),
        "{error}"
    );
}
