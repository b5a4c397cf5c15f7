//! Bundles, payloads, envelopes, keys and trust roots come from whoever made the image: nobody's signature holds.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use ringwall_trust::{
    Artifact, Checksums, Envelope, Evidence, Identity, LogUse, Pattern, Payload, PrivateKey,
    PublicKey, Signer, Statement, StoredEnvelope, StoredSignature, TrustRoot,
    attestation_statement, verify_bundle, verify_detached, verify_envelope, verify_simple_signing,
};

/// The generator of P-256: nobody signs with the number one.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
-----END PUBLIC KEY-----
";

struct Trusted {
    root: TrustRoot,
    signers: [Signer; 2],
}

static TRUSTED: LazyLock<Trusted> = LazyLock::new(|| {
    let nobody = || Pattern::Exact("nobody@shop.example".to_owned());
    Trusted {
        root: TrustRoot::embedded().unwrap(),
        signers: [
            Signer::Key(
                PublicKey::from_pem(KEY.as_bytes()).unwrap(),
                LogUse::Optional,
            ),
            Signer::Identity(Identity {
                issuer: nobody(),
                subject: nobody(),
            }),
        ],
    }
});

fuzz_target!(|bytes: &[u8]| {
    let trusted = &*TRUSTED;
    let image = [0; 32];
    // A certificate, a log entry and a timestamp are lines, as annotations are texts of their own.
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.split('\0');
    let payload = parts.next().unwrap_or_default().as_bytes();
    let evidence = Evidence {
        certificate: parts.next(),
        log: parts.next(),
        timestamp: parts.next(),
    };
    let stored = StoredSignature {
        payload,
        signature: parts.next().unwrap_or("MAYCAQECAQE="),
        evidence,
    };
    let envelope = StoredEnvelope {
        envelope: payload,
        evidence,
    };
    for signer in &trusted.signers {
        for artifact in [Artifact::Sha256(image), Artifact::Bytes(b"a")] {
            assert!(verify_bundle(bytes, artifact, signer, &trusted.root).is_err());
        }
        assert!(verify_simple_signing(&stored, &image, signer, &trusted.root).is_err());
        assert!(verify_envelope(&envelope, &image, signer, &trusted.root).is_err());
        assert!(verify_detached(&stored, signer, &trusted.root).is_err());
    }
    let _ = (Envelope::parse(bytes), Payload::parse(bytes));
    if let Ok(statement) = Statement::parse(bytes) {
        for subject in &statement.subjects {
            assert!(
                subject
                    .sha256
                    .is_none_or(|it| statement.subject(&it).is_some())
            );
        }
    }
    if let Ok(list) = Checksums::parse(bytes) {
        assert!(list.listed.iter().all(|it| !it.name.is_empty()));
        assert_eq!(list.compare(|_, _| None).len(), list.listed.len());
    }
    if let Ok(key) = PublicKey::from_pem(bytes) {
        assert_eq!(key.fingerprint().len(), 64);
        assert!(!key.has_signed(b"a", b"b"));
    }
    if let Ok(key) = PrivateKey::from_pem(bytes, Some(b"open-sesame-4711"))
        && let Ok(signature) = key.sign(b"a")
    {
        assert!(key.public().has_signed_as_cosign(b"a", &signature));
    }
    // No predicate says more than what it is a predicate for.
    if let Ok(statement) = attestation_statement("shop", &image, "https://a/b", &text) {
        let statement = Statement::parse(&statement).unwrap();
        assert_eq!(statement.predicate_type, "https://a/b");
        assert_eq!(statement.subjects.len(), 1);
        assert!(statement.subject(&image).is_some());
    }
    if let Ok(root) = TrustRoot::from_json(bytes) {
        let _ = root.newest_start();
    }
});
