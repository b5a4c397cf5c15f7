//! Sigstore bundles: a signature with all that proves who made it and when.
//!
//! Source: <https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto>; the order of the
//! checks is that of <https://github.com/sigstore/architecture-docs/blob/main/client-spec.md#4-verification>.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256 as Sha256Hasher};
use sigstore_verify::{
    PublicKeyVerificationPolicy, SubjectAltName, VerificationPolicy, VerificationResult,
    crypto::{KeyAlgorithm, VerificationKey},
    types::{
        Artifact as SigstoreArtifact, Bundle, Sha256Hash, SignatureContent,
        bundle::VerificationMaterialContent,
    },
};

use crate::{
    Identity, PublicKey, Sha256, Statement, TrustError, TrustRoot, bounded, dsse,
    user_name::user_name, versions::require_known,
};

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub enum Artifact<'a> {
    /// All of it.
    Bytes(&'a [u8]),
    /// Its digest, where that is known: for images it is that of the manifest.
    Sha256(Sha256),
}

impl Artifact<'_> {
    fn sha256(&self) -> Sha256 {
        match self {
            Self::Bytes(bytes) => Sha256Hasher::digest(bytes).into(),
            Self::Sha256(digest) => *digest,
        }
    }
}

/// Who is trusted.
#[derive(Clone, Debug)]
pub enum Signer {
    /// Whoever a certificate of the trust root names so; such signatures always have to be logged.
    Identity(Identity),
    /// Whoever has this key.
    Key(PublicKey, LogUse),
}

/// What a transparency log is asked for where a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogUse {
    /// The signature has to be in a log of the trust root.
    Required,
    /// The key alone decides, and a log entry that holds tells when.
    Optional,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// Who made it.
    pub signer: VerifiedSigner,
    /// When at the latest, where a log or a timestamp proves it.
    pub signed_at: Option<Timestamp>,
    /// Whether a transparency log of the trust root has it.
    pub is_logged: bool,
    /// What is said, where it is more than a signature over bytes.
    pub statement: Option<Statement>,
}

/// Who made a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifiedSigner {
    /// Whom the certificate names.
    Identity {
        /// The OpenID issuer.
        issuer: String,
        /// The mail address, the address of the workflow, or the user as `name!domain`.
        subject: String,
    },
    /// Whoever has the key that was asked for.
    Key,
}

/// Verifies a bundle over an artifact: that the one who is trusted signed it, and what was said of it.
pub fn verify_bundle(
    bundle: &[u8],
    artifact: Artifact<'_>,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    let text = std::str::from_utf8(bounded(bundle, "bundle")?)
        .map_err(|error| TrustError::malformed("bundle", &error))?;
    require_known(text)?;
    let bundle =
        Bundle::from_json(text).map_err(|error| TrustError::malformed("bundle", &error))?;
    verify(&bundle, artifact, signer, root)
}

/// As [`verify_bundle`], of a bundle that was read already.
pub(crate) fn verify(
    bundle: &Bundle,
    artifact: Artifact<'_>,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    let is_by_key = matches!(
        bundle.verification_material.content,
        VerificationMaterialContent::PublicKey(_)
    );
    let proof = match signer {
        Signer::Identity(_) if is_by_key => {
            return Err(TrustError::Signer {
                found: "a key, and no certificate says whose".to_owned(),
            });
        }
        Signer::Key(..) if !is_by_key => {
            return Err(TrustError::Signer {
                found: "somebody with a certificate, and not by the key".to_owned(),
            });
        }
        Signer::Identity(identity) => by_identity(bundle, artifact, identity, root),
        Signer::Key(key, log) => by_key(bundle, artifact, key, *log, root),
    };
    let statement = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            Some(Statement::parse(envelope.payload.as_bytes()))
        }
        _ => None,
    };
    match (proof, statement.transpose()) {
        (Ok(verified), Ok(statement)) => Ok(Verified {
            statement,
            ..verified
        }),
        // The statement tells what it is about instead.
        (Err(TrustError::Artifact { found }), Ok(statement)) => {
            let told = statement.map(|it| it.bind(&artifact.sha256()).map(|_| ()));
            Err(match told {
                Some(Err(told)) => told,
                _ => TrustError::Artifact { found },
            })
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

fn by_identity(
    bundle: &Bundle,
    artifact: Artifact<'_>,
    identity: &Identity,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    // Who signed is compared below: the policy of the library knows no patterns.
    let policy = VerificationPolicy::any_identity();
    let result = ask(bundle, artifact, &policy, root)?;
    let proven = result.certificate_verified() && result.sct_verified() && result.tlog_verified();
    if !proven {
        return Err(TrustError::Certificate("it was not looked at".to_owned()));
    }
    let issuer = result.issuer().unwrap_or_default();
    let known = result.identity().map(SubjectAltName::as_str);
    let user = || user_name(bundle.signing_certificate()?.as_bytes());
    let subject = known.map(str::to_owned).or_else(user).unwrap_or_default();
    if issuer.is_empty() || subject.is_empty() {
        return Err(TrustError::Certificate("it names nobody".to_owned()));
    }
    if !identity.issuer.matches(issuer) || !identity.subject.matches(&subject) {
        return Err(TrustError::Signer {
            found: format!("{subject}, known to {issuer}"),
        });
    }
    Ok(Verified {
        signer: VerifiedSigner::Identity {
            issuer: issuer.to_owned(),
            subject,
        },
        signed_at: signed_at(&result),
        is_logged: result.tlog_verified(),
        statement: None,
    })
}

fn by_key(
    bundle: &Bundle,
    artifact: Artifact<'_>,
    key: &PublicKey,
    log: LogUse,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    let is_logged = !bundle.verification_material.tlog_entries.is_empty();
    if is_logged {
        let policy = PublicKeyVerificationPolicy::new(key.der().clone());
        let logged = ask(bundle, artifact, &policy, root).and_then(|result| {
            if !result.tlog_verified() {
                return Err(TrustError::NotLogged);
            }
            Ok(Verified {
                signer: VerifiedSigner::Key,
                signed_at: signed_at(&result),
                is_logged: true,
                statement: None,
            })
        });
        if logged.is_ok() || log == LogUse::Required {
            return logged;
        }
    } else if log == LogUse::Required {
        return Err(TrustError::NotLogged);
    }
    by_key_alone(bundle, artifact, key)?;
    Ok(Verified {
        signer: VerifiedSigner::Key,
        signed_at: None,
        is_logged: false,
        statement: None,
    })
}

/// Without anything that the trust root would have to vouch for.
fn by_key_alone(
    bundle: &Bundle,
    artifact: Artifact<'_>,
    key: &PublicKey,
) -> Result<(), TrustError> {
    let signature = match &bundle.content {
        SignatureContent::DsseEnvelope(envelope) => {
            let (kind, payload) = (&envelope.payload_type, envelope.payload.as_bytes());
            dsse::require_statement(kind)?;
            let signed =
                key.has_signed(&dsse::pae(kind, payload), envelope.signature.sig.as_bytes());
            if !signed {
                return Err(dsse::wrong_key());
            }
            Statement::parse(payload)?.bind(&artifact.sha256())?;
            return Ok(());
        }
        SignatureContent::MessageSignature(message) => &message.signature,
        _ => {
            return Err(TrustError::Unsupported(
                "it signs in another way".to_owned(),
            ));
        }
    };
    let is_right = match artifact {
        Artifact::Bytes(bytes) => key.has_signed(bytes, signature.as_bytes()),
        Artifact::Sha256(digest) => {
            let algorithm = key.algorithm();
            let scheme =
                algorithm.resolve_signing_scheme(sigstore_verify::types::HashAlgorithm::Sha2256);
            let verifying =
                scheme.and_then(|it| VerificationKey::from_spki_with_scheme(key.der(), it));
            let is_right =
                verifying.is_ok_and(|it| it.verify_prehashed(&digest, signature).is_ok());
            // Keys of other kinds sign other digests than SHA-256 too, which this one does not give.
            if !is_right && algorithm != KeyAlgorithm::EcdsaP256 {
                return Err(TrustError::Unsupported(
                    "whether a key of this kind signed it cannot be told from a digest alone"
                        .to_owned(),
                ));
            }
            is_right
        }
    };
    if is_right {
        Ok(())
    } else {
        Err(dsse::wrong_key())
    }
}

fn ask(
    bundle: &Bundle,
    artifact: Artifact<'_>,
    policy: &dyn sigstore_verify::Policy,
    root: &TrustRoot,
) -> Result<VerificationResult, TrustError> {
    let artifact = match artifact {
        Artifact::Bytes(bytes) => SigstoreArtifact::from_blob(bytes),
        Artifact::Sha256(digest) => Sha256Hash::new(digest).into(),
    };
    Ok(root.verifier().verify(artifact, bundle, policy)?)
}

/// The earliest of the times that are proven: it was signed then at the latest.
fn signed_at(result: &VerificationResult) -> Option<Timestamp> {
    let times = result.verified_timestamps().iter();
    let times = times
        .chain(result.integrated_time().as_ref())
        .map(|it| it.as_second())
        .min();
    Timestamp::from_second(times?).ok()
}
