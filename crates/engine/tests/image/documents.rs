//! Manifests and configurations that are written otherwise than most, and read so by whatever runs the image.

use std::fs;

use ringwall_collect::image::open_image;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::build::{OS, STATUS, gaps, hex, layer, packages, scan};

/// A layer with two packages' worth of Debian, unpacked.
fn debian() -> Vec<u8> {
    layer(&[OS, ("var/lib/dpkg/status", STATUS)])
}

/// A document in a layout, and what a descriptor says of it.
fn blob(folder: &TempDir, bytes: &[u8]) -> Value {
    let blobs = folder.path().join("blobs/sha256");
    fs::create_dir_all(&blobs).unwrap();
    fs::write(blobs.join(hex(bytes)), bytes).unwrap();
    json!({"digest": format!("sha256:{}", hex(bytes)), "size": bytes.len()})
}

/// A layout with a manifest that is made of the descriptors of the configuration and of the layer.
fn layout(config: &Value, manifest: impl Fn(&str, &str) -> String) -> TempDir {
    let folder = TempDir::new().unwrap();
    let config = blob(&folder, config.to_string().as_bytes());
    let layer = blob(&folder, &debian());
    let manifest = manifest(&config.to_string(), &layer.to_string());
    let manifest = blob(&folder, manifest.as_bytes());
    let index = json!({"schemaVersion": 2, "manifests": [manifest]});
    fs::write(folder.path().join("index.json"), index.to_string()).unwrap();
    folder
}

fn config() -> Value {
    let diff_id = format!("sha256:{}", hex(&debian()));
    json!({"os": "linux", "architecture": "arm64", "rootfs": {"diff_ids": [diff_id]}})
}

#[test]
fn layers_are_found_whatever_the_case_of_their_name() {
    let diff_id = format!("sha256:{}", hex(&debian()));
    let config = json!({
        "OS": "linux", "Architecture": "arm64", "RootFS": {"Diff_IDs": [diff_id]},
        "Config": {"user": "1000"},
    });
    for layers in ["Layers", "LAYERS", "layer\u{17f}"] {
        let folder = layout(&config, |config, layer| {
            format!(r#"{{"Config": {config}, "{layers}": [{layer}]}}"#)
        });
        let report = scan(folder.path());
        assert_eq!(packages(&report).0, ["libc6"], "{layers}");
        assert_eq!(gaps(&report), [""; 0], "{layers}");
        // That of the configuration, which says who runs it.
        let rules: Vec<_> = report.findings.iter().map(|it| &*it.check).collect();
        assert!(!rules.contains(&"unset-image-user"), "{rules:?}");
    }
}

#[test]
fn two_lists_of_layers_are_refused_in_whatever_case() {
    for second in ["layers", "Layers"] {
        let folder = layout(&config(), |config, layer| {
            format!(r#"{{"config": {config}, "layers": [], "{second}": [{layer}]}}"#)
        });
        let error = open_image(folder.path(), None).unwrap_err().to_string();
        assert!(error.contains("duplicate field `layers`"), "{error}");
    }
}

#[test]
fn what_is_null_is_not_there() {
    let diff_id = format!("sha256:{}", hex(&debian()));
    let config = json!({
        "os": "linux", "architecture": "arm64", "rootfs": {"diff_ids": [diff_id]}, "author": null,
        "config": null, "history": [{"created_by": null, "empty_layer": null, "comment": null}],
    });
    let folder = layout(&config, |config, layer| {
        let layer = layer.replacen('{', r#"{"annotations": null, "platform": null, "#, 1);
        format!(
            r#"{{"config": {config}, "layers": [{layer}], "manifests": null, "subject": null}}"#
        )
    });
    let report = scan(folder.path());
    assert_eq!(packages(&report).0, ["libc6"]);
    assert_eq!(gaps(&report), [""; 0]);
}

#[test]
fn an_archive_of_docker_is_read_so_too() {
    let config = config().to_string();
    let layer = debian();
    let manifest = json!([{"config": "c.json", "repotags": null, "LAYERS": ["l.tar"]}]).to_string();
    let files: [(&str, &[u8]); 3] = [
        ("c.json", config.as_bytes()),
        ("l.tar", &layer),
        ("manifest.json", manifest.as_bytes()),
    ];
    let folder = TempDir::new().unwrap();
    let archive = folder.path().join("image.tar");
    fs::write(&archive, crate::build::layer(&files)).unwrap();
    let report = scan(&archive);
    assert_eq!(packages(&report).0, ["libc6"]);
    assert_eq!(gaps(&report), [""; 0]);
}
