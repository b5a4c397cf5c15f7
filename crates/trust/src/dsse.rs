//! Signed envelopes: DSSE, in which cosign keeps attestations.
//!
//! Sources: <https://github.com/secure-systems-lab/dsse/blob/master/envelope.md>, `protocol.md` beside it, and
//! <https://github.com/sigstore/cosign/blob/main/specs/ATTESTATION_SPEC.md>.

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    Artifact, LogUse, PublicKey, Sha256, Signer, Statement, TrustError, TrustRoot, Verified,
    VerifiedSigner, bounded, bundle, evidence::Evidence,
};

/// The only type of payload that says of what it speaks.
pub(crate) const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";

/// Signatures of one envelope that are looked at; cosign writes one.
const MAX_SIGNATURES: usize = 100;

/// A signed payload.
#[derive(Clone, Debug)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// What is signed.
    pub payload: Vec<u8>,
    /// Signatures over both.
    pub signatures: Vec<Vec<u8>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    payload_type: String,
    payload: String,
    signatures: Vec<WireSignature>,
}

#[derive(Deserialize)]
struct WireSignature {
    sig: String,
}

impl Envelope {
    /// Reads an envelope.
    pub fn parse(json: &[u8]) -> Result<Self, TrustError> {
        let malformed = |reason: &dyn ToString| TrustError::malformed("envelope", reason);
        let wire: Wire = serde_json::from_slice(bounded(json, "envelope")?)
            .map_err(|error| malformed(&error))?;
        if wire.signatures.len() > MAX_SIGNATURES {
            return Err(malformed(&"it has more than a hundred signatures"));
        }
        // The protocol allows both alphabets.
        let decode = |text: &str| STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text));
        let signatures = wire.signatures.iter().map(|it| decode(&it.sig));
        Ok(Self {
            payload: decode(&wire.payload).map_err(|error| malformed(&error))?,
            signatures: signatures
                .collect::<Result<_, _>>()
                .map_err(|error| malformed(&error))?,
            payload_type: wire.payload_type,
        })
    }

    /// Whether the key made one of its signatures.
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let message = pae(&self.payload_type, &self.payload);
        let mut signatures = self.signatures.iter();
        signatures.any(|signature| key.has_signed(&message, signature))
    }
}

/// An envelope as cosign keeps it: a layer, with what proves who signed it in annotations.
#[derive(Clone, Copy, Debug)]
pub struct StoredEnvelope<'a> {
    /// The layer.
    pub envelope: &'a [u8],
    /// The annotations of the layer.
    pub evidence: Evidence<'a>,
}

/// Verifies an attestation that cosign attached to an artifact, and gives what it says.
pub fn verify_envelope(
    stored: &StoredEnvelope<'_>,
    artifact: &Sha256,
    signer: &Signer,
    root: &TrustRoot,
) -> Result<Verified, TrustError> {
    let envelope = Envelope::parse(stored.envelope)?;
    require_statement(&envelope.payload_type)?;
    let statement = Statement::parse(&envelope.payload)?;
    let logged = || {
        let json: Value = serde_json::from_slice(stored.envelope)
            .map_err(|error| TrustError::malformed("envelope", &error))?;
        let bundle = stored.evidence.bundle("dsseEnvelope", &json)?;
        bundle::verify(&bundle, Artifact::Sha256(*artifact), signer, root)
    };
    match signer {
        Signer::Identity(_) if stored.evidence.certificate.is_none() => Err(TrustError::Signer {
            found: "a key, and no certificate says whose".to_owned(),
        }),
        Signer::Identity(_) => logged(),
        Signer::Key(key, _) if !envelope.is_signed_by(key) => Err(wrong_key()),
        Signer::Key(_, log) => {
            statement.bind(artifact)?;
            match logged() {
                Err(_) if *log == LogUse::Optional => Ok(Verified {
                    signer: VerifiedSigner::Key,
                    signed_at: None,
                    is_logged: false,
                    statement: Some(statement),
                }),
                logged => logged,
            }
        }
    }
}

/// What is signed in place of the payload, so that its type is signed too.
pub(crate) fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let (kind, length) = (payload_type.len(), payload.len());
    let mut message = format!("DSSEv1 {kind} {payload_type} {length} ").into_bytes();
    message.extend_from_slice(payload);
    message
}

pub(crate) fn require_statement(payload_type: &str) -> Result<(), TrustError> {
    if payload_type == STATEMENT_TYPE {
        return Ok(());
    }
    Err(TrustError::PayloadType {
        found: payload_type.to_owned(),
        wanted: STATEMENT_TYPE,
    })
}

pub(crate) fn wrong_key() -> TrustError {
    TrustError::Signature {
        by: "the key".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_is_signed_with_the_payload() {
        // The example of protocol.md.
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn both_alphabets_are_read() {
        for (payload, signature) in [("/+8=", "+/8="), ("_-8=", "-_8=")] {
            let json = format!(
                r#"{{"payloadType": "t", "payload": "{payload}", "signatures": [{{"keyid": "", "sig": "{signature}"}}]}}"#
            );
            let envelope = Envelope::parse(json.as_bytes()).unwrap();
            assert_eq!(envelope.payload, [0xff, 0xef]);
            assert_eq!(envelope.signatures, [[0xfb, 0xff]]);
        }
    }

    #[test]
    fn what_is_no_envelope_is_refused() {
        let many = format!(
            r#"{{"payloadType": "t", "payload": "", "signatures": [{}]}}"#,
            vec![r#"{"sig": ""}"#; 101].join(",")
        );
        for wrong in [
            "",
            "{}",
            r#"{"payloadType": "t", "payload": "?", "signatures": []}"#,
            r#"{"payloadType": "t", "payload": "", "signatures": [{"sig": "A"}]}"#,
            &many,
        ] {
            let error = Envelope::parse(wrong.as_bytes()).unwrap_err();
            assert!(matches!(error, TrustError::Malformed { .. }), "{wrong}");
        }
    }
}
