//! What a registry keeps of a repository, as an OCI layout: the image with all that is beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::registry::Registry;

/// Where the registry keeps things, below its folder.
const STORAGE: &str = "storage/docker/registry/v2";

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name()
        .expect("a name")
        .to_string_lossy()
        .into_owned()
}

/// The tags of a repository, each with the digest that it names.
pub(crate) fn tags(registry: &Registry, repository: &str) -> Vec<(String, String)> {
    let folder = registry.folder.path().join(STORAGE).join("repositories");
    let folder = folder.join(repository).join("_manifests/tags");
    let tags = entries(&folder).into_iter().map(|tag| {
        let link = fs::read_to_string(tag.join("current/link")).expect("a link");
        (name(&tag), link.trim().to_owned())
    });
    tags.collect()
}

/// The bytes behind a digest.
pub(crate) fn blob(registry: &Registry, digest: &str) -> Vec<u8> {
    let hex = digest.strip_prefix("sha256:").expect("a digest");
    let folder = registry.folder.path().join(STORAGE).join("blobs/sha256");
    fs::read(folder.join(&hex[..2]).join(hex).join("data")).expect("a blob")
}

/// The manifest under a tag; none where there is no such tag.
pub(crate) fn manifest(registry: &Registry, repository: &str, tag: &str) -> Option<Value> {
    let tags = tags(registry, repository);
    let (_, digest) = tags.into_iter().find(|(name, _)| name == tag)?;
    Some(serde_json::from_slice(&blob(registry, &digest)).expect("JSON"))
}

/// All blobs and tags of a repository as a layout.
pub(crate) fn layout(registry: &Registry, repository: &str) -> TempDir {
    let layout = TempDir::new().expect("a folder");
    let blobs = layout.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("a folder");
    let folder = registry.folder.path().join(STORAGE).join("blobs/sha256");
    for kept in entries(&folder).iter().flat_map(|folder| entries(folder)) {
        fs::copy(kept.join("data"), blobs.join(name(&kept))).expect("a blob");
    }
    let manifests: Vec<_> = tags(registry, repository)
        .into_iter()
        .map(|(tag, digest)| {
            let bytes = blob(registry, &digest);
            let parsed: Value = serde_json::from_slice(&bytes).expect("JSON");
            json!({
                "mediaType": parsed["mediaType"],
                "digest": digest,
                "size": bytes.len(),
                "annotations": {"org.opencontainers.image.ref.name": tag},
            })
        })
        .collect();
    let index = json!({"schemaVersion": 2, "manifests": manifests});
    fs::write(layout.path().join("index.json"), index.to_string()).expect("a file");
    fs::write(
        layout.path().join("oci-layout"),
        r#"{"imageLayoutVersion": "1.0.0"}"#,
    )
    .expect("a file");
    layout
}
