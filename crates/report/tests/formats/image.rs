//! What `ringwall image` writes: text for people, and JSON that keeps its promise.

use std::sync::Arc;

use ringwall_model::{
    Date, Finding, FixState, Location, Position, Ring, Severity, Span, Status, Subject,
    Vulnerability,
};
use ringwall_report::{
    ImageDatabase, ImageDistribution, ImageFacts, ImageGap, ImageLayer, ImagePackage, ImageReport,
    ImageRootFs, ImageSbom, ImageSource, ImageTextOptions, image_json, image_text,
};
use serde_json::Value;

use super::schema::errors;
use crate::sample::written;

const SCHEMA: &str = include_str!("../../schema/image-v1.schema.json");

pub(crate) fn report() -> ImageReport {
    let digest = |letter: &str| Some(format!("sha256:{}", letter.repeat(64)));
    let package = |kind, name: &str, version: &str, path: &str, layer| ImagePackage {
        kind,
        name: name.to_owned(),
        version: version.to_owned(),
        purl: Some(format!("pkg:{kind}/{name}@{version}")),
        path: path.to_owned(),
        layer,
        ..ImagePackage::default()
    };
    ImageReport {
        image: ImageFacts {
            base: None,
            user: None,
            name: "shop.tar".to_owned(),
            names: vec!["shop:1.2".to_owned()],
            digest: digest("a"),
            indexes: vec![digest("e").unwrap()],
            platform: "linux/amd64".to_owned(),
            created: Some("2026-11-21T00:20:05Z".to_owned()),
            distribution: Some(ImageDistribution {
                id: "debian".to_owned(),
                version_id: "12".to_owned(),
                name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
            }),
            sbom: None,
            root_fs: None,
        },
        layers: vec![
            ImageLayer {
                digest: digest("b"),
                diff_id: digest("c"),
                size: 54_118,
                entries: 136,
                command: Some("COPY . /".to_owned()),
            },
            ImageLayer {
                size: 1_300_000,
                ..ImageLayer::default()
            },
        ],
        packages: vec![
            ImagePackage {
                source: Some(ImageSource {
                    name: "glibc".to_owned(),
                    version: "2.36-9".to_owned(),
                }),
                licences: vec!["LGPL-2.1".to_owned()],
                ..package("deb", "libc6", "2.36-9", "var/lib/dpkg/status", 0)
            },
            package("npm", "ms", "2.0.0", "srv/node_modules/ms/package.json", 0),
            ImagePackage {
                hidden_by: Some(1),
                ..package(
                    "npm",
                    "bad\u{1b}[31m",
                    "1.0.0",
                    "a/node_modules/bad/package.json",
                    0,
                )
            },
        ],
        not_assessed: vec![
            ImageGap {
                id: "unreadable-layer",
                layer: Some(1),
                reason: "unexpected end of file".to_owned(),
                ..ImageGap::default()
            },
            ImageGap {
                id: "unassessed-program",
                path: Some("usr/bin/a".to_owned()),
                files: Some(7),
                reason: "programs that say nothing".to_owned(),
                ..ImageGap::default()
            },
        ],
        findings: vec![
            flaw("libc6", "CVE-2026-1", Severity::Critical),
            flaw("libc-bin", "CVE-2026-1", Severity::Critical),
            flaw("libc6", "CVE-2026-2", Severity::Low),
        ],
        searched_for: vec!["configuration", "malware", "secrets"],
        database: Some(ImageDatabase {
            digest: digest("d").unwrap(),
            built: "2026-11-27".to_owned(),
        }),
        as_of: Date::new(2026, 11, 28).unwrap(),
    }
}

pub(crate) fn flaw(package: &str, id: &str, severity: Severity) -> Box<Finding> {
    let is_exploited = severity == Severity::Critical;
    let start = Position { line: 1, column: 1 };
    Box::new(Finding {
        check: id.to_owned().into(),
        ring: Ring::Container,
        severity,
        confidence: None,
        status: Status::Fail,
        group: Some("deb:glibc@2.36-9".into()),
        subject: Arc::new(Subject {
            image: Some("shop.tar".into()),
            package: Some(format!("{package} 2.36-9").into()),
            ..Subject::default()
        }),
        location: Location {
            file: "var/lib/dpkg/status".into(),
            start,
            end: start,
            span: Span::default(),
        },
        message: format!("{package} 2.36-9 has {id}"),
        remediation: "Update it.".into(),
        controls: &[],
        evidence: Vec::new(),
        fix: None,
        vulnerability: Some(Box::new(Vulnerability {
            aliases: vec!["GHSA-1".to_owned()],
            package_type: "deb",
            package: package.to_owned(),
            version: "2.36-9".to_owned(),
            purl: Some(format!("pkg:deb/debian/{package}@2.36-9")),
            source: Some("glibc".to_owned()),
            fixed: is_exploited.then(|| "2.36-9+deb12u1".to_owned()),
            update: is_exploited.then(|| "2.36-9+deb12u1".to_owned()),
            fix_state: if is_exploited {
                FixState::Fixed
            } else {
                FixState::WillNotFix
            },
            score_tenths: Some(98),
            rated_by: Some("GHSA-1".to_owned()),
            published: Date::new(2026, 1, 2),
            exploited_since: is_exploited.then(|| Date::new(2026, 2, 3).unwrap()),
            is_used_by_ransomware: is_exploited,
            likelihood_millionths: Some(943_580),
            layer: Some(0),
            summary: "a \u{1b}[31m in the title".to_owned(),
            references: vec!["https://example.com/1".to_owned()],
        })),
    })
}

fn text(packages: bool, severity: Severity) -> String {
    let options = ImageTextOptions {
        colour: false,
        packages,
        severity,
    };
    written(|out| image_text(&report(), options, out))
}

#[test]
fn people_see_what_is_inside_and_what_is_not_known() {
    let text = text(true, Severity::Low);
    // Names come from the image: nothing in them reaches the terminal as a command.
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn packages_are_counted_where_they_are_not_listed() {
    let text = text(false, Severity::Medium);
    assert!(text.contains("\n2 packages: 1 deb, 1 npm\n"), "{text}");
    assert!(!text.contains("libc6 "), "{text}");
    // One flaw in two packages of one source is one line; what is below is counted.
    assert!(
        text.contains("\n2 vulnerabilities: 1 critical, 1 low\n"),
        "{text}"
    );
    assert!(text.contains("and 1 below medium"), "{text}");
    assert!(
        text.contains("1 package that a later layer removed"),
        "{text}"
    );
}

#[test]
fn an_sbom_has_no_layers_and_its_paths_begin_nowhere() {
    let mut report = report();
    report.layers.clear();
    report.image.platform.clear();
    report.image.sbom = Some(ImageSbom {
        format: "CycloneDX",
        version: "1.6".to_owned(),
        tools: vec!["syft 1.18.1".to_owned(), "\u{1b}[31m".to_owned()],
    });
    let options = ImageTextOptions {
        colour: false,
        packages: true,
        severity: Severity::Low,
    };
    let text = written(|out| image_text(&report, options, out));
    assert!(!text.contains('\u{1b}'), "{text}");
    assert!(
        text.starts_with("shop.tar\n  an SBOM: CycloneDX 1.6, made by syft 1.18.1, "),
        "{text}"
    );
    assert!(!text.contains("MB packed"), "{text}");
    assert!(text.contains("  2.36-9  var/lib/dpkg/status\n"), "{text}");
}

#[test]
fn the_json_is_what_the_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let json: Value = serde_json::from_str(&written(|out| image_json(&report(), out))).unwrap();
    assert_eq!(errors(&schema, &schema, &json, ""), [""; 0]);
    let mut wrong = json.clone();
    wrong["packages"][0]["layer"] = "first".into();
    wrong["layers"][0]["digest"] = "sha256:0".into();
    wrong["image"]["name"] = Value::Null;
    assert!(errors(&schema, &schema, &wrong, "").len() >= 3);
    // Nothing is written that the schema does not describe.
    let described = |pointer: &str, written: &Value| {
        let properties = schema.pointer(pointer).unwrap();
        for field in written.as_object().unwrap().keys() {
            assert!(properties.get(field).is_some(), "{pointer}: {field}");
        }
    };
    described("/properties", &json);
    described("/properties/image/properties", &json["image"]);
    let mut of_sbom = report();
    of_sbom.image.sbom = Some(ImageSbom {
        format: "SPDX",
        version: "2.3".to_owned(),
        tools: vec!["syft".to_owned()],
    });
    let of_sbom: Value = serde_json::from_str(&written(|out| image_json(&of_sbom, out))).unwrap();
    assert_eq!(errors(&schema, &schema, &of_sbom, ""), [""; 0]);
    let sbom = &of_sbom["image"]["sbom"];
    described("/properties/image/properties/sbom/properties", sbom);
    let mut of_root = report();
    of_root.layers.clear();
    of_root.image.root_fs = Some(ImageRootFs { entries: 7 });
    let of_root: Value = serde_json::from_str(&written(|out| image_json(&of_root, out))).unwrap();
    assert_eq!(errors(&schema, &schema, &of_root, ""), [""; 0]);
    let root = &of_root["image"]["root_fs"];
    described("/properties/image/properties", &of_root["image"]);
    described("/properties/image/properties/root_fs/properties", root);
    described("/properties/layers/items/properties", &json["layers"][0]);
    for package in json["packages"].as_array().unwrap() {
        described("/properties/packages/items/properties", package);
    }
    for gap in json["not_assessed"].as_array().unwrap() {
        described("/properties/not_assessed/items/properties", gap);
    }
    assert_eq!(json["summary"]["packages"]["npm"], 1);
    assert_eq!(json["summary"]["fail"]["critical"], 2);
    let written_flaw = &json["findings"][0]["vulnerability"];
    assert_eq!(written_flaw["epss"], 0.943_58);
    assert_eq!(written_flaw["score"], 9.8);
    let report_schema: Value = serde_json::from_str(super::schema::SCHEMA).unwrap();
    let flaw_schema = &report_schema["$defs"]["vulnerability"]["properties"];
    for field in written_flaw.as_object().unwrap().keys() {
        assert!(flaw_schema.get(field).is_some(), "{field}");
    }
    let mut wrong = json.clone();
    wrong["findings"][0]["vulnerability"]["score"] = 11.into();
    wrong["findings"][1]["severity"] = "bad".into();
    assert_eq!(errors(&schema, &schema, &wrong, "").len(), 2);
}
