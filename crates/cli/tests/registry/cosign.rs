//! cosign itself: it verifies what we sign, and we verify what it signs.
//!
//! `make cosign` builds versions 2 and 3 of it; where they are not, the tests say so and skip.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{
    image::{Layout, push},
    kept,
    signing::{KEY_PASSWORD, Shop},
};

/// The versions that the script beside this file builds.
const VERSIONS: [&str; 2] = ["v2.6.5", "v3.1.3"];

const PROVENANCE: &str =
    r#"{"builder": {"id": "https://builder.example"}, "buildType": "make", "invocation": {}}"#;

/// cosign of one version, in a shop.
struct Cosign<'s> {
    program: PathBuf,
    shop: &'s Shop,
    is_new: bool,
}

/// All versions that are here.
fn all(shop: &Shop) -> Vec<Cosign<'_>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/cosign");
    let found = VERSIONS.iter().filter_map(|version| {
        let program = folder.join(format!("cosign-{version}"));
        if !program.exists() {
            println!("skipped: cosign {version} is not here; `make cosign` builds it");
            return None;
        }
        Some(Cosign {
            program,
            shop,
            is_new: version.starts_with("v3"),
        })
    });
    found.collect()
}

impl Cosign<'_> {
    /// Runs a command with words; what it says where it fails.
    fn run(&self, words: &[&str]) -> Result<(), String> {
        let home = self.shop.home.folder.path();
        let output = Command::new(&self.program)
            .args(words)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("COSIGN_PASSWORD", KEY_PASSWORD)
            .env("SSL_CERT_FILE", self.shop.registry.path("ca.pem"))
            // Whatever it would ask elsewhere is refused.
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .expect("cosign runs");
        if output.status.success() {
            return Ok(());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn verifies(&self, name: &str, key: &str, words: &[&str]) -> Result<(), String> {
        let first = ["verify", "--insecure-ignore-tlog=true", "--key", key];
        self.run(&[&first, words, &[name]].concat())
    }

    fn verifies_attestation(
        &self,
        name: &str,
        kind: &str,
        key: &str,
        words: &[&str],
    ) -> Result<(), String> {
        let first = ["verify-attestation", "--insecure-ignore-tlog=true"];
        let asked = ["--type", kind, "--key", key, name];
        self.run(&[&first, words, &asked].concat())
    }

    /// `sign` or `attest`, without a log; version 3 writes bundles unless told otherwise.
    fn signs(&self, command: &str, with_bundle: bool, words: &[&str]) {
        let name = self.shop.name();
        let mut all = vec![command, "--tlog-upload=false", "--yes"];
        if self.is_new {
            all.push("--use-signing-config=false");
            all.push(if with_bundle {
                "--new-bundle-format=true"
            } else {
                "--new-bundle-format=false"
            });
        }
        all.extend(words);
        all.push(&name);
        self.run(&all).expect("cosign signs");
    }
}

/// Version 2 wants to know whom to trust for bundles, also where a key decides.
const NOBODY: &str =
    r#"{"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1"}"#;

/// A shop with what is attested.
fn shop() -> Option<Shop> {
    let shop = Shop::open(&["amd64"])?;
    shop.home.write("built.json", PROVENANCE);
    Some(shop)
}

/// The words for an attestation.
fn attested(key: &str) -> [&str; 6] {
    [
        "--type",
        "slsaprovenance",
        "--predicate",
        "built.json",
        "--key",
        key,
    ]
}

fn is_error(result: Result<(), String>, word: &str) {
    let error = result.expect_err("cosign refuses");
    assert!(error.contains(word), "{error}");
}

#[test]
fn cosign_verifies_what_we_sign() {
    let Some(shop) = shop() else { return };
    let name = shop.name();
    shop.does("sign", &["--key", "cosign.key", "-a", "team=shop"]);
    shop.does("sign", &["--key", "other.key"]);
    shop.does("attest", &attested("cosign.key"));
    for cosign in all(&shop) {
        // Two signatures stand beside each other.
        for key in ["cosign.pub", "other.pub"] {
            cosign.verifies(&name, key, &[]).expect(key);
        }
        let words = |value| ["-a", value];
        let with = |value| cosign.verifies(&name, "cosign.pub", &words(value));
        with("team=shop").expect("the annotation is there");
        assert!(with("team=other").is_err());
        let asked = |kind, key| cosign.verifies_attestation(&name, kind, key, &[]);
        asked("slsaprovenance", "cosign.pub").expect("an attestation");
        assert!(asked("slsaprovenance", "other.pub").is_err());
        assert!(asked("spdxjson", "cosign.pub").is_err());
    }
}

#[test]
fn cosign_verifies_what_keys_of_other_kinds_sign() {
    let Some(shop) = shop() else { return };
    let name = shop.name();
    let found = all(&shop);
    let kinds: [&[&str]; 3] = [
        &["EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
        &["ed25519"],
        &["RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    ];
    for kind in kinds {
        let openssl = |words: &[&str]| {
            let home = shop.home.folder.path();
            let output = Command::new("openssl")
                .args(words)
                .current_dir(home)
                .output();
            output.is_ok_and(|it| it.status.success())
        };
        let made = ["genpkey", "-out", "kind.key", "-algorithm"];
        if found.is_empty() || !openssl(&[&made, kind].concat()) {
            println!("skipped: no cosign, or no openssl with {}", kind[0]);
            continue;
        }
        assert!(openssl(&[
            "pkey", "-in", "kind.key", "-pubout", "-out", "kind.pub"
        ]));
        let path = shop.home.folder.path().join("kind.key");
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
        shop.does("sign", &["--key", "kind.key"]);
        shop.does("attest", &attested("kind.key"));
        for cosign in &found {
            cosign.verifies(&name, "kind.pub", &[]).expect(kind[0]);
            let asked = cosign.verifies_attestation(&name, "slsaprovenance", "kind.pub", &[]);
            asked.expect(kind[0]);
        }
    }
}

#[test]
fn cosign_verifies_our_bundles() {
    let Some(shop) = shop() else { return };
    let name = shop.name();
    shop.does(
        "sign",
        &["--bundle", "--key", "cosign.key", "-a", "team=shop"],
    );
    shop.does("sign", &["--bundle", "--key", "other.key"]);
    let words = [&["--bundle"][..], &attested("cosign.key")].concat();
    shop.does("attest", &words);
    shop.home.write("nobody.json", NOBODY);
    for cosign in all(&shop) {
        let root: &[&str] = if cosign.is_new {
            &[]
        } else {
            &["--trusted-root", "nobody.json"]
        };
        for key in ["cosign.pub", "other.pub"] {
            cosign.verifies(&name, key, root).expect(key);
        }
        let words = |value| [root, &["-a", value]].concat();
        let with = |value| cosign.verifies(&name, "cosign.pub", &words(value));
        with("team=shop").expect("the annotation is there");
        // Version 2 does not look at annotations of bundles.
        assert_eq!(with("team=other").is_err(), cosign.is_new);
        let asked = |kind, key| cosign.verifies_attestation(&name, kind, key, root);
        asked("slsaprovenance", "cosign.pub").expect("an attestation");
        assert!(asked("slsaprovenance", "other.pub").is_err());
    }
}

#[test]
fn we_verify_what_cosign_signs() {
    let Some(mut shop) = shop() else { return };
    for at in 0..all(&shop).len() {
        for with_bundle in [false, true] {
            let cosign = &all(&shop)[at];
            if with_bundle && !cosign.is_new {
                continue;
            }
            // Ours stands there already, and stays.
            shop.does("sign", &["--key", "other.key"]);
            cosign.signs(
                "sign",
                with_bundle,
                &["--key", "cosign.key", "-a", "team=shop"],
            );
            cosign.signs("attest", with_bundle, &attested("cosign.key"));
            let words = ["--key", "cosign.pub", "--annotation", "team=shop"];
            let (code, report) = shop.verify(&words);
            assert_eq!(code, 0, "{report}");
            assert_eq!(shop.verify(&["--key", "other.pub"]).0, 0);
            let words = ["--key", "cosign.pub", "--attestation", "slsaprovenance"];
            let (code, report) = shop.verify(&words);
            assert_eq!(code, 0, "{report}");
            assert!(report.to_string().contains("https://builder.example"));
            let words = ["--key", "other.pub", "--attestation", "slsaprovenance"];
            assert_eq!(shop.verify(&words).0, 1);

            let name = shop.name();
            let saved = shop.home.folder.path().join("saved");
            let saved_to = saved.display().to_string();
            cosign
                .run(&["save", "--dir", &saved_to, &name])
                .expect("cosign saves");
            assert_eq!(shop.verify_layout(&saved, &["--key", "cosign.pub"]).0, 0);
            // The next one begins with nothing.
            let Some(other) = self::shop() else { return };
            shop = other;
        }
    }
}

#[test]
fn a_signature_is_added_to_those_of_cosign() {
    let Some(shop) = shop() else { return };
    let name = shop.name();
    for cosign in all(&shop) {
        cosign.signs("sign", false, &["--key", "cosign.key"]);
        let said = shop.does("sign", &["--key", "other.key"]);
        assert!(said.contains(", one of 2"), "{said}");
        // What cosign signs without annotations are the bytes that we sign.
        let said = shop.does("sign", &["--key", "cosign.key"]);
        assert!(said.contains("as it was already"), "{said}");
        cosign.verifies(&name, "cosign.pub", &[]).expect("its own");
        cosign.verifies(&name, "other.pub", &[]).expect("ours");
        let words = ["-a", "by=us"];
        shop.does("sign", &[&["--key", "other.key"], &words[..]].concat());
        shop.registry.delete_tag("team/shop", &shop.tag(".sig"));
    }
}

/// Copies what is under a tag to the tag of an image in another repository, changed.
fn copy(shop: &Shop, manifest: &Value, tag: &str) {
    let parts = manifest["layers"].as_array().expect("layers").iter();
    for part in parts.chain([&manifest["config"]]) {
        let digest = part["digest"].as_str().expect("a digest");
        let bytes = kept::blob(&shop.registry, digest);
        shop.registry.push_blob("team/other", digest, bytes);
    }
    let bytes = manifest.to_string();
    shop.registry
        .push_manifest("team/other", tag, bytes.as_bytes());
}

#[test]
fn what_was_tampered_with_is_refused_by_both() {
    let Some(shop) = shop() else { return };
    shop.does("sign", &["--key", "cosign.key"]);
    shop.does("attest", &attested("cosign.key"));
    let layout = Layout::new(&["s390x"]);
    push(&shop.registry, layout.folder.path(), "team/other", "1");
    let tags = kept::tags(&shop.registry, "team/other");
    let other = tags[0].1.replace(':', "-");
    let name = format!("{}/team/other:1", shop.registry.address);
    let [sig, att] = [".sig", ".att"].map(|end| shop.manifest(end).expect("a manifest"));
    let ours = |words: &[&str]| {
        let layout = kept::layout(&shop.registry, "team/other");
        shop.verify_layout(layout.path(), words).0
    };
    let found = all(&shop);
    // What is signed of one image, beside another.
    copy(&shop, &sig, &format!("{other}.sig"));
    copy(&shop, &att, &format!("{other}.att"));
    assert_eq!(ours(&["--key", "cosign.pub"]), 1);
    assert_eq!(
        ours(&["--key", "cosign.pub", "--attestation", "slsaprovenance"]),
        1
    );
    for cosign in &found {
        is_error(
            cosign.verifies(&name, "cosign.pub", &[]),
            "no matching signatures",
        );
        let asked = cosign.verifies_attestation(&name, "slsaprovenance", "cosign.pub", &[]);
        is_error(asked, "no matching attestations");
    }
    // Beside the image itself, with a signature over something else.
    let key = "dev.cosignproject.cosign/signature";
    let mut wrong = sig;
    let signature = wrong["layers"][0]["annotations"][key]
        .as_str()
        .expect("one")
        .to_owned();
    let middle = signature.len() / 2;
    let replaced = if &signature[middle..=middle] == "A" {
        "B"
    } else {
        "A"
    };
    let damaged = format!(
        "{}{replaced}{}",
        &signature[..middle],
        &signature[middle + 1..]
    );
    wrong["layers"][0]["annotations"][key] = damaged.into();
    let tag = shop.tag(".sig");
    shop.registry
        .push_manifest("team/shop", &tag, wrong.to_string().as_bytes());
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).0, 1);
    for cosign in &found {
        let refused = cosign.verifies(&shop.name(), "cosign.pub", &[]);
        is_error(refused, "no matching signatures");
    }
}
