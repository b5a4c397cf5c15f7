//! Images that are made for a test, and what is read from them.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use ringwall_collect::image::open_image;
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, scan_image};
use ringwall_image::StoredImage;
use ringwall_model::Date;
use ringwall_report::ImageReport;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(path);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

pub(crate) fn scan(path: &Path) -> ImageReport {
    scan_with(path, Advisories::Missing)
}

/// The same, judged by a database.
pub(crate) fn scan_with(path: &Path, advisories: Advisories<'_>) -> ImageReport {
    let exceptions = ImageExceptions::none(Date::from_unix_seconds(0));
    scan_accepting(path, advisories, &exceptions)
}

/// The same, with exceptions.
pub(crate) fn scan_accepting(
    path: &Path,
    advisories: Advisories<'_>,
    exceptions: &ImageExceptions,
) -> ImageReport {
    judge(&open_image(path, None).unwrap(), advisories, exceptions)
}

/// The same of an image that was found elsewhere.
pub(crate) fn scan_stored(image: &StoredImage) -> ImageReport {
    let exceptions = ImageExceptions::none(Date::from_unix_seconds(0));
    judge(image, Advisories::Missing, &exceptions)
}

fn judge(
    image: &StoredImage,
    advisories: Advisories<'_>,
    exceptions: &ImageExceptions,
) -> ImageReport {
    let options = ImageOptions {
        name: "image",
        advisories,
        exceptions,
        finds_secrets: true,
        rules: None,
        cache: None,
        as_of: Date::from_unix_seconds(0),
    };
    scan_image(image, &options)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    ringwall_image::Digest::new(Sha256::digest(bytes).into()).hex()
}

/// An archive of files; a path that ends with `/` is a folder.
pub(crate) fn layer<C: AsRef<[u8]>>(files: &[(&str, C)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let content = content.as_ref();
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        // Libraries and parts of programs have no mode that says so.
        let is_part = path.contains(".so.") || path.ends_with(".o");
        let is_program = content.starts_with(ELF.as_bytes()) && !is_part || path.ends_with("-exec");
        header.set_mode(if is_program { 0o755 } else { 0o644 });
        let links = [
            ("-> ", tar::EntryType::Symlink),
            ("= ", tar::EntryType::Link),
        ];
        let link = links
            .iter()
            .find_map(|(sign, kind)| Some((content.strip_prefix(sign.as_bytes())?, *kind)));
        if let Some((target, kind)) = link {
            header.set_size(0);
            header.set_entry_type(kind);
            let target = str::from_utf8(target).unwrap();
            builder.append_link(&mut header, path, target).unwrap();
        } else {
            if path.ends_with('/') {
                header.set_entry_type(tar::EntryType::Directory);
            }
            builder.append_data(&mut header, path, content).unwrap();
        }
    }
    builder.into_inner().unwrap()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An OCI layout as a folder, with each layer unpacked and as it is kept.
pub(crate) fn layout(layers: &[(Vec<u8>, Vec<u8>)]) -> TempDir {
    layout_of(layers, layers.len())
}

/// The same with a configuration that knows only the first layers.
pub(crate) fn layout_of(layers: &[(Vec<u8>, Vec<u8>)], known: usize) -> TempDir {
    layout_with(layers, known, &json!({}))
}

/// The same with more in the configuration.
pub(crate) fn layout_with(layers: &[(Vec<u8>, Vec<u8>)], known: usize, config: &Value) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("blobs/sha256")).unwrap();
    let blob = |bytes: &[u8]| {
        let digest = hex(bytes);
        fs::write(folder.path().join("blobs/sha256").join(&digest), bytes).unwrap();
        json!({"digest": format!("sha256:{digest}"), "size": bytes.len()})
    };
    let diff_ids = layers
        .iter()
        .take(known)
        .map(|(unpacked, _)| format!("sha256:{}", hex(unpacked)));
    let mut whole = json!({
        "os": "linux", "architecture": "arm64",
        "rootfs": {"type": "layers", "diff_ids": diff_ids.collect::<Vec<_>>()},
    });
    let more = config.as_object().unwrap().clone();
    whole.as_object_mut().unwrap().extend(more);
    let config = blob(whole.to_string().as_bytes());
    let layers: Vec<_> = layers.iter().map(|(_, packed)| blob(packed)).collect();
    let manifest = json!({"schemaVersion": 2, "config": config, "layers": layers});
    let manifest = blob(manifest.to_string().as_bytes());
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    folder
}

pub(crate) fn scan_layers<C: AsRef<[u8]>>(layers: &[&[(&str, C)]]) -> ImageReport {
    scan(layers_of(layers).path())
}

/// An OCI layout of layers with these files.
pub(crate) fn layers_of<C: AsRef<[u8]>>(layers: &[&[(&str, C)]]) -> TempDir {
    let layers: Vec<_> = layers
        .iter()
        .map(|files| (layer(files), gzip(&layer(files))))
        .collect();
    layout(&layers)
}

/// Names of the packages that a container sees, and of those that are hidden, with the layer that hides them.
pub(crate) fn packages(report: &ImageReport) -> (Vec<&str>, Vec<(&str, usize)>) {
    let seen = report.packages.iter().filter(|it| it.hidden_by.is_none());
    let hidden = report.packages.iter();
    (
        seen.map(|it| &*it.name).collect(),
        hidden
            .filter_map(|it| Some((&*it.name, it.hidden_by?)))
            .collect(),
    )
}

/// Ids of what was not assessed, but for the vulnerabilities that nobody looks for without a database.
pub(crate) fn gaps(report: &ImageReport) -> Vec<&str> {
    let gaps = report.not_assessed.iter().map(|gap| gap.id);
    gaps.filter(|id| *id != "unassessed-vulnerabilities")
        .collect()
}

pub(crate) const MS: &str = r#"{"name": "ms", "version": "2.0.0", "license": "MIT"}"#;
pub(crate) const OS: (&str, &str) = ("etc/os-release", "ID=debian\nVERSION_ID=12\n");
pub(crate) const STATUS: &str =
    "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nSource: glibc\n\n";

/// A program that is none that can be read, and says nothing.
pub(crate) const ELF: &str = "\x7fELF";
