//! A published database of advisories in a registry, as `oras push` puts it there.

use std::fs;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::{
    image::digest,
    registry::{Home, PASSWORD, Registry},
    signed_layout::Key,
};

const RECORD: &str = r#"{"id": "GHSA-1", "summary": "a flaw", "affected": [
    {"package": {"ecosystem": "npm", "name": "ms"},
     "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "3.0.0"}]}]}]}"#;

/// Pushes the files of a folder as layers of one manifest, each with its name.
fn push(registry: &Registry, folder: &std::path::Path, repository: &str, tag: &str) {
    let empty = b"{}".to_vec();
    let mut layers = Vec::<Value>::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let bytes = fs::read(entry.path()).expect("a file");
        layers.push(json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "digest": digest(&bytes), "size": bytes.len(),
            "annotations": {"org.opencontainers.image.title": entry.file_name().to_str()},
        }));
        registry.push_blob(repository, &digest(&bytes), bytes);
    }
    let config = json!({"mediaType": "application/vnd.oci.empty.v1+json",
        "digest": digest(&empty), "size": empty.len()});
    registry.push_blob(repository, &digest(&empty), empty);
    let manifest = json!({"schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": config, "layers": layers});
    registry.push_manifest(repository, tag, manifest.to_string().as_bytes());
}

#[test]
fn a_database_is_fetched_from_a_registry() {
    let Some(registry) = Registry::start() else {
        return;
    };
    let home = Home::logged_in(&registry, PASSWORD);
    home.write("osv/a.json", RECORD);
    let build = [
        "db",
        "build",
        "osv",
        "--output",
        "public",
        "--as-of",
        "2026-11-28",
    ];
    let built = home.run(&build, &[]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    let public = home.folder.path().join("public");
    let index = fs::read(public.join("index.json")).expect("an index");
    let key = Key::new();
    home.write("publisher.pub", &key.public_pem());
    let bundle = json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {"publicKey": {"hint": ""}},
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": STANDARD.encode(Sha256::digest(&index))},
            "signature": key.sign(&index),
        },
    });
    home.write("public/index.json.sigstore.json", &bundle.to_string());
    push(&registry, &public, "team/advisories", "latest");

    let from = format!("oci://{}/team/advisories", registry.address);
    let ca = registry.path("ca.pem");
    let update = |home: &Home, from: &str| {
        home.run(
            &[
                "db",
                "update",
                "--from",
                from,
                "--key",
                "publisher.pub",
                "--registry-ca",
                &ca,
                "--db",
                "a.db",
                "--as-of",
                "2026-11-28",
            ],
            &[],
        )
    };
    let ran = update(&home, &from);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let words = ["db", "status", "--db", "a.db", "--verify", "-o", "json"];
    let status: Value = serde_json::from_str(&home.run(&words, &[]).stdout).expect("JSON");
    assert_eq!(status["scopes"][0]["scope"], "npm");
    let again = update(&home, &from);
    assert!(
        again.stderr.contains("is the one that is published"),
        "{}",
        again.stderr
    );

    let stranger = Home::new();
    stranger.write("publisher.pub", &key.public_pem());
    update(&stranger, &from).refused(&["without a login"]);
    update(&home, &format!("oci://{}/team/nothing", registry.address))
        .refused(&["has no manifests/latest"]);
    // A manifest without the files is no database.
    home.write("other/readme.txt", "nothing");
    push(
        &registry,
        &home.folder.path().join("other"),
        "team/other",
        "latest",
    );
    update(&home, &format!("oci://{}/team/other", registry.address))
        .refused(&["has no index.json"]);
}
