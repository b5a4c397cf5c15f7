//! Signatures of Notation beside an image in a real registry, and what is said of them.

mod peer;

use std::fs;

use ringwall_image::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    kept,
    made::{self, Authority, Kind, Signer, headers, leaf_params},
    signing::Shop,
};

const SIGNATURE: &str = "application/vnd.cncf.notary.signature";
const SUBJECT: &str = "C=US, ST=WA, O=shop.example";

fn digest_of(bytes: &[u8]) -> String {
    Digest::new(Sha256::digest(bytes).into()).to_string()
}

/// A shop with an authority that vouches for somebody, and another one.
struct Signed {
    shop: Shop,
    root: Authority,
    signer: Signer,
}

impl Signed {
    /// `None` where there is no registry here.
    fn open() -> Option<Self> {
        let shop = Shop::open(&["mips"])?;
        let root = Authority::root();
        shop.home.write("ca.pem", &root.root_pem());
        shop.home.write("other.pem", &Authority::root().root_pem());
        let signer = root.signer(Kind::P256);
        Some(Self { shop, root, signer })
    }

    /// What is signed of the image.
    fn payload(&self) -> Value {
        let digest = self.shop.digest();
        let manifest = kept::blob(&self.shop.registry, &digest);
        let parsed: Value = serde_json::from_slice(&manifest).expect("JSON");
        let mut payload = made::payload(&digest, manifest.len());
        payload["targetArtifact"]["mediaType"] = parsed["mediaType"].clone();
        payload
    }

    /// Puts an envelope beside the image, as `notation` does where a registry lists nothing.
    fn attach(&self, envelope: &[u8], media_type: &str) {
        let config = b"{}";
        let manifest = json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": SIGNATURE,
            "config": described("application/vnd.oci.empty.v1+json", config),
            "layers": [described(media_type, envelope)],
            "subject": self.subject(),
        });
        self.attach_as(&manifest, &[config, envelope]);
    }

    fn subject(&self) -> Value {
        let digest = self.shop.digest();
        let manifest = kept::blob(&self.shop.registry, &digest);
        described("application/vnd.oci.image.manifest.v1+json", &manifest)
    }

    fn attach_as(&self, manifest: &Value, blobs: &[&[u8]]) {
        let registry = &self.shop.registry;
        for blob in blobs {
            registry.push_blob("team/shop", &digest_of(blob), blob.to_vec());
        }
        let bytes = manifest.to_string().into_bytes();
        registry.push_manifest("team/shop", &digest_of(&bytes), &bytes);
        let kind = &manifest["artifactType"];
        let kind = kind.as_str().unwrap_or(SIGNATURE);
        let mut entry = described("application/vnd.oci.image.manifest.v1+json", &bytes);
        entry["artifactType"] = kind.into();
        let mut list = self.shop.manifest("").unwrap_or_else(|| {
            json!({
                "schemaVersion": 2,
                "mediaType": "application/vnd.oci.image.index.v1+json",
                "manifests": [],
            })
        });
        list["manifests"]
            .as_array_mut()
            .expect("a list")
            .push(entry);
        let list = list.to_string();
        registry.push_manifest("team/shop", &self.shop.tag(""), list.as_bytes());
    }

    fn verify(&self, certificate: &str, subject: &str) -> (i32, Value) {
        let words = ["--certificate", certificate, "--subject", subject];
        self.shop.verify(&words)
    }

    /// By trust policies, of the image in its registry.
    fn by_policy(&self, policy: &Value) -> (i32, Value) {
        let policies = json!({ "version": "1.0", "trustPolicies": [policy] });
        self.shop.home.write("policy.json", &policies.to_string());
        let words = [
            "-o",
            "json",
            "--notation-policy",
            "policy.json",
            "--trust-store",
            "store",
        ];
        let ran = self.shop.run("verify", &words);
        let report = serde_json::from_str(&ran.stdout);
        (
            ran.code,
            report.unwrap_or_else(|_| panic!("{}", ran.stderr)),
        )
    }

    fn policy(&self, verification: &Value) -> Value {
        self.shop
            .home
            .write("store/x509/ca/shop/ca.pem", &self.root.root_pem());
        json!({
            "name": "shop",
            "registryScopes": [format!("{}/team/shop", self.shop.registry.address)],
            "signatureVerification": verification,
            "trustStores": ["ca:shop"],
            "trustedIdentities": [format!("x509.subject: {SUBJECT}")],
        })
    }
}

fn described(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest_of(bytes), "size": bytes.len() })
}

#[test]
fn whoever_an_authority_vouches_for_is_verified() {
    let Some(signed) = Signed::open() else { return };
    assert_eq!(signed.verify("ca.pem", SUBJECT).0, 1);
    signed.attach(
        &signed.signer.jws(&signed.payload()),
        "application/jose+json",
    );
    let (code, report) = signed.verify("ca.pem", SUBJECT);
    assert_eq!(code, 0, "{report}");
    let signature = &report["signatures"][0];
    assert_eq!(signature["kind"], "notation");
    assert_eq!(signature["status"], "valid");
    assert_eq!(signature["scheme"], "notary.x509");
    assert_eq!(signature["claimed_at"], "2026-03-01T11:00:00Z");
    assert_eq!(signature["annotations"]["team"], "shop");
    assert_eq!(signature["image"], signed.shop.digest());
    let signer = &signature["signer"];
    assert_eq!(signer["identity"], "CN=Shop,O=shop.example,ST=WA,C=US");
    assert_eq!(signer["authority"], "CN=Root");
    let fingerprint = |der: &[u8]| digest_of(der).replace("sha256:", "");
    assert_eq!(signer["certificate"], fingerprint(&signed.signer.chain[0]));
    assert_eq!(
        signer["authority_certificate"],
        fingerprint(&signed.root.chain[0])
    );

    assert_eq!(signed.verify("ca.pem", "*").0, 0);
    assert_eq!(signed.verify("ca.pem", "O=other.example").0, 1);
    assert_eq!(signed.verify("other.pem", SUBJECT).0, 1);
    let words = ["--certificate", "ca.pem", "--subject", "*", "--annotation"];
    assert_eq!(
        signed.shop.verify(&[&words[..], &["team=shop"]].concat()).0,
        0
    );
    assert_eq!(
        signed.shop.verify(&[&words[..], &["team=bank"]].concat()).0,
        1
    );
    // A key is not what signed, and the other way round.
    let (code, report) = signed.shop.verify(&["--key", "cosign.pub"]);
    assert_eq!(code, 1);
    let reason = report["signatures"][0]["reason"]
        .as_str()
        .expect("a reason");
    assert!(reason.contains("one of cosign is wanted"), "{reason}");
    signed.shop.does("sign", &["--key", "cosign.key"]);
    assert_eq!(signed.shop.verify(&["--key", "cosign.pub"]).0, 0);
    assert_eq!(signed.verify("ca.pem", SUBJECT).0, 0);
    assert_eq!(signed.verify("other.pem", SUBJECT).0, 1);
    let text = signed
        .shop
        .run("verify", &["--certificate", "ca.pem", "--subject", SUBJECT]);
    let lines = [
        "  by CN=Shop,O=shop.example,ST=WA,C=US\n",
        "  at, as only the signer says, 2026-03-01T11:00:00Z\n",
        "verified: signed by C=US, ST=WA, O=shop.example, under the certificates that are given\n",
    ];
    for line in lines {
        assert!(text.stdout.contains(line), "{}", text.stdout);
    }
}

#[test]
fn cose_and_manifests_of_before_artifact_types_are_found() {
    let Some(signed) = Signed::open() else { return };
    let envelope = signed.signer.cose(&signed.payload());
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": described(SIGNATURE, b"{}"),
        "layers": [described("application/cose", &envelope)],
        "subject": signed.subject(),
    });
    signed.attach_as(&manifest, &[b"{}", &envelope]);
    let (code, report) = signed.verify("ca.pem", SUBJECT);
    assert_eq!(code, 0, "{report}");
}

#[test]
fn what_is_signed_of_another_image_is_no_signature_of_this_one() {
    let Some(signed) = Signed::open() else { return };
    let mut payload = signed.payload();
    payload["targetArtifact"]["digest"] = format!("sha256:{}", "0b".repeat(32)).into();
    signed.attach(&signed.signer.jws(&payload), "application/jose+json");
    let mut payload = signed.payload();
    payload["targetArtifact"]["mediaType"] = "text/plain".into();
    signed.attach(&signed.signer.cose(&payload), "application/cose");
    let (code, report) = signed.verify("ca.pem", SUBJECT);
    assert_eq!(code, 1, "{report}");
    let signatures = report["signatures"].as_array().expect("signatures");
    let reasons: Vec<_> = signatures
        .iter()
        .map(|it| it["reason"].to_string())
        .collect();
    assert!(
        reasons.iter().any(|it| it.contains("about sha256:0b0b")),
        "{reasons:?}"
    );
    assert!(
        reasons
            .iter()
            .any(|it| it.contains("of the type text/plain")),
        "{reasons:?}"
    );
}

#[test]
fn what_cannot_be_told_leaves_it_open() {
    let Some(signed) = Signed::open() else { return };
    signed.attach(b"an envelope of tomorrow", "application/tomorrow");
    let (code, report) = signed.verify("ca.pem", SUBJECT);
    assert_eq!(code, 3, "{report}");
    assert_eq!(report["signatures"][0]["status"], "undecided");
    // Whoever has a key did not sign so.
    assert_eq!(signed.shop.verify(&["--key", "cosign.pub"]).0, 1);
    signed.attach(
        &signed.signer.jws(&signed.payload()),
        "application/jose+json",
    );
    assert_eq!(signed.verify("ca.pem", SUBJECT).0, 0);
}

#[test]
fn trust_policies_decide_by_the_repository() {
    let Some(signed) = Signed::open() else { return };
    let mut params = leaf_params();
    let list = "http://127.0.0.1:1/shop.crl".to_owned();
    params.crl_distribution_points = vec![rcgen::CrlDistributionPoint { uris: vec![list] }];
    let signer = signed.root.issue(&params, Kind::P384);
    let mut headers = headers(Kind::P384);
    headers["io.cncf.notary.expiry"] = "2026-03-02T00:00:00Z".into();
    headers["crit"] = json!(["io.cncf.notary.signingScheme", "io.cncf.notary.expiry"]);
    let envelope = signer.jws_with(&headers, &signed.payload(), &json!({}));
    signed.attach(&envelope, "application/jose+json");
    let level = |level: &str| signed.policy(&json!({ "level": level }));

    let (code, report) = signed.by_policy(&level("strict"));
    assert_eq!(code, 1, "{report}");
    let reason = report["signatures"][0]["reason"]
        .as_str()
        .expect("a reason");
    assert_eq!(reason, "it expired on 2026-03-02T00:00:00Z");
    assert_eq!(report["wanted"]["policy"]["name"], "shop");
    assert_eq!(report["wanted"]["policy"]["level"], "strict");
    // Whether it was revoked is demanded, and not known.
    let lax = json!({ "level": "strict", "override": { "expiry": "log" } });
    let (code, report) = signed.by_policy(&signed.policy(&lax));
    assert_eq!(code, 3, "{report}");
    let reason = report["signatures"][0]["reason"]
        .as_str()
        .expect("a reason");
    assert!(reason.contains("was revoked is not known"), "{reason}");
    // What is not demanded is said.
    let (code, report) = signed.by_policy(&level("permissive"));
    assert_eq!(code, 0, "{report}");
    let unenforced = report["signatures"][0]["not_enforced"].as_array();
    let checks: Vec<_> = unenforced
        .expect("a list")
        .iter()
        .map(|it| &it["check"])
        .collect();
    assert_eq!(checks, ["expiry", "revocation"]);
    let words = ["--notation-policy", "policy.json", "--trust-store", "store"];
    let text = signed.shop.run("verify", &words);
    let line = "not demanded, and not known to hold: expiry, revocation\n";
    assert!(text.stdout.ends_with(line), "{}", text.stdout);
    // Whoever is not trusted is believed at no level.
    let mut audit = level("audit");
    assert_eq!(signed.by_policy(&audit).0, 0);
    audit["trustedIdentities"] = json!(["x509.subject: C=US, ST=WA, O=other.example"]);
    let (code, report) = signed.by_policy(&audit);
    assert_eq!(code, 1, "{report}");
    // Whoever skips knows nothing.
    let mut skip = level("skip");
    let members = skip.as_object_mut().expect("an object");
    members.remove("trustStores");
    members.remove("trustedIdentities");
    let (code, report) = signed.by_policy(&skip);
    assert_eq!(code, 3, "{report}");
    assert_eq!(report["verified"], false);
    assert_eq!(report["not_assessed"][0]["id"], "skipped-verification");
    let mut elsewhere = level("strict");
    elsewhere["registryScopes"] = json!(["registry.example.com/team/shop"]);
    let policies = json!({ "version": "1.0", "trustPolicies": [elsewhere] });
    signed.shop.home.write("policy.json", &policies.to_string());
    signed
        .shop
        .run("verify", &words)
        .refused(&["no policy of policy.json is about"]);
}

#[test]
fn a_layout_has_the_policy_of_the_repository_that_is_named() {
    let Some(signed) = Signed::open() else { return };
    signed.attach(
        &signed.signer.jws(&signed.payload()),
        "application/jose+json",
    );
    let mut policy = signed.policy(&json!({ "level": "strict" }));
    policy["registryScopes"] = json!(["registry.example.com/team/shop"]);
    let policies = json!({ "version": "1.0", "trustPolicies": [policy] });
    signed.shop.home.write("policy.json", &policies.to_string());
    let layout = kept::layout(&signed.shop.registry, "team/shop");
    let words = ["--notation-policy", "policy.json", "--trust-store", "store"];
    let scoped = |scope| [&words[..], &["--notation-scope", scope]].concat();
    let verify = |scope| signed.shop.verify_layout(layout.path(), &scoped(scope));
    assert_eq!(verify("registry.example.com/team/shop").0, 0);
    let path = layout.path().to_str().expect("UTF-8");
    let run = |words: &[&str]| {
        let first = ["image", "verify", path];
        signed.shop.home.run(&[&first, words].concat(), &[])
    };
    run(&words).refused(&["give --notation-scope"]);
    run(&scoped("registry.example.com/other")).refused(&["is about registry.example.com/other"]);
    let named = scoped("registry.example.com/team/shop");
    signed
        .shop
        .run("verify", &named)
        .refused(&["--notation-scope is for layouts"]);
}

#[test]
fn the_configuration_names_authorities_and_policies() {
    let Some(signed) = Signed::open() else { return };
    signed.attach(
        &signed.signer.jws(&signed.payload()),
        "application/jose+json",
    );
    let policy = signed.policy(&json!({ "level": "strict" }));
    let policies = json!({ "version": "1.0", "trustPolicies": [policy] });
    let home = &signed.shop.home;
    home.write("trust/policy.json", &policies.to_string());
    let mut elsewhere = policies.clone();
    elsewhere["trustPolicies"][0]["registryScopes"] = json!(["registry.example.com/other"]);
    home.write("trust/elsewhere.json", &elsewhere.to_string());
    home.write("trust/ca.pem", &signed.root.root_pem());
    let store = home.folder.path().join("store");
    fs::rename(store, home.folder.path().join("trust/store")).expect("a folder");
    let address = &signed.shop.registry.address;
    let run = |entry: &str| {
        let config = format!("[[trust]]\nimages = [\"{address}/team\"]\n{entry}\n");
        home.write("trust/ringwall.toml", &config);
        signed
            .shop
            .run("verify", &["--config", "trust/ringwall.toml"])
    };
    let certificate = "certificate = \"ca.pem\"\nsubject =";
    assert_eq!(run(&format!("{certificate} \"O=shop.example\"")).code, 0);
    assert_eq!(run(&format!("{certificate} \"O=other.example\"")).code, 1);
    let ran = run("notation-policy = \"policy.json\"\ntrust-store = \"store\"");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // Who has nothing to say of the repository leaves it to the others.
    let elsewhere = "notation-policy = \"elsewhere.json\"\ntrust-store = \"store\"";
    run(elsewhere).refused(&["trust 1", "no policy of"]);
    let others = format!("{certificate} \"O=shop.example\"");
    let ran = run(&format!(
        "{elsewhere}\n[[trust]]\nimages = [\"{address}/team\"]\n{others}"
    ));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    run("certificate = \"ca.pem\"").refused(&["trust 1 needs a subject"]);
    run("certificate = \"absent.pem\"\nsubject = \"*\"").refused(&["trust 1", "absent.pem"]);
}

#[test]
fn wrong_usage_is_told() {
    let Some(signed) = Signed::open() else { return };
    let run = |words: &[&str]| signed.shop.run("verify", words);
    let ca = ["--certificate", "ca.pem"];
    let with = |words: &[&'static str]| [&ca[..], words].concat();
    run(&ca).refused(&["--subject"]);
    run(&with(&["--subject", "shop.example"])).refused(&["--subject", "names nobody"]);
    run(&with(&["--subject", "*", "--key", "cosign.pub"])).refused(&["cannot be used with"]);
    run(&with(&["--subject", "*", "--issuer", "a"])).refused(&["cannot be used with"]);
    run(&with(&["--subject", "*", "--trust-root", "a"])).refused(&["cannot be used with"]);
    run(&with(&["--subject", "*", "--attestation", "spdx"])).refused(&["cannot be used with"]);
    run(&["--notation-policy", "policy.json"]).refused(&["--trust-store"]);
    run(&["--certificate", "cosign.pub", "--subject", "*"]).refused(&["it holds a PUBLIC KEY"]);
    run(&["--certificate", "cosign.key", "--subject", "*"]).refused(&["it holds a"]);
    let policy = signed.policy(&json!({ "level": "strict" }));
    signed.shop.home.write("policy.json", &policy.to_string());
    let words = ["--notation-policy", "policy.json", "--trust-store", "store"];
    run(&words).refused(&[
        "--notation-policy policy.json",
        "the trust policy cannot be used",
    ]);
    let policies = json!({ "version": "1.0", "trustPolicies": [policy] });
    signed.shop.home.write("policy.json", &policies.to_string());
    let words = [
        "--notation-policy",
        "policy.json",
        "--trust-store",
        "absent",
    ];
    run(&words).refused(&["--trust-store", "absent/x509/ca/shop"]);
}
