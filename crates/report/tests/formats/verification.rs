//! What `ringwall image verify` writes: text for people, and JSON that keeps its promise.

use std::collections::BTreeMap;

use ringwall_report::{
    ImageSignature, ImageSigner, SignatureStatus, VerificationGap, VerificationReport,
    VerificationRoot, VerificationWanted, VerifiedImage, verification_json, verification_text,
};
use serde_json::Value;

use super::schema::errors;
use crate::sample::written;

const SCHEMA: &str = include_str!("../../schema/image-verify-v1.schema.json");

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

fn report() -> VerificationReport {
    let workflow = "https://github.com/shop/shop/.github/workflows/release.yml@refs/heads/main";
    let issuer = "https://token.actions.githubusercontent.com";
    VerificationReport {
        image: VerifiedImage {
            name: "shop.tar".to_owned(),
            names: vec!["shop:1.2".to_owned()],
            digests: vec![digest("a"), digest("b")],
        },
        wanted: VerificationWanted {
            identity: Some(workflow.to_owned()),
            issuer: Some(issuer.to_owned()),
            attestation: Some("https://slsa.dev/provenance/v1".to_owned()),
            annotations: BTreeMap::from([("team".to_owned(), "shop".to_owned())]),
            trust_root: VerificationRoot {
                file: Some("root.json".to_owned()),
                date: Some("2025-09-23".to_owned()),
                fresh_until: None,
            },
            ..VerificationWanted::default()
        },
        is_verified: true,
        is_intact: true,
        signatures: vec![
            ImageSignature {
                kind: "bundle",
                digest: digest("c"),
                status: SignatureStatus::Valid,
                signer: Some(ImageSigner {
                    identity: Some(workflow.to_owned()),
                    issuer: Some(issuer.to_owned()),
                    ..ImageSigner::default()
                }),
                signed_at: Some("2026-05-13T19:23:33Z".to_owned()),
                logged: true,
                image: Some(digest("a")),
                predicate_type: Some("https://slsa.dev/provenance/v1".to_owned()),
                builder: Some("https://github.com/actions/runner".to_owned()),
                source: Some("git+https://github.com/shop/shop@refs/heads/main".to_owned()),
                commit: Some("c0ffee".to_owned()),
                annotations: BTreeMap::from([("team".to_owned(), "shop".into())]),
                ..ImageSignature::default()
            },
            ImageSignature {
                kind: "signature",
                digest: digest("d"),
                reason: Some("it is signed by evil\u{1b}[31m, known to nobody".to_owned()),
                ..ImageSignature::default()
            },
            ImageSignature {
                kind: "signature",
                digest: digest("e"),
                status: SignatureStatus::Other,
                reason: Some("it is a signature, and no attestation".to_owned()),
                signer: Some(ImageSigner {
                    key: Some("f".repeat(64)),
                    ..ImageSigner::default()
                }),
                ..ImageSignature::default()
            },
        ],
        not_assessed: vec![VerificationGap {
            id: "unreadable-signature",
            digest: Some(digest("f")),
            reason: "it is larger than 16384 KiB".to_owned(),
        }],
    }
}

#[test]
fn people_see_who_signed_and_one_verdict() {
    let text = written(|out| verification_text(&report(), out));
    // Names come from whoever signed: nothing in them reaches the terminal as a command.
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn the_verdict_tells_no_from_not_known() {
    let verdict = |change: fn(&mut VerificationReport)| {
        let mut report = report();
        report.is_verified = false;
        change(&mut report);
        let text = written(|out| verification_text(&report, out));
        text.lines().last().unwrap().to_owned()
    };
    let check = |found: String, expected: &str| assert!(found.starts_with(expected), "{found}");
    check(verdict(|_| {}), "not known: ");
    check(
        verdict(|report| report.not_assessed.clear()),
        "not verified: ",
    );
    check(
        verdict(|report| {
            report.not_assessed.clear();
            report.signatures[1].status = SignatureStatus::Undecided;
        }),
        "not known: ",
    );
    check(
        verdict(|report| report.is_intact = false),
        "not verified: the image holds something else",
    );
}

#[test]
fn the_verification_is_what_its_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let json = written(|out| verification_json(&report(), out));
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(errors(&schema, &schema, &json, ""), [""; 0]);
    let mut wrong = json.clone();
    wrong["signatures"][0]["status"] = "good".into();
    wrong["image"]["digests"][0] = "sha256:0".into();
    wrong["verified"] = Value::Null;
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
    described("/properties/wanted/properties", &json["wanted"]);
    let root = "/properties/wanted/properties/trust_root/properties";
    described(root, &json["wanted"]["trust_root"]);
    let item = "/properties/signatures/items/properties";
    for signature in json["signatures"].as_array().unwrap() {
        described(item, signature);
        if let Some(signer) = signature.get("signer") {
            described(&format!("{item}/signer/properties"), signer);
        }
    }
    for gap in json["not_assessed"].as_array().unwrap() {
        described("/properties/not_assessed/items/properties", gap);
    }
}
