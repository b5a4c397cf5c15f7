//! Images as CycloneDX, against the schema that CycloneDX publishes.

use std::{collections::BTreeSet, sync::Arc};

use ringwall_model::{Acceptance, AcceptanceSource, Confidence, Severity, Status};
use ringwall_report::{ImageGap, ImagePackage, ImageReport, ImageSbom, image_cyclonedx};
use serde_json::{Value, json};

use super::{
    image::{flaw, report},
    schema::errors,
};
use crate::sample::written;

const SCHEMA: &str = include_str!("../data/cyclonedx/bom-1.6.SNAPSHOT.schema.json");

fn bom(report: &ImageReport) -> Value {
    serde_json::from_str(&written(|out| image_cyclonedx(report, out))).unwrap()
}

/// The document, which holds to the schema and names nothing twice.
fn valid(report: &ImageReport) -> Value {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let bom = bom(report);
    assert_eq!(errors(&schema, &schema, &bom, ""), [""; 0]);
    let list = |name: &str| bom[name].as_array().cloned().unwrap_or_default();
    let references: Vec<_> = [list("components"), list("vulnerabilities")]
        .concat()
        .iter()
        .chain([&bom["metadata"]["component"]])
        .map(|it| it["bom-ref"].as_str().unwrap().to_owned())
        .collect();
    let known: BTreeSet<_> = references.iter().collect();
    assert_eq!(known.len(), references.len(), "{references:?}");
    for flaw in list("vulnerabilities") {
        for affected in flaw["affects"].as_array().unwrap() {
            assert!(references.contains(&affected["ref"].as_str().unwrap().to_owned()));
        }
    }
    bom
}

/// A report with one package, and what is stated of its licence.
fn stating(licences: &[&str]) -> ImageReport {
    let mut report = report();
    report.findings.clear();
    report.packages.truncate(1);
    report.packages[0].licences = licences.iter().map(|it| (*it).to_owned()).collect();
    report
}

#[test]
fn the_document_holds_to_the_schema_and_reads_well() {
    let bom = valid(&report());
    assert_eq!(bom["metadata"]["timestamp"], "2026-11-28T00:00:00Z");
    let image = &bom["metadata"]["component"];
    assert_eq!(image["type"], "container");
    let digest = format!("sha256:{}", "a".repeat(64));
    assert_eq!(
        image["purl"],
        format!("pkg:oci/shop@{digest}?arch=amd64&tag=1.2")
    );
    let components = bom["components"].as_array().unwrap();
    let names: Vec<_> = components.iter().map(|it| it["name"].as_str()).collect();
    // What a later layer hides is not in the container.
    assert_eq!(names, [Some("debian"), Some("libc6"), Some("ms")]);
    assert_eq!(
        components[1]["evidence"]["occurrences"],
        json!([{"location": "/var/lib/dpkg/status"}])
    );
    let text = written(|out| image_cyclonedx(&report(), out));
    assert_eq!(text, written(|out| image_cyclonedx(&report(), out)));
    insta::assert_snapshot!(text);
}

#[test]
fn another_content_is_another_document() {
    let mut other = report();
    other.not_assessed.clear();
    assert_ne!(bom(&report())["serialNumber"], bom(&other)["serialNumber"]);
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let mut wrong = bom(&report());
    wrong["components"][0]["type"] = "package".into();
    wrong["serialNumber"] = "1".into();
    wrong["more"] = Value::Null;
    assert!(errors(&schema, &schema, &wrong, "").len() >= 3);
}

#[test]
fn a_package_in_several_places_is_one_component() {
    let mut report = report();
    let ms = report.packages[1].clone();
    report.packages.insert(
        2,
        ImagePackage {
            path: "app/node_modules/ms/package.json".to_owned(),
            layer: 1,
            of_distribution: true,
            ..ms
        },
    );
    // Neither of them has a package URL.
    for name in ["a", "b"] {
        report.packages.push(ImagePackage {
            kind: "deb",
            name: name.to_owned(),
            ..ImagePackage::default()
        });
    }
    let bom = valid(&report);
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len(), 5);
    assert_eq!(
        components[2]["evidence"]["occurrences"],
        json!([{"location": "/srv/node_modules/ms/package.json"}, {"location": "/app/node_modules/ms/package.json"}])
    );
    let properties = components[2]["properties"].as_array().unwrap().iter();
    let properties: Vec<_> = properties
        .map(|it| (it["name"].as_str().unwrap(), it["value"].as_str().unwrap()))
        .collect();
    assert_eq!(
        properties,
        [
            ("ringwall:path", "/srv/node_modules/ms/package.json"),
            ("ringwall:layer", "0"),
            ("ringwall:path", "/app/node_modules/ms/package.json"),
            ("ringwall:layer", "1"),
            ("ringwall:of-distribution", "true"),
        ]
    );
}

#[test]
fn scopes_and_groups_stand_by_themselves() {
    let mut report = stating(&[]);
    for (kind, name, expected) in [
        ("npm", "@babel/core", json!(["@babel", "core"])),
        ("maven", "org.apache:a", json!(["org.apache", "a"])),
        ("golang", "github.com/a/b", json!([null, "github.com/a/b"])),
    ] {
        report.packages[0].kind = kind;
        report.packages[0].name = name.to_owned();
        let component = &valid(&report)["components"][1];
        assert_eq!(json!([component["group"], component["name"]]), expected);
    }
}

#[test]
fn licences_are_ids_expressions_or_names() {
    for (stated, expected) in [
        (&["MIT"][..], json!([{"license": {"id": "MIT"}}])),
        (
            &["(MIT OR CC0-1.0)"],
            json!([{"expression": "(MIT OR CC0-1.0)"}]),
        ),
        (
            &["MIT License"],
            json!([{"license": {"name": "MIT License"}}]),
        ),
        // An expression stands alone.
        (
            &["MIT", "ISC OR MIT"],
            json!([{"license": {"id": "MIT"}}, {"license": {"name": "ISC OR MIT"}}]),
        ),
        (&[], Value::Null),
    ] {
        let component = &valid(&stating(stated))["components"][1];
        assert_eq!(component["licenses"], expected, "{stated:?}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let compositions = |gaps: &[&'static str]| {
        let mut report = report();
        report.not_assessed = gaps
            .iter()
            .map(|id| ImageGap {
                id,
                reason: "why".to_owned(),
                ..ImageGap::default()
            })
            .collect();
        let bom = valid(&report);
        let properties = bom["metadata"]["properties"].as_array().unwrap().clone();
        let named = properties
            .iter()
            .filter(|it| it["name"] == "ringwall:not-assessed");
        assert_eq!(named.count(), gaps.len());
        bom["compositions"].clone()
    };
    assert_eq!(compositions(&[]), Value::Null);
    let image = json!({"aggregate": "incomplete", "assemblies": ["image"]});
    assert_eq!(compositions(&["unreadable-layer"]), json!([image]));
    let flaws = json!({
        "aggregate": "incomplete",
        "vulnerabilities": ["vulnerability:CVE-2026-1", "vulnerability:CVE-2026-2"],
    });
    assert_eq!(compositions(&["unrated-vulnerabilities"]), json!([flaws]));
    assert_eq!(
        compositions(&["undecided-vulnerability", "unassessed-program"]),
        json!([image, flaws])
    );
}

#[test]
fn flaws_name_the_packages_that_have_them() {
    let mut report = report();
    report.packages.push(ImagePackage {
        name: "libc-bin".to_owned(),
        purl: Some("pkg:deb/debian/libc-bin@2.36-9".to_owned()),
        ..report.packages[0].clone()
    });
    let mut unrated = flaw("libc6", "GO-2026-3", Severity::Medium);
    unrated.confidence = Some(Confidence::Low);
    let data = unrated.vulnerability.as_mut().unwrap();
    data.score_tenths = None;
    data.rated_by = None;
    data.references = vec!["https://a b".to_owned(), "ftp://a".to_owned()];
    unrated.status = Status::Accepted(Arc::new(Acceptance {
        source: AcceptanceSource::Config,
        reason: Some("not reachable".to_owned()),
        owner: None,
        until: None,
        location: None,
    }));
    report.findings.push(unrated);
    let bom = valid(&report);
    let flaws = bom["vulnerabilities"].as_array().unwrap();
    let affected = |flaw: &Value| -> Vec<String> {
        let affected = flaw["affects"].as_array().unwrap().iter();
        affected
            .map(|it| it["ref"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        affected(&flaws[0]),
        ["pkg:deb/debian/libc-bin@2.36-9", "pkg:deb/libc6@2.36-9"]
    );
    assert_eq!(affected(&flaws[1]), ["pkg:deb/libc6@2.36-9"]);
    assert_eq!(flaws[0]["ratings"][0]["score"], 9.8);
    assert_eq!(flaws[0]["ratings"][0]["source"]["name"], "GITHUB");
    assert_eq!(flaws[2]["source"]["name"], "OSV");
    assert_eq!(flaws[2]["ratings"], json!([{"severity": "unknown"}]));
    assert_eq!(flaws[2]["advisories"], Value::Null);
    assert_eq!(
        flaws[2]["analysis"],
        json!({"response": ["will_not_fix"], "detail": "not reachable"})
    );
}

#[test]
fn what_another_sbom_does_not_tell_is_not_made_up() {
    let mut report = report();
    report.image.sbom = Some(ImageSbom::default());
    report.image.platform.clear();
    report.packages[0].path = report.image.name.clone();
    let bom = valid(&report);
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components[1]["evidence"], Value::Null);
    assert_eq!(components[1]["properties"], Value::Null);
    assert_eq!(
        components[2]["properties"],
        json!([{"name": "ringwall:path", "value": "/srv/node_modules/ms/package.json"}])
    );
}
