//! Signatures of Notation: from the manifests of an image to what is told of who signed.

use jiff::Timestamp;
use ringwall_image::{AttachedKind, Digest, SignedManifest};
use ringwall_report::{ImageSignature, ImageSigner, UnenforcedCheck, VerificationWanted};
use ringwall_trust::{
    NotationFormat, NotationTarget, NotationTrust, NotationVerified, TrustError, verify_notation,
};

pub(super) fn verify(
    kind: AttachedKind,
    bytes: &[u8],
    manifests: &[SignedManifest],
    trust: &NotationTrust,
    now: Timestamp,
) -> Result<NotationVerified, TrustError> {
    let format = match kind {
        AttachedKind::NotationJws => NotationFormat::Jws,
        AttachedKind::NotationCose => NotationFormat::Cose,
        _ => {
            return Err(TrustError::Unsupported(
                "its envelope is neither JWS nor COSE".to_owned(),
            ));
        }
    };
    let targets: Vec<_> = manifests
        .iter()
        .map(|manifest| NotationTarget {
            digest: *manifest.digest.bytes(),
            size_bytes: manifest.size_bytes,
            media_type: manifest.media_type.clone(),
        })
        .collect();
    verify_notation(bytes, format, &targets, trust, now)
}

pub(super) fn hold(
    signature: &mut ImageSignature,
    verified: NotationVerified,
    wanted: &VerificationWanted,
) {
    signature.signer = Some(ImageSigner {
        identity: Some(verified.subject),
        certificate: Some(verified.fingerprint),
        authority: Some(verified.authority),
        authority_certificate: Some(verified.authority_fingerprint),
        ..ImageSigner::default()
    });
    signature.image = Some(Digest::new(verified.digest).to_string());
    signature.scheme = Some(verified.scheme.as_str());
    signature.signed_at = verified.signed_at.map(|at| at.to_string());
    signature.claimed_at = verified.claimed_at.map(|at| at.to_string());
    signature.expires_at = verified.expiry.map(|at| at.to_string());
    let annotations = verified.annotations.into_iter();
    signature.annotations = annotations
        .map(|(key, value)| (key, value.into()))
        .collect();
    let unenforced = verified.unenforced.into_iter();
    signature.not_enforced = unenforced
        .map(|it| UnenforcedCheck {
            check: it.what,
            reason: it.reason,
        })
        .collect();
    super::settle(signature, wanted);
}
