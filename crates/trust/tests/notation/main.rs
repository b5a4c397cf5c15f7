//! Envelopes of Notation: right ones hold, and each thing that makes one wrong is refused for itself.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test that cannot prepare its input has failed"
)]

mod certificates;
mod envelopes;
mod made;
mod timestamps;
mod trust;

use jiff::Timestamp;
use ringwall_trust::{
    Action, Certificate, Demands, DistinguishedName, Identities, NotationFormat, NotationTarget,
    NotationTrust, NotationVerified, TimestampUse, TrustError, verify_notation,
};
use serde_json::Value;

use made::{Authority, MANIFEST_TYPE};

pub(crate) const DIGEST: &str =
    "sha256:0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a";
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

/// What is signed.
pub(crate) fn payload() -> Value {
    made::payload(DIGEST, 500)
}

pub(crate) fn target() -> NotationTarget {
    NotationTarget {
        digest: [10; 32],
        size_bytes: 500,
        media_type: MANIFEST_TYPE.to_owned(),
    }
}

/// Everything is demanded of whoever the root of an authority vouches for.
pub(crate) fn trust(authority: &Authority) -> NotationTrust {
    NotationTrust {
        authorities: vec![Certificate::from_der(authority.chain.last().unwrap()).unwrap()],
        signing_authorities: Vec::new(),
        timestamp_authorities: Vec::new(),
        identities: Identities::Named(vec![
            DistinguishedName::parse("C=US, ST=WA, O=shop.example").unwrap(),
        ]),
        demands: Demands {
            authentic_timestamp: Action::Enforce,
            expiry: Action::Enforce,
            revocation: Action::Enforce,
        },
        timestamps: TimestampUse::Always,
    }
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

pub(crate) fn jws(envelope: &[u8], trust: &NotationTrust) -> Result<NotationVerified, TrustError> {
    verify_notation(envelope, NotationFormat::Jws, &[target()], trust, at(NOW))
}

pub(crate) fn cose(envelope: &[u8], trust: &NotationTrust) -> Result<NotationVerified, TrustError> {
    verify_notation(envelope, NotationFormat::Cose, &[target()], trust, at(NOW))
}

/// Refused for good, with these words.
#[track_caller]
pub(crate) fn refused(result: Result<NotationVerified, TrustError>, words: &str) {
    let error = result.expect_err(words);
    assert!(!error.is_undecided(), "{error}");
    assert!(error.to_string().contains(words), "{error}");
}
