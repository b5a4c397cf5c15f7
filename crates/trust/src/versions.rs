//! Which bundles can be read: a later version is undecided, not wrong, and one that only takes time is refused.

use serde::{Deserialize, de::IgnoredAny};
use sigstore_verify::types::MediaType;

use crate::TrustError;

/// Log entries and timestamps of one bundle: one of each is what signers write.
const MAX_EVIDENCE: usize = 32;

/// Bytes of a signed head of a log, with the signatures of all its witnesses.
const MAX_CHECKPOINT_BYTES: usize = 64 << 10;

/// What tells whether a bundle is of a kind that this version knows, and no more than it takes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: String,
    #[serde(default)]
    verification_material: Material,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Material {
    tlog_entries: Option<Vec<Entry>>,
    timestamp_verification_data: Option<Timestamps>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    kind_version: Kind,
    #[serde(default)]
    inclusion_proof: Option<Proof>,
}

#[derive(Deserialize)]
struct Kind {
    kind: String,
    version: String,
}

#[derive(Deserialize)]
struct Proof {
    #[serde(default)]
    checkpoint: Option<Checkpoint>,
}

#[derive(Deserialize)]
struct Checkpoint {
    #[serde(default)]
    envelope: String,
}

#[derive(Deserialize)]
struct Timestamps {
    #[serde(default, rename = "rfc3161Timestamps")]
    tokens: Option<Vec<IgnoredAny>>,
}

/// A bundle of a later version may be right, where one that is damaged is not.
pub(crate) fn require_known(text: &str) -> Result<(), TrustError> {
    let malformed = |reason: &dyn ToString| TrustError::malformed("bundle", reason);
    let outline: Outline = serde_json::from_str(text).map_err(|error| malformed(&error))?;
    let kind = outline.media_type;
    if kind.starts_with("application/vnd.dev.sigstore.bundle") && kind.parse::<MediaType>().is_err()
    {
        return Err(TrustError::Unsupported(format!("it is of the type {kind}")));
    }
    let material = outline.verification_material;
    let entries = material.tlog_entries.unwrap_or_default();
    let timestamps = material.timestamp_verification_data;
    let timestamps = timestamps.and_then(|it| it.tokens).unwrap_or_default();
    if entries.len() > MAX_EVIDENCE || timestamps.len() > MAX_EVIDENCE {
        return Err(malformed(&"it has more than 32 log entries or timestamps"));
    }
    for entry in entries {
        require_known_entry(&entry.kind_version.kind, &entry.kind_version.version)?;
        let checkpoint = entry.inclusion_proof.and_then(|proof| proof.checkpoint);
        if checkpoint.is_some_and(|it| it.envelope.len() > MAX_CHECKPOINT_BYTES) {
            return Err(malformed(&"a checkpoint of its log is larger than 64 KiB"));
        }
    }
    Ok(())
}

/// See: <https://github.com/sigstore/rekor/tree/main/pkg/types>.
pub(crate) fn require_known_entry(kind: &str, version: &str) -> Result<(), TrustError> {
    match (kind, version) {
        ("hashedrekord", "0.0.1" | "0.0.2") | ("dsse", "0.0.1") | ("intoto", "0.0.2") => Ok(()),
        _ => Err(TrustError::Unsupported(format!(
            "its log entry is of the kind {kind} {version}"
        ))),
    }
}
