//! Images as layouts in folders, and pushing them.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use ringwall_image::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::registry::Registry;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// An OCI layout that is being made.
pub(crate) struct Layout {
    pub(crate) folder: TempDir,
    /// Descriptors of the images.
    images: Vec<Value>,
}

pub(crate) fn digest(bytes: &[u8]) -> String {
    Digest::new(Sha256::digest(bytes).into()).to_string()
}

/// A file of a layout.
fn blob(layout: &Path, digest: &str) -> PathBuf {
    layout.join("blobs").join(digest.replace(':', "/"))
}

impl Layout {
    /// A layout with images for some processors, each with two packages: one of them named after the processor.
    pub(crate) fn new(architectures: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::create_dir_all(folder.path().join("blobs/sha256")).expect("a folder");
        let mut layout = Self {
            folder,
            images: Vec::new(),
        };
        for architecture in architectures {
            layout.image(architecture);
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": layout.images});
        let place = layout.folder.path().join("index.json");
        fs::write(place, index.to_string()).expect("a file");
        layout
    }

    fn keep(&self, media_type: &str, bytes: &[u8]) -> Value {
        let digest = digest(bytes);
        fs::write(blob(self.folder.path(), &digest), bytes).expect("a file");
        json!({"mediaType": media_type, "digest": digest, "size": bytes.len()})
    }

    fn image(&mut self, architecture: &str) {
        let status = format!(
            "Package: for-{architecture}\nStatus: install ok installed\nVersion: 1.2-3\n\n"
        );
        let unpacked = [
            archive("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            archive("var/lib/dpkg/status", &status),
            archive(
                "srv/node_modules/ms/package.json",
                r#"{"name": "ms", "version": "2.0.0"}"#,
            ),
        ];
        let packed = [
            ("+gzip", gzip(&unpacked[0])),
            ("+gzip", gzip(&unpacked[1])),
            ("", unpacked[2].clone()),
        ];
        let layers = packed.map(|(how, bytes)| {
            let media_type = format!("application/vnd.oci.image.layer.v1.tar{how}");
            self.keep(&media_type, &bytes)
        });
        let diff_ids = unpacked.each_ref().map(|bytes| digest(bytes));
        let config = json!({"os": "linux", "architecture": architecture,
            "rootfs": {"type": "layers", "diff_ids": diff_ids}});
        let config = self.keep(CONFIG, config.to_string().as_bytes());
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST,
            "config": config, "layers": layers});
        let mut image = self.keep(MANIFEST, manifest.to_string().as_bytes());
        image["platform"] = json!({"os": "linux", "architecture": architecture});
        self.images.push(image);
    }

    pub(crate) fn path(&self) -> &str {
        self.folder.path().to_str().expect("UTF-8")
    }
}

fn archive(path: &str, content: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    let added = builder.append_data(&mut header, path, content.as_bytes());
    added.expect("an entry");
    builder.into_inner().expect("an archive")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("gzip");
    encoder.finish().expect("gzip")
}

/// Pushes all images of a layout under one tag: the index where there are several.
pub(crate) fn push(registry: &Registry, layout: &Path, repository: &str, tag: &str) {
    let index = fs::read(layout.join("index.json")).expect("an index");
    let parsed: Value = serde_json::from_slice(&index).expect("JSON");
    let images = parsed["manifests"].as_array().expect("images");
    for image in images {
        let manifest_digest = image["digest"].as_str().expect("a digest");
        let bytes = fs::read(blob(layout, manifest_digest)).expect("a manifest");
        let manifest: Value = serde_json::from_slice(&bytes).expect("JSON");
        let layers = manifest["layers"].as_array().expect("layers");
        for descriptor in layers.iter().chain([&manifest["config"]]) {
            let digest = descriptor["digest"].as_str().expect("a digest");
            let bytes = fs::read(blob(layout, digest)).expect("a blob");
            registry.push_blob(repository, digest, bytes);
        }
        let name = if images.len() == 1 {
            tag
        } else {
            manifest_digest
        };
        registry.push_manifest(repository, name, &bytes);
    }
    if images.len() > 1 {
        registry.push_manifest(repository, tag, &index);
    }
}

/// Unpacks an archive into a folder.
pub(crate) fn unpack(archive: &Path) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let file = fs::File::open(archive).expect("an archive");
    let unpacked = tar::Archive::new(file).unpack(folder.path());
    unpacked.expect("an archive");
    folder
}
