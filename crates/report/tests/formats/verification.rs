//! What `ringwall image verify` writes: text for people, and JSON that keeps its promise.

use std::collections::BTreeMap;

use ringwall_report::{
    AttestedPackages, ImageSignature, ImageSigner, SignatureStatus, UnenforcedCheck,
    UnequalPackage, VerificationGap, VerificationReport, VerificationRoot, VerificationWanted,
    VerifiedImage, WantedPolicy, verification_json, verification_text,
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
        checked_at: None,
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
        packages: None,
        not_assessed: vec![VerificationGap {
            id: "unreadable-signature",
            digest: Some(digest("f")),
            reason: "it is larger than 16384 KiB".to_owned(),
        }],
    }
}

/// An image with a package that its attested list does not have.
fn compared() -> VerificationReport {
    let package = |version: &str| UnequalPackage {
        kind: "npm",
        name: "ms".to_owned(),
        version: version.to_owned(),
    };
    VerificationReport {
        is_verified: false,
        packages: Some(AttestedPackages {
            attestation: digest("c"),
            equal: 117,
            unlisted: vec![package("2.0.0")],
            absent: vec![package("9.9.9")],
        }),
        ..report()
    }
}

#[test]
fn people_see_which_packages_are_not_attested() {
    let text = written(|out| verification_text(&compared(), out));
    let expected = "\n117 packages of the image as attested\n\
        1 package in the image and not attested:\n  npm    ms  2.0.0\n\
        1 package attested and not in the image:\n  npm    ms  9.9.9\n";
    assert!(text.contains(expected), "{text}");
    assert!(
        text.contains("not verified: the image holds 1 package that"),
        "{text}"
    );
}

/// An image that is signed with `notation`, by a policy that does not demand everything.
fn notation() -> VerificationReport {
    let unenforced = UnenforcedCheck {
        check: "revocation",
        reason: "whether the certificate of CN=\u{1b}[31mShop was revoked is not known".to_owned(),
    };
    VerificationReport {
        image: VerifiedImage {
            name: "registry.example.com/shop:1.2".to_owned(),
            digests: vec![digest("a")],
            ..VerifiedImage::default()
        },
        wanted: VerificationWanted {
            certificates: vec!["b".repeat(64)],
            policy: Some(WantedPolicy {
                name: "shop".to_owned(),
                file: "trustpolicy.json".to_owned(),
                level: "permissive",
            }),
            ..VerificationWanted::default()
        },
        is_verified: true,
        is_intact: true,
        checked_at: None,
        signatures: vec![ImageSignature {
            kind: "notation",
            digest: digest("c"),
            status: SignatureStatus::Valid,
            signer: Some(ImageSigner {
                identity: Some("CN=Shop,O=shop.example,ST=WA,C=US".to_owned()),
                certificate: Some("d".repeat(64)),
                authority: Some("CN=Root".to_owned()),
                authority_certificate: Some("b".repeat(64)),
                ..ImageSigner::default()
            }),
            claimed_at: Some("2026-05-13T19:23:33Z".to_owned()),
            signed_at: Some("2026-05-13T19:23:35Z".to_owned()),
            expires_at: Some("2027-05-13T19:23:33Z".to_owned()),
            scheme: Some("notary.x509"),
            not_enforced: vec![unenforced],
            image: Some(digest("a")),
            annotations: BTreeMap::from([("team".to_owned(), "shop".into())]),
            ..ImageSignature::default()
        }],
        ..VerificationReport::default()
    }
}

#[test]
fn people_see_what_was_not_demanded_of_a_signature() {
    let text = written(|out| verification_text(&notation(), out));
    assert!(!text.contains('\u{1b}'), "{text}");
    insta::assert_snapshot!(text);
    // One that lacks nothing is enough.
    let mut report = notation();
    let mut whole = report.signatures[0].clone();
    whole.not_enforced.clear();
    report.signatures.push(whole);
    let text = written(|out| verification_text(&report, out));
    let verdict = "verified: signed by whom the policy shop names\n";
    assert!(text.ends_with(verdict), "{text}");
}

#[test]
fn a_policy_that_skips_says_nothing_of_the_image() {
    let mut report = notation();
    report.is_verified = false;
    report.wanted.policy.as_mut().unwrap().level = "skip";
    let text = written(|out| verification_text(&report, out));
    let verdict = "not known: the policy shop skips verification, and nobody looked\n";
    assert!(text.ends_with(verdict), "{text}");
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
    let json = |report: &VerificationReport| -> Value {
        serde_json::from_str(&written(|out| verification_json(report, out))).unwrap()
    };
    let all = [json(&report()), json(&notation()), json(&compared())];
    for json in &all {
        assert_eq!(errors(&schema, &schema, json, ""), [""; 0]);
        assert_described(&schema, json);
    }
    let mut wrong = all[0].clone();
    wrong["signatures"][0]["status"] = "good".into();
    wrong["image"]["digests"][0] = "sha256:0".into();
    wrong["verified"] = Value::Null;
    assert!(errors(&schema, &schema, &wrong, "").len() >= 3);
    let mut wrong = all[1].clone();
    wrong["signatures"][0]["scheme"] = "notary".into();
    wrong["signatures"][0]["not_enforced"][0]["check"] = "all".into();
    wrong["wanted"]["policy"]["level"] = "lax".into();
    assert!(errors(&schema, &schema, &wrong, "").len() >= 3);
}

/// Nothing is written that the schema does not describe.
fn assert_described(schema: &Value, json: &Value) {
    let described = |pointer: &str, written: &Value| {
        let properties = schema.pointer(pointer).unwrap();
        for field in written.as_object().unwrap().keys() {
            assert!(properties.get(field).is_some(), "{pointer}: {field}");
        }
    };
    described("/properties", json);
    described("/properties/image/properties", &json["image"]);
    described("/properties/wanted/properties", &json["wanted"]);
    let root = "/properties/wanted/properties/trust_root/properties";
    described(root, &json["wanted"]["trust_root"]);
    if let Some(packages) = json.get("packages") {
        let root = "/properties/packages/properties";
        described(root, packages);
        for list in ["unlisted", "absent"] {
            let item = format!("{root}/{list}/items/properties");
            for package in packages[list].as_array().into_iter().flatten() {
                described(&item, package);
            }
        }
    }
    if let Some(policy) = json["wanted"].get("policy") {
        described("/properties/wanted/properties/policy/properties", policy);
    }
    let item = "/properties/signatures/items/properties";
    for signature in json["signatures"].as_array().unwrap() {
        described(item, signature);
        for unenforced in signature["not_enforced"].as_array().into_iter().flatten() {
            described(&format!("{item}/not_enforced/items/properties"), unenforced);
        }
        if let Some(signer) = signature.get("signer") {
            described(&format!("{item}/signer/properties"), signer);
        }
    }
    for gap in json["not_assessed"].as_array().unwrap() {
        described("/properties/not_assessed/items/properties", gap);
    }
}
