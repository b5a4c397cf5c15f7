//! `ringwall image verify`: who signed, in exit codes and words.

use std::fs;

use serde_json::json;

use crate::{
    folder::{Folder, Ran},
    signed_layout::{Key, Layout, Place, payload, statement},
};

const SIGNATURE: &str = "https://sigstore.dev/cosign/sign/v1";

struct Shop {
    folder: Folder,
    layout: Layout,
    key: Key,
}

impl Shop {
    fn new() -> Self {
        let (folder, key) = (Folder::new(&[]), Key::new());
        folder.write("cosign.pub", key.public_pem());
        folder.write("other.pub", Key::new().public_pem());
        Self {
            folder,
            layout: Layout::new(),
            key,
        }
    }

    fn signed() -> Self {
        let mut shop = Self::new();
        let payload = shop.layout.payload();
        let signature = shop.key.sign(&payload);
        shop.layout.sign(Place::Named, &[(payload, signature)]);
        shop
    }

    fn verify(&self, words: &[&str]) -> Ran {
        let path = self.layout.path().to_str().expect("a path");
        self.folder
            .run(&[&["image", "verify", path], words].concat())
    }
}

#[test]
fn a_signature_by_the_key_is_zero() {
    let shop = Shop::signed();
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains(&shop.layout.image), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("\nverified: signed by the key sha256:"),
        "{}",
        ran.stdout
    );
    let json = shop.verify(&["--key", "cosign.pub", "-o", "json"]).json();
    assert_eq!(json["verified"], true);
    assert_eq!(json["signatures"][0]["status"], "valid");
    let at = json["checked_at"].as_str().expect("a time");
    assert!(
        at.starts_with("20") && at.ends_with('Z') && at.len() == 20,
        "{at}"
    );
    assert_eq!(json["image"]["digests"], json!([shop.layout.image]));
}

#[test]
fn nothing_by_the_key_is_one() {
    let unsigned = Shop::new().verify(&["--key", "cosign.pub"]);
    assert_eq!(unsigned.code, 1, "{}", unsigned.stderr);
    assert!(
        unsigned.stdout.contains("nothing says who signed it"),
        "{}",
        unsigned.stdout
    );
    let shop = Shop::signed();
    let other = shop.verify(&["--key", "other.pub"]);
    assert_eq!(other.code, 1, "{}", other.stderr);
    assert!(
        other.stdout.contains("\nnot verified: no signature by"),
        "{}",
        other.stdout
    );
    // The log was asked for, and this signature has no entry.
    let logged = shop.verify(&["--key", "cosign.pub", "--require-log"]);
    assert_eq!(logged.code, 1, "{}", logged.stdout);
    assert!(
        logged
            .stdout
            .contains("no transparency log has recorded it"),
        "{}",
        logged.stdout
    );
    let anybody = ["--identity-regexp", ".*", "--issuer-regexp", ".*"];
    let anybody = shop.verify(&anybody);
    assert_eq!(anybody.code, 1, "{}", anybody.stdout);
    assert!(
        anybody.stdout.contains("no certificate says whose"),
        "{}",
        anybody.stdout
    );
}

#[test]
fn signatures_of_other_images_and_damaged_ones_are_one() {
    let mut shop = Shop::new();
    let elsewhere = payload(&format!("sha256:{}", "0b".repeat(32)));
    let signature = shop.key.sign(&elsewhere);
    let right = shop.layout.payload();
    let damaged = format!("!{}", shop.key.sign(&right));
    shop.layout
        .sign(Place::Marked, &[(elsewhere, signature), (right, damaged)]);
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("it is about sha256:0b0b"),
        "{}",
        ran.stdout
    );
    assert!(
        ran.stdout.contains("the signature cannot be understood"),
        "{}",
        ran.stdout
    );
}

#[test]
fn bundles_and_attestations_are_found_beside_the_image() {
    let mut shop = Shop::new();
    let signed = statement(&shop.layout.image, SIGNATURE, &json!({}));
    shop.layout.refer(&shop.key.envelope(&signed), true);
    let ran = shop.verify(&["--key", "cosign.pub", "--annotation", "team=shop"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert_eq!(
        shop.verify(&["--key", "cosign.pub", "--annotation", "team=bank"])
            .code,
        1
    );
    let wanted = ["--key", "cosign.pub", "--attestation", "slsaprovenance1"];
    assert_eq!(shop.verify(&wanted).code, 1);
    let predicate = json!({ "runDetails": { "builder": { "id": "https://builder.example" } } });
    let attested = statement(
        &shop.layout.image,
        "https://slsa.dev/provenance/v1",
        &predicate,
    );
    shop.layout
        .attest(Place::Named, &[shop.key.envelope(&attested)]);
    let ran = shop.verify(&wanted);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("built by https://builder.example"),
        "{}",
        ran.stdout
    );
}

#[test]
fn provenance_has_to_name_the_builder_and_the_source_that_are_wanted() {
    let mut shop = Shop::new();
    let predicate = json!({
        "buildDefinition": {"resolvedDependencies": [
            {"uri": "git+https://git.example/shop/app@refs/heads/main", "digest": {"gitCommit": "1f"}},
        ]},
        "runDetails": {"builder": {"id": "https://builder.example"}},
    });
    let attested = statement(
        &shop.layout.image,
        "https://slsa.dev/provenance/v1",
        &predicate,
    );
    shop.layout
        .attest(Place::Named, &[shop.key.envelope(&attested)]);
    let verify = |more: &[&str]| {
        let wanted = ["--key", "cosign.pub", "--attestation", "slsaprovenance1"];
        shop.verify(&[&wanted, more].concat())
    };
    let ran = verify(&[
        "--builder",
        "https://builder.example",
        "--source",
        "https://git.example/shop/app",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let said = "verified: built by https://builder.example, built from https://git.example/shop/app, attested by";
    assert!(ran.stdout.contains(said), "{}", ran.stdout);
    let ran = verify(&["--builder-regexp", "https://builder[.]example"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    for (flags, why) in [
        (
            ["--builder", "https://evil.example"],
            "it was built by another builder: https://builder.example",
        ),
        (
            ["--source", "https://git.example/shop/other"],
            "it was built from another source: git+https://git.example/shop/app@refs/heads/main",
        ),
        (
            ["--source-regexp", ".*@refs/tags/.*"],
            "it was built from another source",
        ),
    ] {
        let ran = verify(&flags);
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        assert!(ran.stdout.contains(why), "{}", ran.stdout);
    }
    // Of another attestation it would mean nothing, and of a signature.
    let ran = shop.verify(&[
        "--key",
        "cosign.pub",
        "--attestation",
        "spdxjson",
        "--builder",
        "b",
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("slsaprovenance1"), "{}", ran.stderr);
    assert_eq!(
        shop.verify(&["--key", "cosign.pub", "--builder", "b"]).code,
        2
    );
}

#[test]
fn a_signed_index_counts_for_each_of_its_images() {
    let mut shop = Shop::new();
    let (index, image) = shop.layout.wrap(&["amd64", "arm64"]);
    shop.layout.sign_as(&index, &shop.key);
    let words = [
        "--key",
        "cosign.pub",
        "--platform",
        "linux/arm64",
        "-o",
        "json",
    ];
    let ran = shop.verify(&words);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert_eq!(ran.json()["image"]["digests"], json!([index, image]));
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).code, 0);
    let ran = shop.verify(&["--key", "cosign.pub", "--platform", "linux/s390x"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("linux/amd64, linux/arm64"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_image_beside_another_is_no_signature_of_it() {
    let mut shop = Shop::signed();
    let mark = json!({ "annotations": { "kind": "dev.cosignproject.cosign/sigs" } });
    shop.layout.hide(false, &mark, &json!({}));
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(
        ran.stderr.contains("holds several images: shop:1"),
        "{}",
        ran.stderr
    );
    let mut shop = Shop::signed();
    shop.layout.hide(true, &mark, &json!({}));
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
}

#[test]
fn names_of_containerd_are_read() {
    let mut shop = Shop::new();
    let payload = shop.layout.payload();
    let signature = shop.key.sign(&payload);
    shop.layout
        .sign(Place::NamedByContainerd, &[(payload, signature)]);
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).code, 0);
}

#[test]
fn what_cannot_be_read_is_three() {
    let mut shop = Shop::new();
    let signed = statement(&shop.layout.image, SIGNATURE, &json!({}));
    let bundle = shop.layout.refer(&shop.key.envelope(&signed), true);
    fs::remove_file(shop.layout.file(&bundle)).expect("a file");
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stdout.contains("\nnot known: "), "{}", ran.stdout);
    let shop = Shop::signed();
    fs::remove_file(shop.layout.file(&shop.layout.image)).expect("a file");
    let ran = shop.verify(&["--key", "cosign.pub", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert_eq!(ran.not_assessed(), ["unreadable-image"]);
}

#[test]
fn a_changed_image_is_one_whoever_signed_it() {
    let shop = Shop::signed();
    fs::write(shop.layout.file(&shop.layout.layer), "something else").expect("a file");
    let ran = shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(ran.stdout.contains("damaged-content"), "{}", ran.stdout);
}

#[test]
fn wrong_usage_is_two() {
    let shop = Shop::signed();
    shop.folder
        .write("key.pem", "-----BEGIN PRIVATE KEY-----\n");
    shop.folder.write("root.json", "{}");
    let empty = json!({
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [], "certificateAuthorities": [], "ctlogs": [], "timestampAuthorities": [],
    });
    shop.folder.write("empty.json", empty.to_string());
    let check = |words: &[&str], expected: &str| {
        let ran = shop.verify(words);
        assert_eq!(ran.code, 2, "{words:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{words:?}: {}", ran.stderr);
    };
    check(&[], "nobody is named who has to have signed");
    check(&["--identity", "a@b"], "--issuer");
    check(&["--issuer", "https://a"], "required arguments");
    check(
        &["--key", "cosign.pub", "--identity", "a@b"],
        "cannot be used with",
    );
    check(
        &["--key", "cosign.pub", "--issuer", "https://a"],
        "cannot be used with",
    );
    check(&["--key", "none.pub"], "none.pub");
    check(&["--key", "key.pem"], "it is a private key");
    check(
        &["--key", "cosign.pub", "--trust-root", "root.json"],
        "trusted_root.json",
    );
    let by_name = ["--identity", "a@b", "--issuer", "https://a"];
    check(
        &[&by_name[..], &["--trust-root", "empty.json"]].concat(),
        "empty.json: the trust root cannot be used",
    );
    check(
        &["--key", "cosign.pub", "--attestation", "sbom"],
        "is neither a URI nor",
    );
    check(
        &["--key", "cosign.pub", "--annotation", "team"],
        "KEY=VALUE",
    );
    check(
        &["--identity-regexp", "(", "--issuer", "https://a"],
        "no regular expression",
    );
    check(&["--identity", "", "--issuer", "https://a"], "nobody's");
    let ran = shop
        .folder
        .run(&["image", "verify", "./shop", "--key", "cosign.pub"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("there is no such file or folder"),
        "{}",
        ran.stderr
    );
    // What was asked of images before is asked as before.
    let ran = shop.folder.run(&["image"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("FILE"), "{}", ran.stderr);
    let path = shop.layout.path().to_str().expect("a path");
    let ran = shop.folder.run(&["image", path, "-o", "json"]);
    assert_eq!(ran.json()["image"]["digest"], *shop.layout.image);
}

#[test]
fn a_file_at_the_name_of_an_image_is_neither_taken_nor_passed_over() {
    let folder = Folder::new(&[]);
    folder.write("cosign.pub", Key::new().public_pem());
    let run = |words: &[&str]| {
        let ran = folder.run(&[&["image"], words].concat());
        (ran.code, ran.stderr)
    };
    for name in [
        "registry.example.com/shop:1.2",
        "127.0.0.1:1/shop/app:2",
        "localhost/shop",
    ] {
        folder.write(&format!("{name}/index.json"), "{}");
        for words in [
            &["verify", name, "--key", "cosign.pub"][..],
            &[name],
            &["diff", name, "./other"],
        ] {
            let (code, told) = run(words);
            assert_eq!(code, 2, "{words:?}: {told}");
            assert!(told.contains(&format!("write ./{name} for")), "{told}");
        }
    }
    for name in [
        "./registry.example.com/shop:1.2",
        "images/shop",
        "Images/shop",
        "v1.2/shop.tar",
    ] {
        folder.write(&format!("{name}/index.json"), "{}");
        let (_, told) = run(&["verify", name, "--key", "cosign.pub"]);
        assert!(!told.contains("as well"), "{told}");
    }
}

#[test]
fn a_section_by_which_nobody_is_trusted_is_told_before_an_image_is_asked_for() {
    let folder = Folder::new(&[("pod.yaml", "kind: Pod\n")]);
    let check = |entry: &str, words: &[&str], expected: &str| {
        let scan = "[image-policy]\nreports = \"reports\"\n[serve.scan]\njudge-again = true\n";
        let images = "[[trust]]\nimages = [\"registry.example.com/**\"]\n";
        folder.write("ringwall.toml", format!("{scan}{images}{entry}\n"));
        let ran = folder.run(words);
        assert_eq!(ran.code, 2, "{entry}: {}", ran.stderr);
        assert!(ran.stderr.contains(expected), "{entry}: {}", ran.stderr);
    };
    let serve = ["serve", "--self-made", "certificates"];
    let without_issuer = "identity = \"me@shop.example\"";
    check(without_issuer, &["scan", "."], "trust 1 needs an issuer");
    check(without_issuer, &serve, "trust 1 needs an issuer");
    // A scan verifies nothing, and needs no key.
    check("key = \"absent.pub\"", &serve, "absent.pub");
}
