//! Signatures of images, from the layout to the verdict.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot prepare its input has failed"
)]

#[path = "support/signed_layout.rs"]
mod signed_layout;

use std::{collections::BTreeMap, fs, path::Path};

use ringwall_collect::image::{ImageError, open_image, open_signatures};
use ringwall_engine::{DemandedSigner, SignatureDemand, verify_image};
use ringwall_image::Platform;
use ringwall_report::{SignatureStatus, VerificationReport, VerificationWanted};
use ringwall_trust::{LogUse, ProvenanceRules, PublicKey, SIGNATURE_PREDICATE, Signer, TrustRoot};
use serde_json::json;

use signed_layout::{Key, Layout, Place, payload, statement};

const PROVENANCE: &str = "https://slsa.dev/provenance/v1";

fn demand(key: &Key) -> SignatureDemand {
    let key = PublicKey::from_pem(key.public_pem().as_bytes()).unwrap();
    SignatureDemand {
        wanted: VerificationWanted {
            key: Some(key.fingerprint()),
            ..VerificationWanted::default()
        },
        built: ProvenanceRules::default(),
        signer: DemandedSigner::Sigstore {
            signer: Signer::Key(key, LogUse::Optional),
            root: Box::new(TrustRoot::embedded().unwrap()),
        },
    }
}

fn verify(path: &Path, demand: &SignatureDemand) -> VerificationReport {
    let image = open_signatures(path, None).unwrap();
    verify_image(&image, "shop", demand)
}

fn statuses(report: &VerificationReport) -> Vec<SignatureStatus> {
    report.signatures.iter().map(|it| it.status).collect()
}

#[test]
fn a_signature_is_found_wherever_cosign_puts_it() {
    for place in [Place::Named, Place::NamedByContainerd, Place::Marked] {
        let (key, mut layout) = (Key::new(), Layout::new());
        let payload = layout.payload();
        let signature = key.sign(&payload);
        layout.sign(place, &[(payload, signature)]);
        let report = verify(layout.path(), &demand(&key));
        assert!(report.is_verified, "{report:?}");
        assert_eq!(report.image.digests, [layout.image.clone()]);
        assert_eq!(report.image.names, ["shop:1"]);
        let [signature] = report.signatures.as_slice() else {
            panic!("{report:?}");
        };
        assert_eq!(signature.kind, "signature");
        assert_eq!(signature.image.as_ref(), Some(&layout.image));
        assert_eq!(signature.annotations["team"], "shop");
        let report = verify(layout.path(), &demand(&Key::new()));
        assert!(!report.is_verified && !report.is_undecided(), "{report:?}");
        let folder = tempfile::TempDir::new().unwrap();
        let archive = folder.path().join("shop.tar");
        let mut builder = tar::Builder::new(fs::File::create(&archive).unwrap());
        builder.append_dir_all(".", layout.path()).unwrap();
        builder.finish().unwrap();
        assert!(verify(&archive, &demand(&key)).is_verified);
        // The image itself can still be told from what is attached to it.
        let image = open_image(layout.path(), None).unwrap();
        assert_eq!(image.digest.unwrap().to_string(), layout.image);
    }
}

#[test]
fn one_right_signature_among_wrong_ones_is_enough() {
    let (key, other, mut layout) = (Key::new(), Key::new(), Layout::new());
    let right = layout.payload();
    let elsewhere = payload(&format!("sha256:{}", "0b".repeat(32)));
    let no_payload = b"hello".to_vec();
    let damaged = format!("!{}", key.sign(&right));
    let wrong = vec![
        (right.clone(), other.sign(&right)),
        (elsewhere.clone(), key.sign(&elsewhere)),
        (no_payload.clone(), key.sign(&no_payload)),
        (right.clone(), damaged),
        (right.clone(), String::new()),
    ];
    layout.sign(Place::Named, &wrong);
    let report = verify(layout.path(), &demand(&key));
    assert!(!report.is_verified && !report.is_undecided(), "{report:?}");
    assert_eq!(statuses(&report), [SignatureStatus::Invalid; 5]);
    for (signature, expected) in report.signatures.iter().zip([
        "not made by the key",
        "it is about sha256:0b0b",
        "the payload cannot be understood",
        "the signature cannot be understood",
        "not made by the key",
    ]) {
        let reason = signature.reason.as_ref().unwrap();
        assert!(reason.contains(expected), "{reason}");
    }
    layout.sign(Place::Marked, &[(right.clone(), key.sign(&right))]);
    assert!(verify(layout.path(), &demand(&key)).is_verified);
}

#[test]
fn bundles_that_refer_to_the_image_are_found_in_the_index_and_beside_it() {
    for is_named in [true, false] {
        let (key, mut layout) = (Key::new(), Layout::new());
        let signed = statement(&layout.image, SIGNATURE_PREDICATE, &json!({}));
        layout.refer(&key.envelope(&signed), is_named);
        let report = verify(layout.path(), &demand(&key));
        assert!(report.is_verified, "{report:?}");
        assert_eq!(report.signatures[0].kind, "bundle");
        assert_eq!(report.signatures[0].predicate_type, None);
        assert!(!verify(layout.path(), &demand(&Key::new())).is_verified);
        assert!(open_image(layout.path(), None).is_ok());
    }
}

#[test]
fn an_attestation_counts_where_it_is_asked_for() {
    let predicate = json!({
        "runDetails": { "builder": { "id": "https://builder.example" } },
        "buildDefinition": { "resolvedDependencies": [
            { "uri": "git+https://git.example/shop", "digest": { "gitCommit": "c0ffee" } },
        ]},
    });
    let attested = |predicate_type: &str| {
        let (key, mut layout) = (Key::new(), Layout::new());
        let said = statement(&layout.image, predicate_type, &predicate);
        layout.attest(Place::Named, &[key.envelope(&said)]);
        layout.refer(&key.envelope(&said), true);
        (key, layout)
    };
    let (key, layout) = attested(PROVENANCE);
    let report = verify(layout.path(), &demand(&key));
    assert!(!report.is_verified && !report.is_undecided());
    assert_eq!(statuses(&report), [SignatureStatus::Other; 2]);
    let asked = |wanted: &str| {
        let mut demand = demand(&key);
        demand.wanted.attestation = Some(wanted.to_owned());
        verify(layout.path(), &demand)
    };
    let report = asked(PROVENANCE);
    assert!(report.is_verified, "{report:?}");
    for signature in &report.signatures {
        assert_eq!(
            signature.builder.as_deref(),
            Some("https://builder.example")
        );
        assert_eq!(
            signature.source.as_deref(),
            Some("git+https://git.example/shop")
        );
        assert_eq!(signature.commit.as_deref(), Some("c0ffee"));
    }
    assert!(!asked("https://spdx.dev/Document").is_verified);
    // A signature is no attestation.
    let mut layout = Layout::new();
    let payload = layout.payload();
    layout.sign(Place::Named, &[(payload.clone(), key.sign(&payload))]);
    let mut wanted = demand(&key);
    wanted.wanted.attestation = Some(PROVENANCE.to_owned());
    assert!(!verify(layout.path(), &wanted).is_verified);
}

#[test]
fn words_that_are_wanted_have_to_be_said() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let payload = layout.payload();
    layout.sign(Place::Named, &[(payload.clone(), key.sign(&payload))]);
    let signed = statement(&layout.image, SIGNATURE_PREDICATE, &json!({}));
    layout.refer(&key.envelope(&signed), true);
    for (team, expected) in [
        ("shop", SignatureStatus::Valid),
        ("bank", SignatureStatus::Other),
    ] {
        let mut wanted = demand(&key);
        wanted.wanted.annotations = BTreeMap::from([("team".to_owned(), team.to_owned())]);
        let report = verify(layout.path(), &wanted);
        assert_eq!(statuses(&report), [expected; 2], "{report:?}");
    }
}

#[test]
fn what_cannot_be_read_leaves_it_open() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let signed = statement(&layout.image, SIGNATURE_PREDICATE, &json!({}));
    let bundle = layout.refer(&key.envelope(&signed), true);
    fs::write(layout.file(&bundle), "{}").unwrap();
    let report = verify(layout.path(), &demand(&key));
    assert!(report.is_undecided(), "{report:?}");
    assert_eq!(statuses(&report), [SignatureStatus::Undecided]);
    fs::remove_file(layout.file(&bundle)).unwrap();
    assert!(verify(layout.path(), &demand(&key)).is_undecided());
    // A version that is not known may be right.
    let mut layout = Layout::new();
    let later = r#"{"mediaType": "application/vnd.dev.sigstore.bundle.v0.9+json"}"#;
    layout.refer_with(later.as_bytes(), true);
    assert!(verify(layout.path(), &demand(&key)).is_undecided());
    // One that is known and damaged is wrong.
    let mut layout = Layout::new();
    layout.refer_with(b"{}", true);
    let report = verify(layout.path(), &demand(&key));
    assert_eq!(statuses(&report), [SignatureStatus::Invalid]);
    assert!(!report.is_undecided());
    // One that is larger than any signature is not read.
    let mut layout = Layout::new();
    layout.refer_with(&vec![b' '; (16 << 20) + 1], true);
    assert!(verify(layout.path(), &demand(&key)).is_undecided());
}

#[test]
fn a_signature_says_nothing_of_an_image_that_was_changed() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let payload = layout.payload();
    layout.sign(Place::Named, &[(payload.clone(), key.sign(&payload))]);
    assert!(verify(layout.path(), &demand(&key)).is_verified);
    fs::write(layout.file(&layout.layer), "something else").unwrap();
    let report = verify(layout.path(), &demand(&key));
    assert!(!report.is_verified && !report.is_intact, "{report:?}");
    assert!(!report.is_undecided());
    assert_eq!(report.not_assessed[0].id, "damaged-content");
    fs::remove_file(layout.file(&layout.layer)).unwrap();
    let report = verify(layout.path(), &demand(&key));
    assert!(!report.is_verified && report.is_undecided(), "{report:?}");
    assert_eq!(report.not_assessed[0].id, "unreadable-content");
    fs::write(layout.file(&layout.image), "{}").unwrap();
    let error = open_signatures(layout.path(), None).unwrap_err();
    assert!(matches!(error, ImageError::NoImage { .. }), "{error}");
}

#[test]
fn a_signature_of_an_index_is_one_of_each_of_its_images() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let (index, digest) = layout.wrap(&["amd64", "arm64"]);
    layout.sign_as(&index, &key);
    let report = verify(layout.path(), &demand(&key));
    assert!(report.is_verified, "{report:?}");
    assert_eq!(report.image.digests, std::slice::from_ref(&index));
    let platform = |architecture: &str| Platform {
        os: "linux".to_owned(),
        architecture: architecture.to_owned(),
        variant: None,
    };
    let image = open_signatures(layout.path(), Some(&platform("arm64"))).unwrap();
    let report = verify_image(&image, "shop", &demand(&key));
    assert!(report.is_verified, "{report:?}");
    assert_eq!(report.image.digests, [index.clone(), digest]);
    assert_eq!(report.signatures[0].image, Some(index));
    let error = open_signatures(layout.path(), Some(&platform("s390x"))).unwrap_err();
    assert!(matches!(error, ImageError::Platforms { .. }), "{error}");
}

#[test]
fn a_signature_of_the_only_image_of_an_index_is_none_of_the_index() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let (index, digest) = layout.wrap(&["amd64"]);
    layout.sign_as(&digest, &key);
    let report = verify(layout.path(), &demand(&key));
    assert!(!report.is_verified, "{report:?}");
    assert_eq!(report.image.digests, std::slice::from_ref(&index));
    let platform = Platform::parse("linux/amd64").unwrap();
    let image = open_signatures(layout.path(), Some(&platform)).unwrap();
    let report = verify_image(&image, "shop", &demand(&key));
    assert!(report.is_verified, "{report:?}");
    assert_eq!(report.image.digests, [index, digest]);
}

#[test]
fn an_image_is_one_whatever_it_is_marked_as() {
    let elsewhere = format!("sha256-{}", "0".repeat(64));
    let named =
        |name: &str| json!({ "annotations": { "org.opencontainers.image.ref.name": name } });
    let marks = [
        (
            json!({ "annotations": { "kind": "dev.cosignproject.cosign/sigs" } }),
            json!({}),
        ),
        (
            json!({ "artifactType": "application/vnd.cncf.notary.signature" }),
            json!({ "artifactType": "application/vnd.cncf.notary.signature" }),
        ),
        (named(&elsewhere), json!({})),
        (named(&format!("{elsewhere}.sig")), json!({})),
        (
            json!({}),
            json!({ "subject": { "digest": format!("sha256:{}", "0".repeat(64)), "size": 1 } }),
        ),
    ];
    for (entry, manifest) in marks {
        let signed = || {
            let (key, mut layout) = (Key::new(), Layout::new());
            let image = layout.image.clone();
            layout.sign_as(&image, &key);
            (key, layout)
        };
        // Beside the image, nobody says which of both is meant.
        let (_, mut layout) = signed();
        layout.hide(false, &entry, &manifest);
        for error in [
            open_signatures(layout.path(), None).unwrap_err(),
            open_image(layout.path(), None).unwrap_err(),
        ] {
            assert!(
                matches!(error, ImageError::Several { .. }),
                "{entry}: {error}"
            );
            assert!(error.to_string().contains("shop:1 (sha256:"), "{error}");
        }
        // In one index, the signature of an image is none of the other.
        for platform in [None, Some("arm64")] {
            let (key, mut layout) = signed();
            let mut entry = entry.clone();
            if let Some(platform) = platform {
                entry["platform"] = json!({ "os": "linux", "architecture": platform });
            }
            layout.hide(true, &entry, &manifest);
            let report = verify(layout.path(), &demand(&key));
            assert!(!report.is_verified, "{entry}: {report:?}");
            assert!(open_image(layout.path(), None).is_err(), "{entry}");
        }
    }
}

/// Docker's old store loads what `manifest.json` names, whatever is signed in `index.json`.
#[test]
fn a_signature_counts_where_both_lists_lead_to_what_is_signed() {
    let config = |layout: &Layout, digest: &str| {
        let manifest = fs::read_to_string(layout.file(digest)).unwrap();
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        let digest = manifest["config"]["digest"].as_str().unwrap();
        digest.trim_start_matches("sha256:").to_owned()
    };
    let open = |layout: &Layout, configs: &[&str], platform: Option<&str>| {
        let saved: Vec<_> = configs
            .iter()
            .map(|it| json!({ "Config": format!("blobs/sha256/{it}"), "Layers": [] }))
            .collect();
        let saved = serde_json::Value::from(saved).to_string();
        fs::write(layout.path().join("manifest.json"), saved).unwrap();
        let platform = platform.map(|it| Platform::parse(it).unwrap());
        open_signatures(layout.path(), platform.as_ref()).map(|_| ())
    };
    let other = |layout: &Layout, machine: &str| {
        let text = json!({ "os": "linux", "architecture": machine, "config": { "User": "root" } });
        let name = "0".repeat(64);
        fs::write(layout.file(&name), text.to_string()).unwrap();
        name
    };
    let layout = Layout::new();
    let own = config(&layout, &layout.image);
    assert!(open(&layout, &[&own], None).is_ok());
    // Nobody can load what is not there.
    assert!(open(&layout, &[&"1".repeat(64)], None).is_ok());
    // What it calls itself does not make it another's.
    for machine in ["amd64", "arm64"] {
        let other = other(&layout, machine);
        for (configs, platform) in [
            (vec![&*other], None),
            (vec![&*own, &*other], None),
            (vec![&*own, &*other], Some("linux/amd64")),
        ] {
            let error = open(&layout, &configs, platform).unwrap_err();
            assert!(error.to_string().contains("holds two images"), "{error}");
        }
    }
    // Of an index that is signed as a whole, each image is.
    let mut layout = Layout::new();
    let amd = config(&layout, &layout.image);
    let (_, arm) = layout.wrap(&["amd64", "arm64"]);
    let arm = config(&layout, &arm);
    assert!(open(&layout, &[&amd, &arm], None).is_ok());
    let other = other(&layout, "arm64");
    assert!(open(&layout, &[&amd, &arm, &other], None).is_err());
}

#[test]
fn no_more_signatures_are_looked_at_than_a_thousand() {
    let (key, mut layout) = (Key::new(), Layout::new());
    let payload = layout.payload();
    layout.sign(Place::Named, &vec![(payload.clone(), String::new()); 1_001]);
    let report = verify(layout.path(), &demand(&key));
    assert_eq!(report.signatures.len(), 1_000);
    assert!(report.is_undecided());
    assert!(
        report.not_assessed[0].reason.contains("more than 1000"),
        "{report:?}"
    );
}

#[test]
fn one_large_file_is_not_read_a_thousand_times() {
    let mut layout = Layout::new();
    let large = vec![b' '; 16 << 20];
    layout.sign(Place::Named, &vec![(large, String::new()); 20]);
    let image = open_signatures(layout.path(), None).unwrap();
    assert_eq!(image.attached.len(), 16);
    assert!(image.unreadable[0].reason.contains("256 MiB"));
}

#[test]
fn what_is_no_layout_says_so() {
    let folder = tempfile::TempDir::new().unwrap();
    fs::write(folder.path().join("manifest.json"), "[]").unwrap();
    let error = open_signatures(folder.path(), None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("index.json"), "{error}");
}
