//! Images as SPDX. Its JSON schema asks for less than its text, so that what the text asks for is tested here.

use std::collections::BTreeSet;

use ringwall_report::{ImageReport, image_spdx};
use serde_json::{Value, json};

use super::image::report;
use crate::sample::written;

fn document(report: &ImageReport) -> Value {
    serde_json::from_str(&written(|out| image_spdx(report, out))).unwrap()
}

#[test]
fn the_document_reads_well() {
    let text = written(|out| image_spdx(&report(), out));
    assert_eq!(text, written(|out| image_spdx(&report(), out)));
    insta::assert_snapshot!(text);
}

#[test]
fn ids_are_unique_and_relationships_lead_somewhere() {
    let document = document(&report());
    let packages = document["packages"].as_array().unwrap();
    let ids = packages.iter().map(|it| it["SPDXID"].as_str().unwrap());
    let ids: Vec<_> = ids.chain([document["SPDXID"].as_str().unwrap()]).collect();
    let known: BTreeSet<_> = ids.iter().copied().collect();
    assert_eq!(known.len(), ids.len());
    for id in &ids {
        let tail = id.strip_prefix("SPDXRef-").unwrap();
        let is_allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        assert!(tail.chars().all(is_allowed), "{id}");
    }
    let relationships = document["relationships"].as_array().unwrap();
    assert_eq!(relationships.len(), packages.len());
    for relationship in relationships {
        for end in ["spdxElementId", "relatedSpdxElement"] {
            assert!(known.contains(relationship[end].as_str().unwrap()));
        }
    }
    assert_eq!(document["documentDescribes"], json!(["SPDXRef-Image"]));
    for package in packages {
        // Files are not listed, so that there can be no verification code.
        assert_eq!(package["filesAnalyzed"], false);
        for field in ["downloadLocation", "licenseConcluded", "copyrightText"] {
            assert_eq!(package[field], "NOASSERTION");
        }
    }
}

#[test]
fn another_content_is_another_document() {
    let mut other = report();
    other.packages.clear();
    let namespace = |report: &ImageReport| document(report)["documentNamespace"].clone();
    assert_ne!(namespace(&report()), namespace(&other));
    assert_eq!(namespace(&other), namespace(&other));
}

#[test]
fn licences_are_declared_where_they_are_one_expression() {
    for (stated, declared, comments) in [
        (&["MIT"][..], "MIT", Value::Null),
        (&["MIT OR ISC"], "MIT OR ISC", Value::Null),
        (&[], "NOASSERTION", Value::Null),
        // A reference would have to lead to its text, which is not there.
        (
            &["LicenseRef-mine"],
            "NOASSERTION",
            json!("stated by the package: LicenseRef-mine"),
        ),
        (
            &["MIT", "ISC"],
            "NOASSERTION",
            json!("stated by the package: MIT; ISC"),
        ),
    ] {
        let mut report = report();
        report.packages[0].licences = stated.iter().map(|it| (*it).to_owned()).collect();
        let package = &document(&report)["packages"][2];
        assert_eq!(package["licenseDeclared"], declared, "{stated:?}");
        assert_eq!(package["licenseComments"], comments, "{stated:?}");
    }
}
