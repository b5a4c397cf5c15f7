//! What proves who made a signature of cosign 1 and 2, and when: annotations beside it.
//!
//! Sources: `certificate`, `bundle` and `rfc3161timestamp` in
//! <https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md#properties>.
//! They say what a bundle of version 0.1 says, and are verified as one: the log's promise stands for its proof.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use sigstore_verify::types::{Bundle, DerCertificate};

use crate::{TrustError, bounded, sha256_from_hex, versions::require_known_entry};

const MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";

/// The annotations of a stored signature that prove something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evidence<'a> {
    /// `dev.sigstore.cosign/certificate`: whose key it is, in PEM.
    pub certificate: Option<&'a str>,
    /// `dev.sigstore.cosign/bundle`: the entry of the transparency log, and the log's promise to keep it.
    pub log: Option<&'a str>,
    /// `dev.sigstore.cosign/rfc3161timestamp`: when it was signed.
    pub timestamp: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Log {
    signed_entry_timestamp: String,
    payload: LogEntry,
}

#[derive(Deserialize)]
struct LogEntry {
    body: String,
    #[serde(rename = "integratedTime")]
    integrated_time: i64,
    #[serde(rename = "logIndex")]
    log_index: i64,
    #[serde(rename = "logID")]
    log_id: String,
}

#[derive(Deserialize)]
struct Body {
    kind: String,
    #[serde(rename = "apiVersion")]
    version: String,
}

#[derive(Deserialize)]
struct SignedTimestamp {
    #[serde(rename = "SignedRFC3161Timestamp")]
    token: String,
}

impl Evidence<'_> {
    /// The bundle that says the same; its content is of the kind `messageSignature` or `dsseEnvelope`.
    pub(crate) fn bundle(&self, kind: &str, content: &Value) -> Result<Bundle, TrustError> {
        let log = self.log.ok_or(TrustError::NotLogged)?;
        let timestamps = match self.timestamp {
            Some(timestamp) => {
                let signed: SignedTimestamp = read(timestamp, "timestamp")?;
                vec![json!({ "signedTimestamp": signed.token })]
            }
            None => Vec::new(),
        };
        let (holder, value) = match self.certificate {
            Some(pem) => {
                let der = DerCertificate::from_pem(pem)
                    .map_err(|error| TrustError::malformed("certificate", &error))?;
                // What stands between it and the authority is in the trust root.
                let certificates = json!({ "certificates": [{ "rawBytes": der.to_base64() }] });
                ("x509CertificateChain", certificates)
            }
            None => ("publicKey", json!({ "hint": "" })),
        };
        let json = json!({
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                holder: value,
                "tlogEntries": [entry(log)?],
                "timestampVerificationData": { "rfc3161Timestamps": timestamps },
            },
            kind: content,
        });
        serde_json::from_value(json).map_err(|error| TrustError::malformed("signature", &error))
    }
}

fn read<'t, T: Deserialize<'t>>(text: &'t str, what: &'static str) -> Result<T, TrustError> {
    serde_json::from_slice(bounded(text.as_bytes(), what)?)
        .map_err(|error| TrustError::malformed(what, &error))
}

fn entry(log: &str) -> Result<Value, TrustError> {
    const WHAT: &str = "log entry";
    let log: Log = read(log, WHAT)?;
    let entry = &log.payload;
    let body = STANDARD.decode(&entry.body);
    let body = body.map_err(|error| TrustError::malformed(WHAT, &error))?;
    let body: Body =
        serde_json::from_slice(&body).map_err(|error| TrustError::malformed(WHAT, &error))?;
    require_known_entry(&body.kind, &body.version)?;
    let id = sha256_from_hex(&entry.log_id)
        .ok_or_else(|| TrustError::malformed(WHAT, &"its log has no SHA-256 for a name"))?;
    Ok(json!({
        "logIndex": entry.log_index.to_string(),
        "logId": { "keyId": STANDARD.encode(id) },
        "kindVersion": { "kind": body.kind, "version": body.version },
        "integratedTime": entry.integrated_time.to_string(),
        "inclusionPromise": { "signedEntryTimestamp": log.signed_entry_timestamp },
        "canonicalizedBody": entry.body,
    }))
}
