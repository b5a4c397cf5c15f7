//! Images in what containerd keeps, made without it. The real one is asked in the tests of the binary.

use std::{fs, path::Path};

use ringwall_collect::image::containerd::{Wanted, open_image};
use ringwall_image::Platform;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    bolt_file::{Bucket, Node, bolt_file},
    build::{MS, OS, STATUS, gaps, hex, layers_of, packages, scan, scan_stored},
};

/// The files of containerd with an image of these names, made from an OCI layout.
fn root(layout: &Path, images: &[(&str, &str, String)]) -> TempDir {
    let root = TempDir::new().unwrap();
    let content = root.path().join("io.containerd.content.v1.content");
    fs::create_dir_all(&content).unwrap();
    fs::rename(layout.join("blobs"), content.join("blobs")).unwrap();
    let mut namespaces = Bucket::new();
    for (namespace, name, digest) in images {
        let digest = Node::Value(digest.as_bytes().to_vec());
        let target = Node::Bucket(Bucket::from([("digest".to_owned(), digest)]));
        let image = Node::Bucket(Bucket::from([("target".to_owned(), target)]));
        let all = Node::Bucket(Bucket::from([((*name).to_owned(), image)]));
        let namespace = (*namespace).to_owned();
        namespaces.insert(
            namespace,
            Node::Bucket(Bucket::from([("images".to_owned(), all)])),
        );
    }
    let schema = Node::Bucket(namespaces);
    let database = root.path().join("io.containerd.metadata.v1.bolt");
    fs::create_dir(&database).unwrap();
    let bytes = bolt_file(&Bucket::from([("v1".to_owned(), schema)]));
    fs::write(database.join("meta.db"), bytes).unwrap();
    root
}

fn digest_of(layout: &Path) -> String {
    let index = fs::read(layout.join("index.json")).unwrap();
    let index: Value = serde_json::from_slice(&index).unwrap();
    index["manifests"][0]["digest"].as_str().unwrap().to_owned()
}

fn wanted<'a>(root: &'a TempDir, names: &'a [String]) -> Wanted<'a> {
    Wanted {
        root: root.path(),
        namespace: None,
        names,
        platform: None,
    }
}

#[test]
fn a_store_says_what_the_layout_says() {
    let layout = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)], &[("a", MS)]]);
    let of_layout = scan(layout.path());
    let digest = digest_of(layout.path());
    let id = format!("sha256:{}", "0".repeat(64));
    let names = [
        ("k8s.io", "example.com/shop:1", digest.clone()),
        ("moby", "example.com/shop:latest", digest.clone()),
        ("default", &*id, digest.clone()),
    ];
    let root = root(layout.path(), &names);
    for name in ["example.com/shop:1", &id] {
        let image = open_image(&wanted(&root, &[name.to_owned()])).unwrap();
        assert_eq!(
            image.names,
            ["example.com/shop:1", "example.com/shop:latest"]
        );
        let report = scan_stored(&image);
        assert_eq!(report.image.digest.as_deref(), Some(&*digest));
        assert_eq!(report.image.platform, "linux/arm64");
        assert_eq!(
            (&report.packages, &report.layers),
            (&of_layout.packages, &of_layout.layers)
        );
        assert_eq!(gaps(&report), gaps(&of_layout));
    }
    let error = open_image(&wanted(&root, &["other:1".to_owned()])).unwrap_err();
    assert!(
        error.to_string().contains("k8s.io  example.com/shop:1"),
        "{error}"
    );
}

#[test]
fn a_layer_that_containerd_discarded_is_not_assessed() {
    let layout = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)], &[("a", MS)]]);
    let root = root(
        layout.path(),
        &[("k8s.io", "shop:1", digest_of(layout.path()))],
    );
    let wanted = [String::from("shop:1")];
    let image = open_image(&self::wanted(&root, &wanted)).unwrap();
    let layer = image.layers[1].digest.unwrap().hex();
    let blobs = "io.containerd.content.v1.content/blobs/sha256";
    fs::remove_file(root.path().join(blobs).join(layer)).unwrap();
    let report = scan_stored(&open_image(&self::wanted(&root, &wanted)).unwrap());
    assert_eq!(packages(&report).0, ["libc6"]);
    assert_eq!(gaps(&report), ["unreadable-layer"]);
    let reason = &report.not_assessed[0].reason;
    assert!(reason.contains("discard_unpacked_layers"), "{reason}");
}

#[test]
fn of_an_index_the_image_that_was_pulled_is_meant() {
    let layout = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let here = digest_of(layout.path());
    let absent = format!("sha256:{}", hex(b"never pulled"));
    let of = |digest: &str, architecture: &str| {
        let platform = json!({"os": "linux", "architecture": architecture});
        json!({"digest": digest, "size": 1, "platform": platform})
    };
    let index =
        json!({"schemaVersion": 2, "manifests": [of(&absent, "amd64"), of(&here, "arm64")]});
    let index = index.to_string();
    let digest = hex(index.as_bytes());
    fs::write(layout.path().join("blobs/sha256").join(&digest), &index).unwrap();
    let digest = format!("sha256:{digest}");
    let root = root(layout.path(), &[("k8s.io", "shop:1", digest.clone())]);
    let names = ["shop:1".to_owned()];
    let image = open_image(&wanted(&root, &names)).unwrap();
    assert_eq!(image.digest.unwrap().to_string(), here);
    assert_eq!(image.indexes.len(), 1);
    assert_eq!(image.indexes[0].to_string(), digest);
    let amd64 = Platform {
        os: "linux".to_owned(),
        architecture: "amd64".to_owned(),
        variant: None,
    };
    let of_another = Wanted {
        platform: Some(&amd64),
        ..wanted(&root, &names)
    };
    let error = open_image(&of_another).unwrap_err().to_string();
    assert!(
        error.contains(&format!("the blob {absent} is missing")),
        "{error}"
    );
}
