//! An image as `docker save` writes it, and what `ringwall` says of one.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use ringwall_image::Digest;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

fn archive<'f>(files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        let added = builder.append_data(&mut header, path, content);
        added.expect("an entry");
    }
    builder.into_inner().expect("an archive")
}

/// Diff IDs of the layers of an image, and the archive that has it under a name. The version is that of a package.
pub(crate) fn saved(name: &str, version: &str) -> (Vec<String>, Vec<u8>) {
    let status = format!("Package: shop\nStatus: install ok installed\nVersion: {version}\n\n");
    let layers = [
        archive([
            ("etc/os-release", b"ID=debian\nVERSION_ID=12\n".as_slice()),
            ("var/lib/dpkg/status", status.as_bytes()),
        ]),
        archive([(
            "srv/node_modules/ms/package.json",
            br#"{"name": "ms", "version": "2.0.0"}"#.as_slice(),
        )]),
    ];
    let digests = layers.each_ref().map(|layer| {
        let digest = Digest::new(Sha256::digest(layer).into());
        digest.to_string()
    });
    // Where no image for this machine is in an archive, runtimes find none.
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let config = json!({"os": "linux", "architecture": architecture, "created": "2026-11-01T00:00:00Z",
        "config": {"User": "1000"}, "rootfs": {"type": "layers", "diff_ids": digests}});
    let manifest = json!([{"Config": "config.json", "RepoTags": [name],
        "Layers": ["one/layer.tar", "two/layer.tar"]}]);
    let archive = archive([
        ("config.json", config.to_string().as_bytes()),
        ("one/layer.tar", &layers[0]),
        ("two/layer.tar", &layers[1]),
        ("manifest.json", manifest.to_string().as_bytes()),
    ]);
    (digests.to_vec(), archive)
}

/// What `ringwall image` says, run in a folder.
pub(crate) fn image(folder: &Path, words: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .args(["image", "--no-cache", "-o", "json", "--db", "none.db"])
        .args(["--as-of", "2026-11-28"])
        .args(words)
        .current_dir(folder)
        .env_remove("CONTAINERD_NAMESPACE")
        .env_remove("DOCKER_HOST")
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("ringwall runs")
}

/// The report, without what tells where the image is kept.
pub(crate) fn report(output: &Output) -> Value {
    let text = String::from_utf8_lossy(&output.stdout);
    let named: Value = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let name = named["image"]["name"].as_str().expect("a name");
    // Findings about the image itself name it.
    let text = text.replace(name, "the image");
    let mut report: Value = serde_json::from_str(&text).expect("JSON");
    for key in ["names", "digest", "indexes"] {
        report["image"]
            .as_object_mut()
            .expect("an image")
            .remove(key);
    }
    for layer in report["layers"].as_array_mut().expect("layers") {
        layer.as_object_mut().expect("a layer").remove("digest");
    }
    report
}

/// Asserts that it was wrong usage, and that the words are in the message.
#[track_caller]
pub(crate) fn refused(output: &Output, words: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains(words), "`{words}` not in {error}");
}
