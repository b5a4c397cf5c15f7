//! Signatures by keys, as cosign makes them: made here, with each kind of key.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly, and say what they skip"
)]

use std::{fs, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::{
    rand::SystemRandom,
    rsa,
    signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use ringwall_trust::{
    Artifact, Evidence, Identity, LogUse, Pattern, PublicKey, Signer, StoredEnvelope,
    StoredSignature, TrustError, TrustRoot, Verified, VerifiedSigner, verify_bundle,
    verify_detached, verify_envelope, verify_simple_signing,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const IMAGE: [u8; 32] = [0x0a; 32];

/// Of 1,024 bits: `openssl genrsa 1024 | openssl rsa -pubout`.
const SHORT_RSA: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDRUk5XlNzYFSZbXBoaPj4e8tRa
Vv9AO6LbhPyBybQAGPfx9bLISf0yuhbvHBBpBEomLEQuel6OWSF7Lj+cGgL7QOfN
MGcDQZY7sR0Lk52+6GR4s/TNYst83F5YksqG0e0OvqSBwt5OHMD9GenLuyU/di0K
lOCV617tDr9swpZjXwIDAQAB
-----END PUBLIC KEY-----
";

/// A way to sign that cosign has.
enum Pair {
    Ecdsa(EcdsaKeyPair, &'static [u8]),
    Ed25519(Ed25519KeyPair),
    Rsa(rsa::KeyPair, &'static dyn signature::RsaEncoding),
}

/// What stands before the bytes of a key: RFC 5480, RFC 8410, RFC 3279.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const P384: &[u8] =
    b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const RSA: &[u8] = b"\x30\x82\x01\x22\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x03\x82\x01\x0f\x00";

impl Pair {
    fn ecdsa(signing: &'static signature::EcdsaSigningAlgorithm, prefix: &'static [u8]) -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(signing, pkcs8.as_ref(), &random).unwrap();
        Self::Ecdsa(pair, prefix)
    }

    fn rsa(encoding: &'static dyn signature::RsaEncoding) -> Self {
        let key = include_bytes!("data/rsa-2048.der");
        Self::Rsa(rsa::KeyPair::from_der(key).unwrap(), encoding)
    }

    fn all() -> Vec<(&'static str, Self)> {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let ed25519 = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).unwrap();
        vec![
            (
                "ECDSA P-256",
                Self::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256),
            ),
            (
                "ECDSA P-384",
                Self::ecdsa(&signature::ECDSA_P384_SHA384_ASN1_SIGNING, P384),
            ),
            ("Ed25519", Self::Ed25519(ed25519)),
            ("RSA", Self::rsa(&signature::RSA_PKCS1_SHA256)),
            ("RSA", Self::rsa(&signature::RSA_PKCS1_SHA512)),
            ("RSA", Self::rsa(&signature::RSA_PSS_SHA256)),
        ]
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Ecdsa(pair, _) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Self::Rsa(pair, encoding) => {
                let mut signed = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &random, message, &mut signed).unwrap();
                signed
            }
        }
    }

    fn public_pem(&self) -> String {
        let (prefix, key) = match self {
            Self::Ecdsa(pair, prefix) => (*prefix, pair.public_key().as_ref()),
            Self::Ed25519(pair) => (ED25519, pair.public_key().as_ref()),
            Self::Rsa(pair, _) => (RSA, pair.public().as_ref()),
        };
        let base64 = STANDARD.encode([prefix, key].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{base64}\n-----END PUBLIC KEY-----\n")
    }

    fn public(&self) -> PublicKey {
        PublicKey::from_pem(self.public_pem().as_bytes()).unwrap()
    }

    fn signer(&self) -> Signer {
        Signer::Key(self.public(), LogUse::Optional)
    }
}

fn root() -> TrustRoot {
    TrustRoot::embedded().unwrap()
}

fn digits(digest: [u8; 32]) -> String {
    digest
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

fn payload(digest: [u8; 32]) -> Vec<u8> {
    let payload = json!({
        "critical": {
            "identity": { "docker-reference": "registry.example/shop" },
            "image": { "docker-manifest-digest": format!("sha256:{}", digits(digest)) },
            "type": "cosign container image signature",
        },
        "optional": { "team": "shop" },
    });
    payload.to_string().into_bytes()
}

fn simple(payload: &[u8], signature: &str, signer: &Signer) -> Result<Value, TrustError> {
    let stored = StoredSignature {
        payload,
        signature,
        evidence: Evidence::default(),
    };
    verify_simple_signing(&stored, &IMAGE, signer, &root()).map(|(verified, payload)| {
        assert_eq!(verified.signer, VerifiedSigner::Key);
        assert!(!verified.is_logged);
        payload.annotations["team"].clone()
    })
}

#[test]
fn a_signature_holds_by_its_key_alone() {
    let other = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    for (kind, pair) in Pair::all() {
        let payload = payload(IMAGE);
        let signature = STANDARD.encode(pair.sign(&payload));
        assert_eq!(pair.public().kind(), kind);
        assert_eq!(
            simple(&payload, &signature, &pair.signer()).unwrap(),
            "shop",
            "{kind}"
        );
        let wrong = simple(&payload, &signature, &other.signer()).unwrap_err();
        assert!(
            matches!(wrong, TrustError::Signature { .. }),
            "{kind}: {wrong}"
        );
        let mut changed = payload.clone();
        changed.push(b' ');
        let wrong = simple(&changed, &signature, &pair.signer()).unwrap_err();
        assert!(
            matches!(wrong, TrustError::Signature { .. }),
            "{kind}: {wrong}"
        );
        let wrong = simple(&payload, &signature[1..], &pair.signer()).unwrap_err();
        assert!(
            matches!(wrong, TrustError::Malformed { .. }),
            "{kind}: {wrong}"
        );
        for at in 0..payload.len() {
            let mut changed = payload.clone();
            changed[at] ^= 1;
            assert!(
                simple(&changed, &signature, &pair.signer()).is_err(),
                "{kind}"
            );
        }
    }
}

#[test]
fn a_curve_is_no_matter_of_the_hash() {
    // cosign signed with SHA-256 on each curve before it wrote bundles.
    let random = SystemRandom::new();
    let signing = &signature::ECDSA_P384_SHA384_ASN1_SIGNING;
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
    let secret = pkcs8.as_ref();
    // The secret number stands behind `04 30` in what ring writes.
    let at = secret.windows(2).position(|it| it == [0x04, 0x30]).unwrap() + 2;
    let key = p384::ecdsa::SigningKey::from_slice(&secret[at..at + 48]).unwrap();
    let payload = payload(IMAGE);
    let signed: p384::ecdsa::Signature =
        p384::ecdsa::signature::hazmat::PrehashSigner::sign_prehash(
            &key,
            &[&[0; 16], Sha256::digest(&payload).as_slice()].concat(),
        )
        .unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(signing, secret, &random).unwrap();
    let pair = Pair::Ecdsa(pair, P384);
    let signature = STANDARD.encode(signed.to_der());
    simple(&payload, &signature, &pair.signer()).unwrap();
}

#[test]
fn a_signature_of_another_image_is_none_of_this() {
    let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    let payload = payload([0x0b; 32]);
    let signature = STANDARD.encode(pair.sign(&payload));
    let error = simple(&payload, &signature, &pair.signer()).unwrap_err();
    assert!(matches!(error, TrustError::Artifact { .. }), "{error}");
    assert!(error.to_string().contains("sha256:0b0b"), "{error}");
}

#[test]
fn a_signature_over_something_that_is_no_signature_is_refused() {
    let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    let text = String::from_utf8(payload(IMAGE)).unwrap();
    let payload = text.replace(
        "cosign container image signature",
        "atomic container signature",
    );
    let signature = STANDARD.encode(pair.sign(payload.as_bytes()));
    let error = simple(payload.as_bytes(), &signature, &pair.signer()).unwrap_err();
    assert!(matches!(error, TrustError::PayloadType { .. }), "{error}");
}

#[test]
fn keys_that_are_none_are_named() {
    let check = |pem: &str, expected: &str| {
        let error = PublicKey::from_pem(pem.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    };
    check("", "PEM");
    check(
        "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAA==\n",
        "it is a private key",
    );
    check(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "CERTIFICATE",
    );
    check(
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "SPKI",
    );
    check(&"A".repeat(70_000), "larger than 64 KiB");
    check(
        "-----BEGIN RSA PUBLIC KEY-----\nAAAA\n-----END RSA PUBLIC KEY-----\n",
        "invalid RSA public key",
    );
    check("-----BEGIN RSA PUBLIC KEY-----\nAAAA\n", "does not end");
    check(SHORT_RSA, "2,048");
    let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    let pem = pair.public_pem();
    check(&format!("{pem}{pem}"), "the file holds several");
    assert_eq!(pair.public().fingerprint().len(), 64);
}

#[test]
fn a_key_of_rsa_may_be_its_numbers_alone() {
    let pair = Pair::rsa(&signature::RSA_PKCS1_SHA256);
    let Pair::Rsa(numbers, _) = &pair else {
        unreachable!("it is one of RSA");
    };
    let base64 = STANDARD.encode(numbers.public().as_ref());
    let (first, second) = base64.split_at(64);
    let pem = format!(
        "-----BEGIN RSA PUBLIC KEY-----\n{first}\n{second}\n-----END RSA PUBLIC KEY-----\n"
    );
    let key = PublicKey::from_pem(pem.as_bytes()).unwrap();
    assert_eq!(key.fingerprint(), pair.public().fingerprint());
    assert!(key.has_signed(b"tea", &pair.sign(b"tea")));
    let both = format!("{pem}{}", pair.public_pem());
    let error = PublicKey::from_pem(both.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("several"), "{error}");
}

fn envelope(pair: &Pair, kind: &str, statement: &Value) -> Vec<u8> {
    let payload = statement.to_string();
    let message = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
    let envelope = json!({
        "payloadType": kind,
        "payload": STANDARD.encode(&payload),
        "signatures": [{ "keyid": "", "sig": STANDARD.encode(pair.sign(message.as_bytes())) }],
    });
    envelope.to_string().into_bytes()
}

fn statement() -> Value {
    json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": [
            { "name": "other", "digest": { "sha256": digits([0x0b; 32]) } },
            { "name": "shop", "digest": { "sha256": digits(IMAGE) } },
        ],
        "predicate": { "builder": { "id": "https://builder.example" } },
    })
}

fn attestation(envelope: &[u8], signer: &Signer) -> Result<Verified, TrustError> {
    let stored = StoredEnvelope {
        envelope,
        evidence: Evidence::default(),
    };
    verify_envelope(&stored, &IMAGE, signer, &root())
}

#[test]
fn an_attestation_says_what_its_key_signed() {
    let other = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    for (kind, pair) in Pair::all() {
        let envelope = envelope(&pair, "application/vnd.in-toto+json", &statement());
        let verified = attestation(&envelope, &pair.signer()).unwrap();
        let said = verified.statement.unwrap();
        assert_eq!(said.predicate_type, "https://slsa.dev/provenance/v0.2");
        let builder = said.provenance.unwrap().builder;
        assert_eq!(
            builder.as_deref(),
            Some("https://builder.example"),
            "{kind}"
        );
        let wrong = attestation(&envelope, &other.signer()).unwrap_err();
        assert!(
            matches!(wrong, TrustError::Signature { .. }),
            "{kind}: {wrong}"
        );
    }
}

#[test]
fn an_attestation_counts_for_its_subjects_alone() {
    let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    let mut elsewhere = statement();
    elsewhere["subject"].as_array_mut().unwrap().pop();
    let envelope_elsewhere = envelope(&pair, "application/vnd.in-toto+json", &elsewhere);
    let error = attestation(&envelope_elsewhere, &pair.signer()).unwrap_err();
    assert!(matches!(error, TrustError::Artifact { .. }), "{error}");
    // A payload of another type would be read in another way by whoever made it.
    let envelope_odd = envelope(&pair, "application/json", &statement());
    let error = attestation(&envelope_odd, &pair.signer()).unwrap_err();
    assert!(matches!(error, TrustError::PayloadType { .. }), "{error}");
    // The type is signed: it cannot be given afterwards.
    let mut renamed: Value = serde_json::from_slice(&envelope_odd).unwrap();
    renamed["payloadType"] = "application/vnd.in-toto+json".into();
    let error = attestation(renamed.to_string().as_bytes(), &pair.signer()).unwrap_err();
    assert!(matches!(error, TrustError::Signature { .. }), "{error}");
}

fn bundle(envelope: &[u8]) -> Vec<u8> {
    let envelope: Value = serde_json::from_slice(envelope).unwrap();
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": { "publicKey": { "hint": "" } },
        "dsseEnvelope": envelope,
    });
    bundle.to_string().into_bytes()
}

#[test]
fn a_bundle_without_a_log_holds_where_none_is_demanded() {
    for (kind, pair) in Pair::all() {
        let envelope = envelope(&pair, "application/vnd.in-toto+json", &statement());
        let bundle = bundle(&envelope);
        let check = |artifact, signer: &Signer| {
            verify_bundle(&bundle, Artifact::Sha256(artifact), signer, &root())
        };
        let verified = check(IMAGE, &pair.signer()).unwrap();
        assert!(
            !verified.is_logged && verified.signed_at.is_none(),
            "{kind}"
        );
        assert!(verified.statement.is_some());
        let error = check([0x0c; 32], &pair.signer()).unwrap_err();
        assert!(matches!(error, TrustError::Artifact { .. }), "{error}");
        let strict = Signer::Key(pair.public(), LogUse::Required);
        let error = check(IMAGE, &strict).unwrap_err();
        assert!(matches!(error, TrustError::NotLogged), "{error}");
        let anybody = Pattern::regex(".*").unwrap();
        let anybody = Signer::Identity(Identity {
            issuer: anybody.clone(),
            subject: anybody,
        });
        let error = check(IMAGE, &anybody).unwrap_err();
        assert!(matches!(error, TrustError::Signer { .. }), "{error}");
    }
}

/// Ed25519 signs the bytes themselves and other keys other digests, which the SHA-256 of an image does not give.
#[test]
fn what_a_digest_alone_cannot_tell_is_undecided() {
    for (kind, pair) in Pair::all() {
        let message = b"what is signed";
        let bundle = |signature: &[u8]| {
            let bundle = json!({
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": { "publicKey": { "hint": "" } },
                "messageSignature": {
                    "messageDigest": {
                        "algorithm": "SHA2_256",
                        "digest": STANDARD.encode(Sha256::digest(message)),
                    },
                    "signature": STANDARD.encode(signature),
                },
            });
            bundle.to_string().into_bytes()
        };
        let right = bundle(&pair.sign(message));
        let whole = verify_bundle(&right, Artifact::Bytes(message), &pair.signer(), &root());
        assert!(whole.is_ok(), "{kind}: {whole:?}");
        let digest = || Artifact::Sha256(Sha256::digest(message).into());
        let told = verify_bundle(&right, digest(), &pair.signer(), &root());
        assert!(
            told.as_ref()
                .map_or_else(TrustError::is_undecided, |_| true),
            "{kind}: {told:?}"
        );
        let other = bundle(&pair.sign(b"something else"));
        let told = verify_bundle(&other, digest(), &pair.signer(), &root());
        let is_certain = kind == "ECDSA P-256";
        assert!(
            told.is_err_and(|error| error.is_undecided() != is_certain),
            "{kind}"
        );
    }
}

#[test]
fn what_a_later_version_may_know_is_undecided() {
    let check = |json: Value| {
        let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
        let bundle = json.to_string();
        let artifact = Artifact::Sha256(IMAGE);
        let error = verify_bundle(bundle.as_bytes(), artifact, &pair.signer(), &root());
        error.unwrap_err().is_undecided()
    };
    let kind = "application/vnd.dev.sigstore.bundle.v0.3+json";
    assert!(check(
        json!({ "mediaType": "application/vnd.dev.sigstore.bundle.v0.9+json" })
    ));
    assert!(check(json!({
        "mediaType": kind,
        "verificationMaterial": { "tlogEntries": [{ "kindVersion": { "kind": "intoto", "version": "0.0.9" } }] },
    })));
    // These are damaged, and no version makes them whole.
    assert!(!check(json!({ "mediaType": "text/plain" })));
    assert!(!check(json!({ "mediaType": kind })));
    assert!(!check(json!({})));
}

#[test]
fn what_would_only_take_time_is_refused() {
    let pair = Pair::ecdsa(&signature::ECDSA_P256_SHA256_ASN1_SIGNING, P256);
    let check = |material: Value| {
        let bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
        });
        let artifact = Artifact::Sha256(IMAGE);
        let bundle = bundle.to_string();
        let error = verify_bundle(bundle.as_bytes(), artifact, &pair.signer(), &root());
        error.unwrap_err().to_string()
    };
    let entry = json!({ "kindVersion": { "kind": "dsse", "version": "0.0.1" } });
    let error = check(json!({ "tlogEntries": vec![entry.clone(); 33] }));
    assert!(error.contains("more than 32"), "{error}");
    let timestamps = json!({ "rfc3161Timestamps": vec![json!({}); 33] });
    let error = check(json!({ "timestampVerificationData": timestamps }));
    assert!(error.contains("more than 32"), "{error}");
    let mut witnessed = entry;
    witnessed["inclusionProof"] = json!({ "checkpoint": { "envelope": "a".repeat(70_000) } });
    let error = check(json!({ "tlogEntries": [witnessed] }));
    assert!(error.contains("larger than 64 KiB"), "{error}");
    // A field that stands twice would be read in two ways.
    let twice =
        br#"{"mediaType": "a", "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}"#;
    let error = verify_bundle(twice, Artifact::Sha256(IMAGE), &pair.signer(), &root());
    assert!(error.unwrap_err().to_string().contains("duplicate field"));
}

/// A case of the conformance suite, with what cosign 2 would have kept as annotations in place of the bundle.
struct Older {
    payload: Vec<u8>,
    signature: String,
    certificate: Option<String>,
    log: String,
    key: Option<Vec<u8>>,
}

impl Older {
    fn read(name: &str) -> Option<Self> {
        let cases = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../../shared/sigstore-conformance/bundle-verify"
        );
        let Ok(bundle) = fs::read(Path::new(cases).join(name).join("bundle.sigstore.json")) else {
            println!("skipped: ../shared is not here");
            return None;
        };
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        let material = &bundle["verificationMaterial"];
        let der = material.pointer("/x509CertificateChain/certificates/0/rawBytes");
        let der = der.or_else(|| material.pointer("/certificate/rawBytes"));
        let entry = &material["tlogEntries"][0];
        let number = |field: &str| entry[field].as_str().unwrap().parse::<i64>().unwrap();
        let id = STANDARD
            .decode(entry["logId"]["keyId"].as_str().unwrap())
            .unwrap();
        let log = json!({
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"],
                "integratedTime": number("integratedTime"),
                "logIndex": number("logIndex"),
                "logID": digits(id.try_into().unwrap()),
            },
        });
        Some(Self {
            payload: fs::read(Path::new(cases).join("a.txt")).unwrap(),
            signature: bundle["messageSignature"]["signature"]
                .as_str()
                .unwrap()
                .to_owned(),
            certificate: der.map(|der| {
                let der = der.as_str().unwrap();
                format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n")
            }),
            log: log.to_string(),
            key: fs::read(Path::new(cases).join(name).join("key.pub")).ok(),
        })
    }

    fn verify(&self, signer: &Signer) -> Result<Verified, TrustError> {
        let stored = StoredSignature {
            payload: &self.payload,
            signature: &self.signature,
            evidence: Evidence {
                certificate: self.certificate.as_deref(),
                log: Some(&self.log),
                timestamp: None,
            },
        };
        verify_detached(&stored, signer, &root())
    }
}

fn actions() -> Signer {
    let issuer = Pattern::Exact("https://token.actions.githubusercontent.com".to_owned());
    let subject = Pattern::regex("https://github.com/sigstore-conformance/.*").unwrap();
    Signer::Identity(Identity { issuer, subject })
}

#[test]
fn certificates_and_promises_of_older_signatures_hold() {
    // What is wrong with these cases is in what an older signature does not have: their promises are right.
    for name in ["invalid-ct-key_fail", "checkpoint-wrong-roothash_fail"] {
        let Some(mut older) = Older::read(name) else {
            return;
        };
        let verified = older.verify(&actions()).unwrap();
        assert!(verified.is_logged);
        assert!(verified.signed_at.is_some());
        let stranger = Signer::Identity(Identity {
            issuer: Pattern::Exact("https://accounts.example".to_owned()),
            subject: Pattern::regex(".*").unwrap(),
        });
        let error = older.verify(&stranger).unwrap_err();
        assert!(matches!(error, TrustError::Signer { .. }), "{error}");
        older.payload.push(b'\n');
        let error = older.verify(&actions()).unwrap_err();
        assert!(
            matches!(
                error,
                TrustError::Signature { .. }
                    | TrustError::Artifact { .. }
                    | TrustError::Evidence(_)
            ),
            "{error}"
        );
    }
}

#[test]
fn older_signatures_need_a_promise_of_the_log_over_just_this() {
    let Some(older) = Older::read("set-invalid-signature_fail") else {
        return;
    };
    let error = older.verify(&actions()).unwrap_err();
    assert!(matches!(error, TrustError::Evidence(_)), "{error}");
    let mut older = Older::read("checkpoint-wrong-roothash_fail").expect("read before");
    let right = older.log.clone();
    // The time is under the promise.
    let log: Value = serde_json::from_str(&right).unwrap();
    let mut later = log.clone();
    later["Payload"]["integratedTime"] =
        (log["Payload"]["integratedTime"].as_i64().unwrap() + 1).into();
    older.log = later.to_string();
    let error = older.verify(&actions()).unwrap_err();
    assert!(matches!(error, TrustError::Evidence(_)), "{error}");
    // An entry of something else does not vouch for this.
    older.log = Older::read("inclusion-proof-corrupted-hash_fail")
        .expect("read before")
        .log;
    assert!(older.verify(&actions()).is_err());
    older.log = right;
    older.certificate = None;
    let error = older.verify(&actions()).unwrap_err();
    assert!(matches!(error, TrustError::Signer { .. }), "{error}");
}

#[test]
fn a_key_and_its_log_entry_hold_together() {
    let Some(mut older) = Older::read("managed-key-happy-path") else {
        return;
    };
    let key = PublicKey::from_pem(older.key.as_deref().unwrap()).unwrap();
    let strict = Signer::Key(key.clone(), LogUse::Required);
    let verified = older.verify(&strict).unwrap();
    assert!(verified.is_logged && verified.signed_at.is_some());
    older.log = Older::read("checkpoint-wrong-roothash_fail")
        .expect("read before")
        .log;
    assert!(older.verify(&strict).is_err());
    let verified = older.verify(&Signer::Key(key, LogUse::Optional)).unwrap();
    assert!(!verified.is_logged && verified.signed_at.is_none());
}
