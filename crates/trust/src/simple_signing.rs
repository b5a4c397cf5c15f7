//! Signatures of cosign 1 and 2: a payload that names the image, and a signature over it.
//!
//! Source: <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#payloads>.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Sha256, Signer, StoredSignature, TrustError, TrustRoot, Verified, bounded, sha256_from_hex,
    verify_detached,
};

/// What the payload of a signature calls itself.
pub(crate) const SIGNATURE_TYPE: &str = "cosign container image signature";

const WHAT: &str = "payload";

/// What a signature says.
#[derive(Clone, Debug, PartialEq)]
pub struct Payload {
    /// Digest of the manifest that is signed.
    pub digest: Sha256,
    /// The name under which it was signed, which nobody vouches for but the signer.
    pub reference: String,
    /// Words of the signer.
    pub annotations: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Wire {
    critical: Critical,
    optional: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
struct Critical {
    #[serde(default)]
    identity: Reference,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Default, Deserialize)]
struct Reference {
    #[serde(default, rename = "docker-reference")]
    reference: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

impl Payload {
    /// Reads a payload.
    pub fn parse(json: &[u8]) -> Result<Self, TrustError> {
        let wire: Wire = serde_json::from_slice(bounded(json, WHAT)?)
            .map_err(|error| TrustError::malformed(WHAT, &error))?;
        let critical = wire.critical;
        if critical.kind != SIGNATURE_TYPE {
            return Err(TrustError::PayloadType {
                found: critical.kind,
                wanted: SIGNATURE_TYPE,
            });
        }
        let digest = critical.image.digest.strip_prefix("sha256:");
        let digest = digest.and_then(sha256_from_hex).ok_or_else(|| {
            TrustError::malformed(WHAT, &format!("`{}` is no SHA-256", critical.image.digest))
        })?;
        Ok(Self {
            digest,
            reference: critical.identity.reference,
            annotations: wire.optional.unwrap_or_default(),
        })
    }
}

/// Verifies a signature over an image by the digest of its manifest, and gives what it says.
pub fn verify_simple_signing(
    stored: &StoredSignature<'_>,
    image: &Sha256,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<(Verified, Payload), TrustError> {
    let verified = verify_detached(stored, signer, root)?;
    // Only now: what nobody who is trusted signed says nothing.
    let payload = Payload::parse(stored.payload)?;
    if payload.digest == *image {
        Ok((verified, payload))
    } else {
        Err(TrustError::Artifact {
            found: format!("sha256:{}", crate::hex(&payload.digest)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(kind: &str, digest: &str, optional: &str) -> Vec<u8> {
        let json = format!(
            r#"{{"critical": {{"identity": {{"docker-reference": "shop"}}, "image": {{"docker-manifest-digest": "{digest}"}},
                "type": "{kind}"}}, "optional": {optional}}}"#
        );
        json.into_bytes()
    }

    #[test]
    fn a_payload_names_the_image() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let parsed = Payload::parse(&payload(SIGNATURE_TYPE, &digest, r#"{"team": "a"}"#)).unwrap();
        assert_eq!(parsed.digest, [10; 32]);
        assert_eq!(parsed.reference, "shop");
        assert_eq!(parsed.annotations["team"], "a");
        let bare = Payload::parse(&payload(SIGNATURE_TYPE, &digest, "null")).unwrap();
        assert!(bare.annotations.is_empty());
    }

    #[test]
    fn payloads_of_other_sorts_are_none() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let error = Payload::parse(&payload("atomic container signature", &digest, "null"));
        assert!(
            matches!(error, Err(TrustError::PayloadType { .. })),
            "{error:?}"
        );
        for wrong in ["", "sha256:", "0a", "sha512:00", &digest[..70]] {
            let error = Payload::parse(&payload(SIGNATURE_TYPE, wrong, "null"));
            assert!(
                matches!(error, Err(TrustError::Malformed { .. })),
                "{wrong}"
            );
        }
        for wrong in ["", "{}", "[]", r#"{"critical": {}}"#] {
            let error = Payload::parse(wrong.as_bytes());
            assert!(
                matches!(error, Err(TrustError::Malformed { .. })),
                "{wrong}"
            );
        }
    }
}
