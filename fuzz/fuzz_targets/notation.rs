//! Envelopes, certificates, timestamps, names and trust policies of Notation: nobody's signature holds.

#![no_main]

use std::sync::LazyLock;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use libfuzzer_sys::fuzz_target;
use ringwall_trust::{
    Action, Certificate, Demands, DistinguishedName, Identities, NotationFormat, NotationPolicies,
    NotationTarget, NotationTrust, TimestampUse, verify_notation,
};

/// Signed by somebody who is trusted, but without the timestamp that is demanded.
const SIGNED: &str = include_str!("../../crates/trust/tests/data/notation.jws");

/// Where the timestamp would stand.
const AGENT: &str = "\"io.cncf.notary.signingAgent\":\"test/1\"";

static TRUST: LazyLock<NotationTrust> = LazyLock::new(|| {
    let envelope: serde_json::Value = serde_json::from_str(SIGNED).unwrap();
    let certificate = envelope["header"]["x5c"][0].as_str().unwrap();
    let certificate = STANDARD.decode(certificate).unwrap();
    let certificate = Certificate::from_der(&certificate).unwrap();
    NotationTrust {
        authorities: vec![certificate.clone()],
        signing_authorities: vec![certificate.clone()],
        timestamp_authorities: vec![certificate],
        identities: Identities::Any,
        demands: Demands {
            authentic_timestamp: Action::Enforce,
            expiry: Action::Enforce,
            revocation: Action::Enforce,
        },
        timestamps: TimestampUse::Always,
    }
});

fuzz_target!(|bytes: &[u8]| {
    let targets = [NotationTarget {
        digest: [10; 32],
        size_bytes: 500,
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
    }];
    let now = "2026-12-01T00:00:00Z".parse().unwrap();
    let refused = |bytes: &[u8], format| {
        let result = verify_notation(bytes, format, &targets, &TRUST, now);
        assert!(result.is_err());
        result.unwrap_err().to_string()
    };
    refused(bytes, NotationFormat::Jws);
    refused(bytes, NotationFormat::Cose);
    // As a timestamp of an envelope that holds otherwise.
    let stamp = format!(
        "\"io.cncf.notary.timestampSignature\":\"{}\"",
        STANDARD.encode(bytes)
    );
    let stamped = SIGNED.replace(AGENT, &stamp);
    let why = refused(stamped.as_bytes(), NotationFormat::Jws);
    assert!(!why.contains("over these bytes"), "{why}");
    if let Ok(all) = Certificate::from_file(bytes) {
        assert!(!all.is_empty());
        assert!(all.iter().all(|it| it.fingerprint().len() == 64));
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = DistinguishedName::parse(&text);
    if let Ok(policies) = NotationPolicies::from_json(bytes, str::to_lowercase)
        && let Some(policy) = policies.policy("registry.example.com/shop")
    {
        assert!(policy.stores.iter().all(|it| !it.name.contains('/')));
    }
});
