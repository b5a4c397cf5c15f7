//! What `ringwall registry` writes: text for people, and JSON that keeps its promise.

use ringwall_model::Date;
use ringwall_report::{
    RegistryAsked, RegistryDeletion, RegistryFlaws, RegistryGap, RegistryImage, RegistryKept,
    RegistryMalware, RegistryMark, RegistryOutcome, RegistryPlan, RegistryPlatform, RegistryReport,
    RegistryRepository, RegistryTextOptions, VerificationWanted, registry_json, registry_text,
};
use serde_json::Value;

use super::schema::errors;
use crate::sample::written;

const SCHEMA: &str = include_str!("../../schema/registry-v1.schema.json");

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn image(letter: &str, tags: &[&str]) -> RegistryImage {
    RegistryImage {
        digest: digest(letter),
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        kind: "image",
        size: 12_345_678,
        signature: "missing",
        platforms: vec![RegistryPlatform {
            platform: "linux/amd64".to_owned(),
            digest: digest(letter),
        }],
        ..RegistryImage::default()
    }
}

fn report() -> RegistryReport {
    let name = "registry.example/team/shop";
    let mut new = image("a", &["1.2", "1.2.3", "latest", "stable", "v1"]);
    new.created = Some("2026-11-20".to_owned());
    new.signature = "verified";
    new.vulnerabilities = Some(RegistryFlaws::default());
    new.used_by = vec!["Deployment shop/web".to_owned()];
    new.used_by_tag = vec!["Deployment shop/web".to_owned()];
    new.malware = Some(RegistryMalware {
        found: Vec::new(),
        unknown: Some("nobody looked".to_owned()),
    });
    let mut old = image("b", &["1.0\u{1b}[31m"]);
    old.created = Some("2026-01-10".to_owned());
    old.vulnerabilities = Some(RegistryFlaws {
        critical: 1,
        medium: 12,
        unknown: Some("unassessed-program: two".to_owned()),
        ..RegistryFlaws::default()
    });
    old.marks = vec![RegistryMark::Stale, RegistryMark::Vulnerable];
    let left = RegistryImage {
        kind: "attached",
        subject: Some(digest("d")),
        signature: "unknown",
        size: 900,
        platforms: Vec::new(),
        marks: vec![RegistryMark::Dangling],
        ..image("c", &["sha256-d.sig"])
    };
    RegistryReport {
        as_of: Date::new(2026, 11, 28).unwrap(),
        asked: RegistryAsked {
            stale_days: 90,
            signer: Some(VerificationWanted::default()),
            severity: Some("high"),
            uses: true,
        },
        repositories: vec![RegistryRepository {
            name: name.to_owned(),
            tags: 7,
            images: vec![new, old, left],
        }],
        plan: Some(RegistryPlan {
            is_carried_out: true,
            marks: vec![RegistryMark::Stale],
            manifest_bytes: 1_400,
            deletions: vec![
                RegistryDeletion {
                    repository: name.to_owned(),
                    digest: digest("b"),
                    tags: vec!["1.0".to_owned()],
                    reason: "stale".to_owned(),
                    manifest_bytes: 700,
                    outcome: RegistryOutcome::Failed,
                    error: Some("it says no".to_owned()),
                    ..RegistryDeletion::default()
                },
                RegistryDeletion {
                    repository: name.to_owned(),
                    digest: digest("e"),
                    reason: "kept beside 1.0".to_owned(),
                    with: Some(digest("b")),
                    manifest_bytes: 700,
                    outcome: RegistryOutcome::Left,
                    error: Some("what it belongs to is still there".to_owned()),
                    ..RegistryDeletion::default()
                },
            ],
            kept: vec![RegistryKept {
                repository: name.to_owned(),
                digest: digest("a"),
                tags: vec!["latest".to_owned()],
                reason: "Deployment shop/web uses it".to_owned(),
            }],
        }),
        not_assessed: vec![RegistryGap {
            id: "unreadable-manifest",
            repository: Some(name.to_owned()),
            what: Some("1.1".to_owned()),
            reason: "the server is ill".to_owned(),
        }],
    }
}

#[test]
fn people_see_a_table_a_plan_and_what_came_of_it() {
    let options = RegistryTextOptions::default();
    let text = written(|out| registry_text(&report(), options, out));
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
    let mut report = report();
    if let Some(plan) = &mut report.plan {
        plan.is_carried_out = false;
    }
    let text = written(|out| registry_text(&report, options, out));
    assert!(
        text.ends_with("2 manifests of 1.4 kB would be deleted: --yes does it\n"),
        "{text}"
    );
    assert!(!text.contains("FAILED"), "{text}");
}

#[test]
fn what_is_not_known_or_not_done_is_incomplete() {
    let mut report = report();
    assert!(report.is_incomplete(&[]));
    report.not_assessed.clear();
    assert!(report.is_incomplete(&[]), "something could not be deleted");
    report.plan = None;
    assert!(!report.is_incomplete(&[]));
    let unsearched = RegistryMark::Unsearched;
    report.repositories[0].images[0].marks.push(unsearched);
    assert!(!report.is_incomplete(&[RegistryMark::Vulnerable]));
    assert!(report.is_incomplete(&[RegistryMark::Infected]));
    report.repositories[0].images[0]
        .marks
        .push(RegistryMark::Unknown);
    assert!(report.is_incomplete(&[]));
    assert!(report.has(&[RegistryMark::Dangling]) && !report.has(&[RegistryMark::Unsigned]));
}

#[test]
fn the_registry_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let json = written(|out| registry_json(&report(), out));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(errors(&schema, &schema, &json, ""), [""; 0]);
    let mut wrong = json.clone();
    wrong["repositories"][0]["images"][0]["kind"] = "chart".into();
    wrong["plan"]["deletions"][0]["digest"] = "sha256:0".into();
    wrong["asked"]["stale_days"] = Value::Null;
    assert!(errors(&schema, &schema, &wrong, "").len() >= 3);
    // Nothing is written that the schema does not describe, nor is a mark unknown to it.
    let described = |pointer: &str, written: &Value| {
        let properties = schema.pointer(pointer).unwrap();
        for field in written.as_object().unwrap().keys() {
            assert!(properties.get(field).is_some(), "{pointer}: {field}");
        }
    };
    described("/properties", &json);
    described("/properties/asked/properties", &json["asked"]);
    described("/properties/plan/properties", &json["plan"]);
    let image = "/properties/repositories/items/properties/images/items/properties";
    for at in 0..3 {
        described(image, &json["repositories"][0]["images"][at]);
    }
    let flaws = &json["repositories"][0]["images"][1]["vulnerabilities"];
    described(&format!("{image}/vulnerabilities/properties"), flaws);
    let malware = &json["repositories"][0]["images"][0]["malware"];
    described(&format!("{image}/malware/properties"), malware);
    let deletions = "/properties/plan/properties/deletions/items/properties";
    described(deletions, &json["plan"]["deletions"][1]);
    described(
        "/properties/not_assessed/items/properties",
        &json["not_assessed"][0],
    );
    let marks = schema
        .pointer(&format!("{image}/marks/items/enum"))
        .unwrap();
    let known: Vec<_> = RegistryMark::ALL.iter().map(|it| it.as_str()).collect();
    assert_eq!(marks.as_array().unwrap(), &known);
}
