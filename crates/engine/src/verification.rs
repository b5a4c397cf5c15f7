//! Who signed an image: everything that is attached to it, held against who is wanted.

use std::{
    collections::BTreeMap,
    io::{self, Read as _},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use rayon::prelude::*;
use ringwall_image::{Attached, AttachedKind, Digest, SignedImage, StoredLayer};
use ringwall_report::{
    ImageSignature, ImageSigner, SignatureStatus, VerificationGap, VerificationReport,
    VerificationWanted, VerifiedImage,
};
use ringwall_trust::{
    Artifact, Evidence, NotationTrust, ProvenanceRules, Signer, StoredEnvelope, StoredSignature,
    TrustError, TrustRoot, Verified, VerifiedSigner, verify_bundle, verify_envelope,
    verify_simple_signing,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

mod notation;
mod packages;

pub use self::packages::compare_packages;

/// From this size on, statements are read one after another: a parsed one takes some twenty times its bytes.
const LARGE_BYTES: u64 = 1 << 20;

/// Who has to have signed an image.
#[derive(Debug)]
pub struct SignatureDemand {
    /// Who.
    pub signer: DemandedSigner,
    /// How it has to have been built, where an attestation of provenance is wanted.
    pub built: ProvenanceRules,
    /// The same in words, and what has to be said.
    pub wanted: VerificationWanted,
}

/// Who has to have signed, by the form of signatures.
#[derive(Debug)]
pub enum DemandedSigner {
    /// Somebody in the forms of cosign and Sigstore.
    Sigstore {
        /// Who.
        signer: Signer,
        /// The authorities and logs that count.
        root: Box<TrustRoot>,
    },
    /// Somebody in that of Notation.
    Notation {
        /// Who, and what is demanded beside.
        trust: Box<NotationTrust>,
        /// The time at which certificates have to be valid.
        now: Timestamp,
    },
    /// Nobody: a policy of Notation skips the repository, and its name is this.
    Skipped(String),
}

/// A list of packages in an attestation that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttestedSbom {
    /// Digest of the attestation.
    pub attestation: String,
    /// The list: CycloneDX or SPDX.
    pub text: String,
}

/// Verifies everything that is attached to an image, which the user calls `name`.
pub fn verify_image(
    image: &SignedImage,
    name: &str,
    demand: &SignatureDemand,
) -> VerificationReport {
    verify_image_with_sboms(image, name, demand).0
}

/// The same, and the lists of packages in attestations that count.
pub fn verify_image_with_sboms(
    image: &SignedImage,
    name: &str,
    demand: &SignatureDemand,
) -> (VerificationReport, Vec<AttestedSbom>) {
    let one_at_a_time = Mutex::new(());
    let (attached, sboms): (Vec<_>, Vec<_>) = image
        .attached
        .par_iter()
        .map(|attached| {
            let is_large = attached.size_bytes > LARGE_BYTES;
            let lock = || one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner);
            let _guard = is_large.then(lock);
            let (signature, sbom) = judge(attached, image, demand);
            let attestation = signature.digest.clone();
            (
                signature,
                sbom.map(|text| AttestedSbom { attestation, text }),
            )
        })
        .unzip();
    let unreadable = image.unreadable.iter().map(|it| VerificationGap {
        id: "unreadable-signature",
        digest: it.digest.map(|digest| digest.to_string()),
        reason: it.reason.clone(),
    });
    let mut not_assessed: Vec<_> = unreadable.collect();
    if let DemandedSigner::Skipped(policy) = &demand.signer {
        not_assessed.push(VerificationGap {
            id: "skipped-verification",
            digest: None,
            reason: format!("the policy {policy} skips verification: nobody has to have signed"),
        });
    }
    let mut is_intact = true;
    let parts: Vec<_> = image.content.par_iter().map(part).collect();
    for (stored, part) in image.content.iter().zip(parts) {
        let gap = |id, reason| VerificationGap {
            id,
            digest: stored.digest.map(|digest| digest.to_string()),
            reason,
        };
        match part {
            Ok(digest) if Some(digest) == stored.digest => {}
            Ok(digest) => {
                is_intact = false;
                let reason = format!("its bytes have the digest {digest}");
                not_assessed.push(gap("damaged-content", reason));
            }
            Err(error) => not_assessed.push(gap("unreadable-content", error.to_string())),
        }
    }
    let is_signed = attached
        .iter()
        .any(|it| it.status == SignatureStatus::Valid);
    let is_read = not_assessed
        .iter()
        .all(|gap| gap.id == "unreadable-signature");
    let report = VerificationReport {
        image: VerifiedImage {
            name: name.to_owned(),
            names: image.names.clone(),
            digests: image.digests.iter().map(ToString::to_string).collect(),
        },
        checked_at: None,
        wanted: demand.wanted.clone(),
        is_verified: is_signed && is_intact && is_read,
        is_intact,
        signatures: attached,
        packages: None,
        not_assessed,
    };
    (report, sboms.into_iter().flatten().collect())
}

/// The digest of a part of the image, as it is.
fn part(stored: &StoredLayer) -> io::Result<Digest> {
    let mut reader = stored.open()?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 128 << 10];
    loop {
        let count = reader.read(&mut buffer)?;
        match buffer.get(..count) {
            Some([]) | None => return Ok(Digest::new(hasher.finalize().into())),
            Some(bytes) => hasher.update(bytes),
        }
    }
}

/// What holds: who signed, and what was said beside.
struct Held {
    verified: Verified,
    image: Digest,
    annotations: BTreeMap<String, Value>,
}

/// What comes of something attached, and the list of packages in it where it counts.
fn judge(
    attached: &Attached,
    image: &SignedImage,
    demand: &SignatureDemand,
) -> (ImageSignature, Option<String>) {
    let mut signature = ImageSignature {
        kind: match attached.kind {
            AttachedKind::Signature => "signature",
            AttachedKind::Attestation => "attestation",
            AttachedKind::Bundle => "bundle",
            AttachedKind::NotationJws
            | AttachedKind::NotationCose
            | AttachedKind::NotationOther => "notation",
        },
        digest: attached.digest.to_string(),
        ..ImageSignature::default()
    };
    // What is of another form is by nobody who is wanted, whatever it says.
    let is_wanted = match &demand.signer {
        DemandedSigner::Sigstore { .. } => !attached.kind.is_notation(),
        DemandedSigner::Notation { .. } => attached.kind.is_notation(),
        DemandedSigner::Skipped(_) => {
            signature.status = SignatureStatus::Undecided;
            signature.reason = Some("nobody asks who made it".to_owned());
            return (signature, None);
        }
    };
    if !is_wanted {
        let form = if attached.kind.is_notation() {
            "in the form of Notation, and one of cosign is wanted"
        } else {
            "in the form of cosign, and one of Notation is wanted"
        };
        signature.reason = Some(format!("it is {form}"));
        return (signature, None);
    }
    let bytes = match attached.read() {
        Ok(bytes) => bytes,
        Err(unreadable) => {
            signature.status = SignatureStatus::Undecided;
            signature.reason = Some(unreadable.reason);
            return (signature, None);
        }
    };
    let held = match &demand.signer {
        DemandedSigner::Sigstore { signer, root } => {
            verify(attached, &bytes, &image.digests, signer, root)
                .map(|held| hold(&mut signature, held, demand))
        }
        DemandedSigner::Notation { trust, now } => {
            notation::verify(attached.kind, &bytes, &image.manifests, trust, *now).map(|verified| {
                notation::hold(&mut signature, verified, &demand.wanted);
                None
            })
        }
        DemandedSigner::Skipped(_) => Ok(None),
    };
    let sbom = held.unwrap_or_else(|error| {
        if error.is_undecided() {
            signature.status = SignatureStatus::Undecided;
        }
        signature.reason = Some(error.to_string());
        None
    });
    (signature, sbom)
}

/// Over any of the digests that stand for the image.
fn verify(
    attached: &Attached,
    bytes: &[u8],
    digests: &[Digest],
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Held, TrustError> {
    let mut why = TrustError::Artifact {
        found: "nothing".to_owned(),
    };
    for image in digests {
        match verify_one(attached, bytes, image, signer, root) {
            // About another artifact perhaps; the next digest may be that one.
            Err(TrustError::Artifact { found }) => why = TrustError::Artifact { found },
            other => return other,
        }
    }
    Err(why)
}

fn verify_one(
    attached: &Attached,
    bytes: &[u8],
    image: &Digest,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Held, TrustError> {
    let annotation = |key: &str| attached.annotations.get(key).map(String::as_str);
    let evidence = Evidence {
        certificate: annotation("dev.sigstore.cosign/certificate"),
        log: annotation("dev.sigstore.cosign/bundle"),
        timestamp: annotation("dev.sigstore.cosign/rfc3161timestamp"),
    };
    let (verified, annotations) = match attached.kind {
        AttachedKind::Signature => {
            let stored = StoredSignature {
                payload: bytes,
                signature: annotation("dev.cosignproject.cosign/signature").unwrap_or_default(),
                evidence,
            };
            let (verified, payload) = verify_simple_signing(&stored, image.bytes(), signer, root)?;
            (verified, payload.annotations)
        }
        AttachedKind::Attestation => {
            let stored = StoredEnvelope {
                envelope: bytes,
                evidence,
            };
            said(
                verify_envelope(&stored, image.bytes(), signer, root)?,
                image,
            )
        }
        AttachedKind::NotationJws | AttachedKind::NotationCose | AttachedKind::NotationOther => {
            return Err(TrustError::Unsupported(
                "it is in the form of Notation".to_owned(),
            ));
        }
        AttachedKind::Bundle => {
            let artifact = Artifact::Sha256(*image.bytes());
            said(verify_bundle(bytes, artifact, signer, root)?, image)
        }
    };
    Ok(Held {
        verified,
        image: *image,
        annotations,
    })
}

/// What the signer says of this image among the subjects of a statement.
fn said(verified: Verified, image: &Digest) -> (Verified, BTreeMap<String, Value>) {
    let statement = verified.statement.as_ref();
    let subject = statement.and_then(|statement| statement.subject(image.bytes()));
    let annotations = subject.map(|subject| subject.annotations.clone());
    (verified, annotations.unwrap_or_default())
}

/// Tells of what holds; the list of packages in it, where it is what was asked for.
fn hold(signature: &mut ImageSignature, held: Held, demand: &SignatureDemand) -> Option<String> {
    let wanted = &demand.wanted;
    let verified = held.verified;
    signature.signer = Some(match verified.signer {
        VerifiedSigner::Key => ImageSigner {
            key: wanted.key.clone(),
            ..ImageSigner::default()
        },
        VerifiedSigner::Identity { issuer, subject } => ImageSigner {
            identity: Some(subject),
            issuer: Some(issuer),
            ..ImageSigner::default()
        },
    });
    signature.signed_at = verified.signed_at.map(|at| at.to_string());
    signature.logged = verified.is_logged;
    signature.image = Some(held.image.to_string());
    signature.annotations = held.annotations;
    // A statement that says no more than that it is signed is a signature.
    let statement = verified.statement.filter(|it| !it.is_signature());
    let mut sbom = None;
    let mut built_otherwise = None;
    if let Some(statement) = statement {
        sbom = statement.sbom;
        let provenance = statement.provenance.unwrap_or_default();
        built_otherwise = demand.built.refusal(&provenance);
        signature.builder = provenance.builder;
        signature.source = provenance.source;
        signature.commit = provenance.commit;
        signature.predicate_type = Some(statement.predicate_type);
    }
    settle(signature, wanted);
    if let (None, Some(reason)) = (&signature.reason, built_otherwise) {
        signature.status = SignatureStatus::Other;
        signature.reason = Some(reason);
    }
    sbom.filter(|_| signature.reason.is_none())
}

/// Whether what holds is what was asked for.
fn settle(signature: &mut ImageSignature, wanted: &VerificationWanted) {
    signature.reason = refusal(signature, wanted);
    signature.status = match signature.reason {
        Some(_) => SignatureStatus::Other,
        None => SignatureStatus::Valid,
    };
}

/// Why what holds is not what was asked for.
fn refusal(signature: &ImageSignature, wanted: &VerificationWanted) -> Option<String> {
    match (&wanted.attestation, &signature.predicate_type) {
        (None, Some(_)) => {
            return Some(
                "it is an attestation, and no signature; ask for it with --attestation".to_owned(),
            );
        }
        (Some(_), None) => return Some("it is a signature, and no attestation".to_owned()),
        (Some(wanted), Some(found)) if wanted != found => {
            return Some(format!("it is another attestation than {wanted}"));
        }
        _ => {}
    }
    let said = |key: &str| signature.annotations.get(key).and_then(Value::as_str);
    let mut missing = wanted.annotations.iter();
    let missing = missing.find(|(key, value)| said(key) != Some(value.as_str()));
    missing.map(|(key, value)| format!("it does not say {key}={value}"))
}
