//! Who signed what: Sigstore bundles, signatures of cosign and Notation, in-toto attestations, lists of checksums.
//!
//! Bytes come in, and who vouches for them goes out: this crate opens nothing and asks nobody.
//! A [`PrivateKey`] signs, and what is signed is put in cosign's forms; keeping it somewhere is up to others.
//! What is trusted is handed in, as a [`PublicKey`], as an [`Identity`] under a [`TrustRoot`], or as a [`NotationTrust`].
//! The one thing from outside is the clock: a log entry from the future is refused.
#![warn(clippy::disallowed_methods)]

mod bundle;
mod checksums;
mod crypto;
mod detached;
mod dsse;
mod encrypted_key;
mod error;
mod evidence;
mod identity;
mod key;
mod notation;
mod private_key;
mod provenance_rules;
mod root;
mod rsa;
mod signing;
mod simple_signing;
mod statement;
mod update;
mod user_name;
mod versions;

pub use bundle::{Artifact, LogUse, Signer, Verified, VerifiedSigner, verify_bundle};
pub use checksums::{Agreement, Checksum, ChecksumKind, Checksums, Listed};
pub use detached::{StoredSignature, verify_detached};
pub use dsse::{Envelope, StoredEnvelope, verify_envelope};
pub use error::TrustError;
pub use evidence::Evidence;
pub use identity::{Identity, Pattern};
pub use key::PublicKey;
pub use notation::{
    Action, Certificate, Demands, DistinguishedName, Identities, Level, NotationFormat,
    NotationPolicies, NotationPolicy, NotationTarget, NotationTrust, NotationVerified,
    SigningScheme, StoreKind, StoreName, TimestampUse, Unenforced, verify_notation,
};
pub use private_key::PrivateKey;
pub use provenance_rules::ProvenanceRules;
pub use root::{EMBEDDED_ON, TrustRoot};
pub use signing::{
    BUNDLE_TYPE, attestation_statement, signature_payload, signature_statement, signed_bundle,
    signed_envelope, statement_message,
};
pub use simple_signing::{Payload, verify_simple_signing};
pub use statement::{
    Provenance, SIGNATURE_PREDICATE, Statement, Subject, is_provenance, is_sbom, predicate_type,
};
pub use update::{
    KeptTrust, SIGSTORE_TUF, SIGSTORE_TUF_ROOT, TrustFiles, TrustRepository, kept_trust,
    update_trust,
};

/// Bytes of the largest bundle, payload or envelope that is read.
pub const MAX_BYTES: usize = 16 << 20;

/// The SHA-256 of an artifact.
pub type Sha256 = [u8; 32];

/// Refuses what is too large to be looked at.
fn bounded<'b>(bytes: &'b [u8], what: &'static str) -> Result<&'b [u8], TrustError> {
    if bytes.len() > MAX_BYTES {
        return Err(TrustError::TooLarge { what });
    }
    Ok(bytes)
}

/// Lower-case digits, as digests are written.
fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;

    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A SHA-256 from its digits, in either case.
fn sha256_from_hex(digits: &str) -> Option<Sha256> {
    checksums::bytes(digits)
}
