//! Which versions of bundles and log entries can be read: a later one is undecided, not wrong.

use serde::Deserialize;
use sigstore_verify::types::MediaType;

use crate::TrustError;

/// What tells whether a bundle is of a kind that this version knows.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: String,
    #[serde(default)]
    verification_material: OutlineMaterial,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OutlineMaterial {
    tlog_entries: Option<Vec<OutlineEntry>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutlineEntry {
    kind_version: OutlineKind,
}

#[derive(Deserialize)]
struct OutlineKind {
    kind: String,
    version: String,
}

/// A bundle of a later version may be right, where one that is damaged is not.
pub(crate) fn require_known(text: &str) -> Result<(), TrustError> {
    // What is damaged is refused with a better reason when all of it is read.
    let Ok(outline) = serde_json::from_str::<Outline>(text) else {
        return Ok(());
    };
    let kind = outline.media_type;
    if kind.starts_with("application/vnd.dev.sigstore.bundle") && kind.parse::<MediaType>().is_err()
    {
        return Err(TrustError::Unsupported(format!("it is of the type {kind}")));
    }
    let entries = outline.verification_material.tlog_entries;
    entries.unwrap_or_default().iter().try_for_each(|entry| {
        require_known_entry(&entry.kind_version.kind, &entry.kind_version.version)
    })
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
