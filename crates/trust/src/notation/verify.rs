//! Whether a signature holds, and what is told of it.
//!
//! Source: <https://github.com/notaryproject/specifications/blob/main/specs/trust-store-trust-policy.md#signature-verification>.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::{
    algorithm::EnvelopeAlgorithm,
    certificate::{Certificate, Purpose},
    chain::Chain,
    envelope::{Envelope, NotationFormat, SigningScheme, malformed},
    policy::{Action, Demands, Identities, TimestampUse},
    timestamp,
};
use crate::{Sha256, TrustError, sha256_from_hex};

/// Who is trusted, and what is demanded of their signatures.
#[derive(Clone, Debug)]
pub struct NotationTrust {
    /// Certificates that vouch for signers.
    pub authorities: Vec<Certificate>,
    /// Certificates that vouch for services that sign for others.
    pub signing_authorities: Vec<Certificate>,
    /// Certificates that vouch for times.
    pub timestamp_authorities: Vec<Certificate>,
    /// Who is trusted among those whom they vouch for.
    pub identities: Identities,
    /// What else is demanded.
    pub demands: Demands,
    /// When a timestamp is asked for; never where nobody vouches for times.
    pub timestamps: TimestampUse,
}

/// A manifest that may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationTarget {
    /// Its SHA-256.
    pub digest: Sha256,
    /// Its bytes.
    pub size_bytes: u64,
    /// What it is; empty where nobody says.
    pub media_type: String,
}

/// A signature that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotationVerified {
    /// The digest of the manifest that is signed.
    pub digest: Sha256,
    /// Whom the certificate of the signer names, by RFC 4514.
    pub subject: String,
    /// The SHA-256 of that certificate, in hexadecimal digits.
    pub fingerprint: String,
    /// Whom the certificate names that is trusted.
    pub authority: String,
    /// The SHA-256 of that certificate.
    pub authority_fingerprint: String,
    /// Who vouches for the time.
    pub scheme: SigningScheme,
    /// When it was signed at the latest, where a timestamp or a signing authority says so.
    pub signed_at: Option<Timestamp>,
    /// When it was signed as the signer says, where nobody else does.
    pub claimed_at: Option<Timestamp>,
    /// Until when the signer wants it to count.
    pub expiry: Option<Timestamp>,
    /// Words of the signer.
    pub annotations: BTreeMap<String, String>,
    /// What does not hold or was not looked at, and is not demanded.
    pub unenforced: Vec<Unenforced>,
}

/// Something that is not demanded, and of which it is not known that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unenforced {
    /// What, as policies call it: `expiry`.
    pub what: &'static str,
    /// What is known of it.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    target_artifact: Descriptor,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    media_type: String,
    digest: String,
    size: u64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// Verifies that somebody who is trusted signed one of some manifests, at the time `now`.
pub fn verify_notation(
    bytes: &[u8],
    format: NotationFormat,
    targets: &[NotationTarget],
    trust: &NotationTrust,
    now: Timestamp,
) -> Result<NotationVerified, TrustError> {
    let envelope = Envelope::parse(bytes, format)?;
    let chain = Chain::new(&envelope.certificates, Purpose::Signing)?;
    require_signature(&envelope, &chain)?;
    let payload: Payload =
        serde_json::from_slice(&envelope.payload).map_err(|error| malformed(&error))?;
    let digest = target(&payload.target_artifact, targets)?;
    let anchor = authentic(&chain, envelope.headers.scheme, trust)?;
    let mut verified = NotationVerified {
        digest,
        subject: chain.leaf().subject(),
        fingerprint: chain.leaf().fingerprint(),
        authority: anchor.subject(),
        authority_fingerprint: anchor.fingerprint(),
        scheme: envelope.headers.scheme,
        signed_at: None,
        claimed_at: None,
        expiry: envelope.headers.expiry,
        annotations: payload.target_artifact.annotations.unwrap_or_default(),
        unenforced: Vec::new(),
    };
    let demands = &trust.demands;
    if let Some(at) = envelope.headers.expiry.filter(|at| *at <= now) {
        verified.settle(demands.expiry, "expiry", TrustError::Expired { at })?;
    }
    verified.time(&envelope, &chain, trust, now)?;
    if let Some(certificate) = chain.revocable() {
        verified.revocation(demands.revocation, certificate)?;
    }
    // Only now: a plugin that is demanded by nobody whom anybody trusts says nothing.
    match envelope.headers.plugin {
        Some(plugin) => Err(TrustError::Unsupported(format!(
            "it demands the plugin {plugin}"
        ))),
        None => Ok(verified),
    }
}

fn require_signature(envelope: &Envelope, chain: &Chain) -> Result<(), TrustError> {
    let key = &chain.leaf().key;
    let algorithm: EnvelopeAlgorithm = key.envelope_algorithm()?;
    if algorithm != envelope.algorithm {
        return Err(malformed(&format!(
            "it says that it is signed with {}, and its key signs with {}",
            envelope.algorithm.name(),
            algorithm.name()
        )));
    }
    if key.has_signed_envelope(algorithm, &envelope.signed, &envelope.signature) {
        Ok(())
    } else {
        Err(TrustError::Signature {
            by: chain.leaf().subject(),
        })
    }
}

/// The one among some manifests that is signed.
fn target(signed: &Descriptor, targets: &[NotationTarget]) -> Result<Sha256, TrustError> {
    let other = |found: String| TrustError::Artifact { found };
    let digest = signed.digest.strip_prefix("sha256:");
    let digest = digest.and_then(sha256_from_hex);
    let mut targets = targets.iter();
    let Some(target) = targets.find(|it| Some(it.digest) == digest) else {
        return Err(other(signed.digest.clone()));
    };
    if signed.size != target.size_bytes {
        return Err(other(format!("something of {} bytes", signed.size)));
    }
    if signed.media_type != target.media_type {
        return Err(other(format!(
            "something of the type {}",
            signed.media_type
        )));
    }
    Ok(target.digest)
}

/// The certificate that vouches for the signer, where the signer is trusted.
fn authentic<'c>(
    chain: &'c Chain,
    scheme: SigningScheme,
    trust: &NotationTrust,
) -> Result<&'c Certificate, TrustError> {
    let trusted = match scheme {
        SigningScheme::X509 => &trust.authorities,
        SigningScheme::SigningAuthority => &trust.signing_authorities,
    };
    let found = || {
        format!(
            "{}, under {}",
            chain.leaf().subject(),
            chain.root().subject()
        )
    };
    let anchor = chain.anchor(trusted).ok_or_else(|| {
        let kind = match scheme {
            SigningScheme::X509 => "authorities",
            SigningScheme::SigningAuthority => "signing authorities",
        };
        TrustError::Signer {
            found: format!(
                "{}, and no certificate of these is among the {kind} that are trusted",
                found()
            ),
        }
    })?;
    let is_trusted = match &trust.identities {
        Identities::Any => true,
        Identities::Named(names) => {
            let mut names = names.iter();
            names.any(|name| name.matches(chain.leaf().name()))
        }
    };
    if is_trusted {
        Ok(anchor)
    } else {
        Err(TrustError::Signer { found: found() })
    }
}

impl NotationVerified {
    /// Refuses what is demanded and does not hold; what is not demanded is noted.
    fn settle(
        &mut self,
        action: Action,
        what: &'static str,
        error: TrustError,
    ) -> Result<(), TrustError> {
        match action {
            Action::Enforce => Err(error),
            Action::Log | Action::Skip => {
                self.unenforced.push(Unenforced {
                    what,
                    reason: error.to_string(),
                });
                Ok(())
            }
        }
    }

    /// Whether the certificates were valid when it was signed.
    fn time(
        &mut self,
        envelope: &Envelope,
        chain: &Chain,
        trust: &NotationTrust,
        now: Timestamp,
    ) -> Result<(), TrustError> {
        let time = envelope.headers.time;
        let demanded = trust.demands.authentic_timestamp;
        let outdated = |reason: String| TrustError::Evidence(reason);
        if envelope.headers.scheme == SigningScheme::SigningAuthority {
            if time.duration_since(now) > CLOCK_SKEW {
                let reason = outdated(format!(
                    "the signing authority says that it signed at {time}, which is in the future"
                ));
                return self.settle(demanded, AUTHENTIC_TIMESTAMP, reason);
            }
            self.signed_at = Some(time);
            let valid = chain.require_valid(time, time, "the time of signing");
            return match valid {
                Ok(()) => Ok(()),
                Err(reason) => self.settle(demanded, AUTHENTIC_TIMESTAMP, outdated(reason)),
            };
        }
        self.claimed_at = Some(time);
        let is_valid = chain.require_valid(now, now, "now");
        let is_asked = !trust.timestamp_authorities.is_empty()
            && (trust.timestamps == TimestampUse::Always || is_valid.is_err());
        if !is_asked {
            let Err(reason) = is_valid else { return Ok(()) };
            let reason = if envelope.timestamp.is_some() {
                format!("{reason}; no authority is trusted for the timestamp that stands beside it")
            } else {
                reason
            };
            return self.settle(demanded, AUTHENTIC_TIMESTAMP, outdated(reason));
        }
        let proven = match &envelope.timestamp {
            None => Err(outdated("it has no timestamp".to_owned())),
            Some(token) => timestamp::verify(
                token,
                &envelope.signature,
                &trust.timestamp_authorities,
                now,
            ),
        };
        let proven = proven.and_then(|proven| {
            let (earliest, latest) = (proven.earliest, proven.latest);
            match chain.require_valid(earliest, latest, "the timestamp") {
                Ok(()) => Ok(proven),
                Err(reason) => Err(outdated(reason)),
            }
        });
        match proven {
            Ok(proven) => {
                self.signed_at = Some(proven.latest);
                self.claimed_at = None;
                match proven.chain.revocable() {
                    Some(certificate) => self.revocation(trust.demands.revocation, certificate),
                    None => Ok(()),
                }
            }
            Err(error) => self.settle(demanded, AUTHENTIC_TIMESTAMP, error),
        }
    }

    /// Nobody is asked whether a certificate was revoked: that is not known where somebody could be asked.
    fn revocation(&mut self, action: Action, asked: &Certificate) -> Result<(), TrustError> {
        let subject = asked.subject();
        self.settle(action, "revocation", TrustError::Revocation { subject })
    }
}

const AUTHENTIC_TIMESTAMP: &str = "authenticTimestamp";

/// How far the clocks of those who sign may be ahead of ours.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
