//! Images are signed in a real registry, and what stands there is verified.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use rcgen::KeyPair;
use serde_json::Value;

use crate::{
    image::{Layout, digest, push},
    kept,
    registry::{Home, PASSWORD, Ran, Registry},
};

/// Made by `cosign generate-key-pair`, for tests and nothing else.
pub(crate) const KEY: &str = include_str!("../../../trust/tests/data/cosign.key");
pub(crate) const PUBLIC: &str = include_str!("../../../trust/tests/data/cosign.pub");
pub(crate) const KEY_PASSWORD: &str = "open-sesame-4711";

/// A registry with an image, and somebody who may sign it.
pub(crate) struct Shop {
    pub(crate) registry: Registry,
    pub(crate) home: Home,
    ca: String,
}

impl Shop {
    /// `None` where there is no registry here.
    pub(crate) fn open(architectures: &[&str]) -> Option<Self> {
        let registry = Registry::start()?;
        let layout = Layout::new(architectures);
        push(&registry, layout.folder.path(), "team/shop", "1");
        let home = Home::logged_in(&registry, PASSWORD);
        let other = KeyPair::generate().expect("a key");
        for (name, text) in [
            ("cosign.key", KEY),
            ("cosign.pub", PUBLIC),
            ("other.key", &other.serialize_pem()),
            ("other.pub", &other.public_key_pem()),
        ] {
            let path = home.write(name, text);
            fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
        }
        let ca = registry.path("ca.pem");
        Some(Self { registry, home, ca })
    }

    pub(crate) fn name(&self) -> String {
        format!("{}/team/shop:1", self.registry.address)
    }

    /// `image sign` or `image attest` of the image, with words.
    pub(crate) fn run(&self, command: &str, words: &[&str]) -> Ran {
        let name = self.name();
        let first = ["image", command, &*name, "--registry-ca", &*self.ca];
        let set = [("COSIGN_PASSWORD", KEY_PASSWORD)];
        let ran = self.home.run(&[&first, words].concat(), &set);
        assert!(!ran.stderr.contains(KEY_PASSWORD), "{}", ran.stderr);
        assert!(!ran.stdout.contains(KEY_PASSWORD), "{}", ran.stdout);
        ran
    }

    /// The same, which succeeds.
    #[track_caller]
    pub(crate) fn does(&self, command: &str, words: &[&str]) -> String {
        let ran = self.run(command, words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    }

    /// `image verify` of the image in its registry: the code, and the report, which says the same as that of all that
    /// the registry keeps.
    pub(crate) fn verify(&self, words: &[&str]) -> (i32, Value) {
        let layout = kept::layout(&self.registry, "team/shop");
        let (code, kept) = self.verify_layout(layout.path(), words);
        let ran = self.run("verify", &[&["-o", "json"], words].concat());
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        assert_eq!(ran.code, code, "{}", ran.stdout);
        let signatures = |report: &Value| {
            let mut all = report["signatures"].as_array().expect("signatures").clone();
            all.sort_by_key(ToString::to_string);
            all
        };
        assert_eq!(signatures(&report), signatures(&kept));
        assert_eq!(report["not_assessed"], kept["not_assessed"]);
        (code, report)
    }

    pub(crate) fn verify_layout(&self, layout: &Path, words: &[&str]) -> (i32, Value) {
        let layout = layout.to_str().expect("UTF-8");
        let first = ["image", "verify", layout, "-o", "json"];
        let ran = self.home.run(&[&first, words].concat(), &[]);
        let report = serde_json::from_str(&ran.stdout);
        (
            ran.code,
            report.unwrap_or_else(|_| panic!("{}", ran.stderr)),
        )
    }

    /// What is signed: the digest behind the tag.
    pub(crate) fn digest(&self) -> String {
        let tags = kept::tags(&self.registry, "team/shop");
        let (_, digest) = tags.into_iter().find(|(tag, _)| tag == "1").expect("a tag");
        digest
    }

    /// A tag of cosign's beside the image.
    pub(crate) fn tag(&self, end: &str) -> String {
        format!("{}{end}", self.digest().replace(':', "-"))
    }

    pub(crate) fn manifest(&self, end: &str) -> Option<Value> {
        kept::manifest(&self.registry, "team/shop", &self.tag(end))
    }

    /// The tags of the repository.
    fn tags(&self) -> Vec<(String, String)> {
        kept::tags(&self.registry, "team/shop")
    }
}

fn layers(manifest: &Value) -> usize {
    manifest["layers"].as_array().expect("layers").len()
}

#[test]
fn signatures_stand_beside_those_that_are_there() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).0, 1);
    let said = shop.does("sign", &["--key", "cosign.key"]);
    let named = format!("team/shop@{} is signed\n", shop.digest());
    assert!(said.contains(&named), "{said}");
    assert!(
        said.contains(&format!("  in {}\n", shop.tag(".sig"))),
        "{said}"
    );
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).0, 0);
    assert_eq!(shop.verify(&["--key", "other.pub"]).0, 1);

    // Again: nothing is written.
    let before = shop.tags();
    let said = shop.does("sign", &["--key", "cosign.key"]);
    assert!(said.contains("is signed, as it was already\n"), "{said}");
    assert_eq!(shop.tags(), before);

    let words = [
        "--key",
        "other.key",
        "-a",
        "team=shop",
        "-a",
        "commit=c0ffee",
    ];
    let said = shop.does("sign", &words);
    assert!(said.contains(", one of 2\n"), "{said}");
    assert_eq!(layers(&shop.manifest(".sig").expect("a manifest")), 2);
    for key in ["cosign.pub", "other.pub"] {
        assert_eq!(shop.verify(&["--key", key]).0, 0, "{key}");
    }
    let (code, report) = shop.verify(&["--key", "other.pub", "--annotation", "team=shop"]);
    assert_eq!(code, 0, "{report}");
    let other = ["--key", "other.pub", "--annotation", "team=other"];
    assert_eq!(shop.verify(&other).0, 1);
    // The same bytes by another key are another signature.
    shop.does("sign", &["--key", "other.key"]);
    assert_eq!(layers(&shop.manifest(".sig").expect("a manifest")), 3);
}

#[test]
fn a_signature_over_other_bytes_does_not_hold() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    shop.does("sign", &["--key", "cosign.key"]);
    let manifest = shop.manifest(".sig").expect("a manifest");
    let payload = manifest["layers"][0]["digest"].as_str().expect("a digest");
    let layout = kept::layout(&shop.registry, "team/shop");
    let signed = kept::blob(&shop.registry, payload);
    let text = String::from_utf8(signed).expect("UTF-8");
    let moved = text.replace(&shop.digest(), &digest(b"another image"));
    let blobs = layout.path().join("blobs/sha256");
    // As if it were an image of its own: the same signature beside a payload about another.
    let old = blobs.join(payload.trim_start_matches("sha256:"));
    fs::write(&old, &moved).expect("a file");
    let (code, report) = shop.verify_layout(layout.path(), &["--key", "cosign.pub"]);
    assert_ne!(code, 0, "{report}");
    fs::write(&old, text).expect("a file");
    assert_eq!(
        shop.verify_layout(layout.path(), &["--key", "cosign.pub"])
            .0,
        0
    );
}

#[test]
fn attestations_say_what_the_file_says() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let sbom = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}"#;
    shop.home.write("shop.cdx.json", sbom);
    let provenance = r#"{"builder": {"id": "https://builder.example"}, "buildType": "make"}"#;
    shop.home.write("built.json", provenance);
    let words = [
        "--type",
        "cyclonedx",
        "--predicate",
        "shop.cdx.json",
        "--key",
        "cosign.key",
    ];
    let said = shop.does("attest", &words);
    assert!(said.contains("is attested\n"), "{said}");
    let words = [
        "--type",
        "slsaprovenance",
        "--predicate",
        "built.json",
        "--key",
        "cosign.key",
    ];
    shop.does("attest", &words);
    assert_eq!(layers(&shop.manifest(".att").expect("a manifest")), 2);
    let said = shop.does("attest", &words);
    assert!(said.contains("as it was already"), "{said}");

    let asked = |kind: &str, key: &str| shop.verify(&["--key", key, "--attestation", kind]);
    let (code, report) = asked("slsaprovenance", "cosign.pub");
    assert_eq!(code, 0, "{report}");
    assert!(
        report.to_string().contains("https://builder.example"),
        "{report}"
    );
    assert_eq!(asked("cyclonedx", "cosign.pub").0, 0);
    assert_eq!(asked("spdxjson", "cosign.pub").0, 1);
    assert_eq!(asked("cyclonedx", "other.pub").0, 1);
    // What is said of an image is no signature of it.
    assert_eq!(shop.verify(&["--key", "cosign.pub"]).0, 1);
    // It is kept as it was written.
    let manifest = shop.manifest(".att").expect("a manifest");
    assert_eq!(
        manifest["layers"][0]["annotations"]["predicateType"],
        "https://cyclonedx.org/bom"
    );
}

#[test]
fn bundles_refer_to_the_image() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let said = shop.does(
        "sign",
        &["--bundle", "--key", "cosign.key", "-a", "team=shop"],
    );
    assert!(said.contains("is signed\n"), "{said}");
    assert_eq!(shop.manifest(".sig"), None);
    let before = shop.tags();
    let said = shop.does(
        "sign",
        &["--bundle", "--key", "cosign.key", "-a", "team=shop"],
    );
    assert!(said.contains("as it was already"), "{said}");
    assert_eq!(shop.tags(), before);
    shop.home.write("vex.json", r#"{"statements": []}"#);
    let words = [
        "--bundle",
        "--key",
        "other.key",
        "--type",
        "openvex",
        "--predicate",
        "vex.json",
    ];
    shop.does("attest", &words);
    // This registry keeps no list itself.
    let list = shop.manifest("").expect("a list");
    assert_eq!(list["manifests"].as_array().expect("entries").len(), 2);
    for entry in list["manifests"].as_array().expect("entries") {
        let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
        assert_eq!(entry["artifactType"], kind);
    }
    let words = ["--key", "cosign.pub", "--annotation", "team=shop"];
    let (code, report) = shop.verify(&words);
    assert_eq!(code, 0, "{report}");
    assert_eq!(shop.verify(&["--key", "other.pub"]).0, 1);
    let words = ["--key", "other.pub", "--attestation", "openvex"];
    assert_eq!(shop.verify(&words).0, 0);
}

#[test]
fn two_forms_beside_one_image_are_told() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let ran = shop.run("sign", &["--key", "cosign.key"]);
    assert_eq!(ran.stderr, "");
    let ran = shop.run("sign", &["--key", "cosign.key", "--bundle"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stderr.contains("cosign since 2.6 looks no more at"),
        "{}",
        ran.stderr
    );
    let ran = shop.run("sign", &["--key", "other.key"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stderr.contains("--bundle makes one"), "{}", ran.stderr);
}

#[test]
fn an_index_or_one_of_its_images_is_signed() {
    let Some(shop) = Shop::open(&["mips", "s390x"]) else {
        return;
    };
    shop.does("sign", &["--key", "cosign.key"]);
    assert!(shop.manifest(".sig").is_some());
    let (code, report) = shop.verify(&["--key", "cosign.pub", "--platform", "linux/mips"]);
    assert_eq!(code, 0, "{report}");
    let words = ["--key", "other.key", "--platform", "linux/s390x"];
    let said = shop.does("sign", &words);
    assert!(!said.contains(&shop.digest()), "{said}");
    let asked = |platform: &str| {
        shop.verify(&["--key", "other.pub", "--platform", platform])
            .0
    };
    assert_eq!(asked("linux/s390x"), 0);
    assert_eq!(asked("linux/mips"), 1);
    shop.run("sign", &["--key", "other.key", "--platform", "linux/arm64"])
        .refused(&["has no image for linux/arm64", "linux/mips, linux/s390x"]);
}

/// A program that signs with a key of the home.
fn signer(shop: &Shop, key: &str) -> String {
    let text = format!("#!/bin/sh\nopenssl dgst -sha256 -sign {key} | openssl base64\n");
    let path = shop.home.write("sign-with", &text);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("a mode");
    path.display().to_string()
}

#[test]
fn a_program_signs_with_its_own_key() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    if std::process::Command::new("openssl")
        .arg("version")
        .output()
        .is_err()
    {
        println!("skipped: openssl is not here");
        return;
    }
    let program = signer(&shop, "other.key");
    // What is signed by another key goes nowhere.
    let before = shop.tags();
    shop.run("sign", &["--key", "cosign.pub", "--signer", &program])
        .refused(&["does not hold under the key sha256:", "nothing was written"]);
    assert_eq!(shop.tags(), before);
    shop.does("sign", &["--key", "other.pub", "--signer", &program]);
    assert_eq!(shop.verify(&["--key", "other.pub"]).0, 0);
    // ECDSA by OpenSSL differs each time, and the signature is there all the same.
    let said = shop.does("sign", &["--key", "other.pub", "--signer", &program]);
    assert!(said.contains("as it was already"), "{said}");

    shop.run("sign", &["--key", "other.pub", "--signer", "./absent"])
        .refused(&["--signer ./absent", "cannot be run"]);
    shop.run("sign", &["--key", "other.pub", "--signer", "false"])
        .refused(&["it failed"]);
    shop.run("sign", &["--key", "other.pub", "--signer", "pwd"])
        .refused(&["no signature in Base64"]);
    shop.run("sign", &["--key", "cosign.key", "--signer", "pwd"])
        .refused(&["it is a private key"]);
}

#[test]
fn passwords_come_from_a_file_or_the_environment() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let name = shop.name();
    let ca = shop.registry.path("ca.pem");
    let words = [
        "image",
        "sign",
        &name,
        "--registry-ca",
        &ca,
        "--key",
        "cosign.key",
    ];
    shop.home
        .run(&words, &[])
        .refused(&["no password is given", "--password-file"]);
    let wrong = [
        ("RINGWALL_KEY_PASSWORD", "wrong"),
        ("COSIGN_PASSWORD", KEY_PASSWORD),
    ];
    shop.home
        .run(&words, &wrong)
        .refused(&["the password does not open it"]);
    assert_eq!(shop.manifest(".sig"), None);
    shop.home.write("password", &format!("{KEY_PASSWORD}\r\n"));
    let by_file = [&words[..], &["--password-file", "password"]].concat();
    let ran = shop.home.run(&by_file, &wrong);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let path = shop.home.folder.path().join("cosign.key");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("a mode");
    let ran = shop.run("sign", &["--key", "cosign.key"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr
            .contains("warning: others on this machine may read the key cosign.key")
    );
}

#[test]
fn what_cannot_be_signed_is_told_and_left_alone() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let before = shop.tags();
    shop.home.write("list.json", "[1]");
    let attest = |file: &str, kind: &str| {
        shop.run(
            "attest",
            &["--key", "other.key", "--predicate", file, "--type", kind],
        )
    };
    attest("list.json", "cyclonedx").refused(&["--predicate list.json", "cannot be understood"]);
    attest("absent.json", "cyclonedx").refused(&["cannot read absent.json"]);
    attest("list.json", "sbom").refused(&["--type: 'sbom' is neither a URI"]);
    // What says no more than this is a signature, and no attestation.
    attest("list.json", "https://sigstore.dev/cosign/sign/v1").refused(&["`ringwall image sign"]);
    shop.run("sign", &["--key", "other.key", "-a", "team"])
        .refused(&["'team' is not of the form KEY=VALUE"]);
    shop.run("sign", &["--key", "other.key", "-a", "a=1", "-a", "a=2"])
        .refused(&["more than once"]);
    shop.run("sign", &["--key", "other.pub"])
        .refused(&["it is a public key"]);
    shop.home.write("folder/file", "");
    let ca = shop.registry.path("ca.pem");
    let sign = |name: &str| {
        let words = [
            "image",
            "sign",
            name,
            "--registry-ca",
            &ca,
            "--key",
            "other.key",
        ];
        shop.home.run(&words, &[])
    };
    sign("folder").refused(&["is a file or folder here"]);
    sign(&format!("{}/team/shop:2", shop.registry.address)).refused(&["has no manifests/2"]);
    assert_eq!(shop.tags(), before);

    // Somebody keeps an index where signatures belong.
    let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    shop.registry
        .push_manifest("team/shop", &shop.tag(".sig"), index.as_bytes());
    let before = shop.tags();
    shop.run("sign", &["--key", "other.key"]).refused(&[
        "cannot add to sha256-",
        "something else than what cosign keeps there",
    ]);
    assert_eq!(shop.tags(), before);
}

#[test]
fn whoever_may_not_write_is_told() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let stranger = Home::new();
    stranger.write(
        "other.key",
        &KeyPair::generate().expect("a key").serialize_pem(),
    );
    let (name, ca) = (shop.name(), shop.registry.path("ca.pem"));
    let words = [
        "image",
        "sign",
        &name,
        "--registry-ca",
        &ca,
        "--key",
        "other.key",
    ];
    stranger
        .run(&words, &[])
        .refused(&["lets nobody write to team/shop without a login"]);
}

#[test]
fn the_configuration_names_who_signs_what() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let registry = &shop.registry.address;
    let trust = |entries: &str| {
        shop.home.write("ringwall.toml", entries);
        shop.run("verify", &[])
    };
    let team = format!("[[trust]]\nimages = [\"{registry}/team\"]\n");
    let unknown = trust(&format!(
        "[[trust]]\nimages = [\"{registry}/others\"]\nkey = \"cosign.pub\"\n"
    ));
    unknown.refused(&["nobody is named who has to have signed", "/team/shop"]);
    assert_eq!(trust(&format!("{team}key = \"cosign.pub\"\n")).code, 1);
    shop.does("sign", &["--key", "cosign.key"]);
    assert_eq!(trust(&format!("{team}key = \"cosign.pub\"\n")).code, 0);
    assert_eq!(trust(&format!("{team}key = \"other.pub\"\n")).code, 1);
    // One of several is enough.
    let several = format!("{team}key = \"other.pub\"\n{team}key = \"cosign.pub\"\n");
    assert_eq!(trust(&several).code, 0);
    // A layout calls itself what it likes, and so names nobody.
    let layout = kept::layout(&shop.registry, "team/shop");
    let layout = layout.path().to_str().expect("UTF-8");
    shop.home
        .run(&["image", "verify", layout], &[])
        .refused(&["nobody is named who has to have signed", "--key"]);
    // Flags win.
    let ran = shop.run("verify", &["--key", "other.pub"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    trust(&team).refused(&["ringwall.toml: trust 1 needs one of a key, an identity, a certificate and a notation-policy"]);
    trust(&format!("{team}key = \"gone.pub\"\n")).refused(&["trust 1", "gone.pub"]);
}

#[test]
fn what_is_in_an_image_and_in_no_attested_list_is_told() {
    let Some(shop) = Shop::open(&["mips"]) else {
        return;
    };
    let list = |form: &str, file: &str| {
        let name = shop.name();
        let words = [
            "image",
            &*name,
            "-o",
            form,
            "--output-file",
            file,
            "--exit-zero",
            "--registry-ca",
            &*shop.ca,
        ];
        let ran = shop.home.run(&words, &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let text = fs::read_to_string(shop.home.folder.path().join(file)).expect("a list");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    let attest = |kind: &str, file: &str, key: &str| {
        let words = [
            "--type",
            kind,
            "--predicate",
            file,
            "--key",
            key,
            "--bundle",
        ];
        shop.does("attest", &words);
    };
    let verify = |kind: &str, key: &str| {
        let words = ["--key", key, "--attestation", kind, "--compare-packages"];
        let ran = shop.run("verify", &[&["-o", "json"], &words[..]].concat());
        let text = shop.run("verify", &words);
        assert_eq!(text.code, ran.code, "{}", text.stderr);
        let report = serde_json::from_str::<Value>(&ran.stdout);
        let report = report.unwrap_or_else(|_| panic!("{}", ran.stderr));
        (ran.code, report, text.stdout)
    };
    list("spdx", "shop.spdx.json");
    attest("spdxjson", "shop.spdx.json", "cosign.key");
    let (code, report, text) = verify("spdxjson", "cosign.pub");
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["packages"]["equal"], 2, "{report}");
    assert!(
        text.contains("2 packages of the image as attested"),
        "{text}"
    );

    // A list that leaves out what is in the image, and names what is not.
    let mut false_list = list("cyclonedx", "false.cdx.json");
    let components = false_list["components"].as_array_mut().expect("components");
    let one = components.iter_mut().find(|it| it["name"] == "ms");
    let one = one.expect("a package");
    one["version"] = "9.9.9".into();
    one["purl"] = "pkg:npm/ms@9.9.9".into();
    shop.home.write("false.cdx.json", &false_list.to_string());
    attest("cyclonedx", "false.cdx.json", "cosign.key");
    let (code, report, text) = verify("cyclonedx", "cosign.pub");
    assert_eq!(code, 1, "{report}");
    assert_eq!(report["verified"], false);
    let signatures = report["signatures"].as_array().expect("signatures");
    let valid: Vec<_> = signatures
        .iter()
        .filter(|it| it["status"] == "valid")
        .collect();
    assert_eq!(valid.len(), 1, "{report}");
    assert_eq!(report["packages"]["attestation"], valid[0]["digest"]);
    assert_eq!(report["packages"]["unlisted"][0]["name"], "ms", "{report}");
    assert_eq!(report["packages"]["absent"][0]["version"], "9.9.9");
    assert!(text.contains("holds 1 package that"), "{text}");
    // Without the comparison, the attestation counts as before.
    let words = ["--key", "cosign.pub", "--attestation", "cyclonedx"];
    assert_eq!(shop.run("verify", &words).code, 0);

    // What is no list cannot be compared.
    shop.home
        .write("odd.json", r#"{"Data": "SPDXVersion: SPDX-2.3"}"#);
    attest("spdxjson", "odd.json", "other.key");
    let (code, report, _) = verify("spdxjson", "other.pub");
    assert_eq!(code, 3, "{report}");
    assert_eq!(report["not_assessed"][0]["id"], "unreadable-sbom");
    let words = [
        "--key",
        "cosign.pub",
        "--attestation",
        "openvex",
        "--compare-packages",
    ];
    let ran = shop.run("verify", &words);
    assert_eq!(ran.code, 2, "{}", ran.stdout);
    assert!(ran.stderr.contains("lists no packages"), "{}", ran.stderr);
}
