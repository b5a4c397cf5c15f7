//! Signatures beside what they sign, as cosign keeps them: Base64, and what proves who made them.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::{
    Artifact, Evidence, LogUse, Signer, TrustError, TrustRoot, Verified, VerifiedSigner, bounded,
    bundle, dsse,
};

/// A signature beside what it signs; for an image both are a layer, and the rest are annotations of the layer.
#[derive(Clone, Copy, Debug)]
pub struct StoredSignature<'a> {
    /// What is signed.
    pub payload: &'a [u8],
    /// `dev.cosignproject.cosign/signature`, in Base64.
    pub signature: &'a str,
    /// The other annotations.
    pub evidence: Evidence<'a>,
}

/// Verifies a signature over its payload, whatever that is.
pub fn verify_detached(
    stored: &StoredSignature<'_>,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    let payload = bounded(stored.payload, "payload")?;
    let signature = STANDARD
        .decode(bounded(stored.signature.as_bytes(), "signature")?)
        .map_err(|error| TrustError::malformed("signature", &error))?;
    let logged = || {
        let digest = STANDARD.encode(Sha256::digest(payload));
        let message = json!({
            "messageDigest": { "algorithm": "SHA2_256", "digest": digest },
            "signature": stored.signature,
        });
        let bundle = stored.evidence.bundle("messageSignature", &message)?;
        bundle::verify(&bundle, Artifact::Bytes(payload), signer, root)
    };
    match signer {
        Signer::Identity(_) if stored.evidence.certificate.is_none() => Err(TrustError::Signer {
            found: "a key, and no certificate says whose".to_owned(),
        }),
        Signer::Key(key, _) if !key.has_signed(payload, &signature) => Err(dsse::wrong_key()),
        Signer::Identity(_) | Signer::Key(_, LogUse::Required) => logged(),
        Signer::Key(_, LogUse::Optional) => Ok(logged().unwrap_or(Verified {
            signer: VerifiedSigner::Key,
            signed_at: None,
            is_logged: false,
            statement: None,
        })),
    }
}
