//! What came of a layer is kept, and is what reading it again would give.

use std::fs;

use ringwall_collect::{LayerCache, image::open_image};
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, scan_image};
use ringwall_model::Date;
use ringwall_report::{ImageReport, image_json};
use tempfile::TempDir;

use crate::build::{ELF, MS, OS, STATUS, gzip, layer, layers_of, layout, shared};

pub(crate) fn scan(
    path: &std::path::Path,
    cache: Option<&LayerCache>,
    finds_secrets: bool,
) -> ImageReport {
    let as_of = Date::from_unix_seconds(0);
    let options = ImageOptions {
        name: "image",
        advisories: Advisories::Missing,
        exceptions: &ImageExceptions::none(as_of),
        finds_secrets,
        rules: None,
        cache,
        as_of,
    };
    scan_image(&open_image(path, None).unwrap(), &options)
}

fn json(report: &ImageReport) -> String {
    let mut json = Vec::new();
    image_json(report, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

fn entries(folder: &TempDir) -> usize {
    let files = fs::read_dir(folder.path()).unwrap();
    files
        .filter(|it| {
            it.as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|it| it == "layer")
        })
        .count()
}

#[test]
fn a_kept_layer_is_the_layer() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let image = layers_of(&[
        &[
            OS,
            ("var/lib/dpkg/status", STATUS),
            ("a/node_modules/ms/package.json", MS),
            ("b/node_modules/ms/package.json", MS),
            ("app/token", &token),
            ("usr/bin/app", ELF),
            ("app/rack-1.0.deps.json", "{}"),
            ("bin/sh", "#!"),
        ],
        &[
            ("a/.wh.node_modules", ""),
            ("app/.wh..wh..opq", ""),
            ("b", "-> /a"),
        ],
    ]);
    let folder = TempDir::new().unwrap();
    let cache = LayerCache::open(folder.path()).unwrap();
    let read = json(&scan(image.path(), None, true));
    assert_eq!(json(&scan(image.path(), Some(&cache), true)), read);
    assert_eq!(entries(&folder), 2);
    // Nothing is left to read, and nothing is missed.
    for blob in fs::read_dir(image.path().join("blobs/sha256")).unwrap() {
        let path = blob.unwrap().path();
        if fs::read(&path).unwrap().starts_with(&[0x1f, 0x8b]) {
            fs::write(&path, "gone").unwrap();
        }
    }
    assert_eq!(json(&scan(image.path(), Some(&cache), true)), read);
    // Secrets were looked for: without them it is another question.
    let without = scan(image.path(), Some(&cache), false);
    assert!(
        without
            .not_assessed
            .iter()
            .any(|it| it.id == "unreadable-layer")
    );
}

#[test]
fn what_was_kept_of_a_real_image_gives_the_same_report() {
    let Some(image) = shared("images/slim-a.oci.tar") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let cache = LayerCache::open(folder.path()).unwrap();
    let first = json(&scan(&image, Some(&cache), true));
    assert_eq!(entries(&folder), 8);
    assert_eq!(json(&scan(&image, Some(&cache), true)), first);
    assert_eq!(json(&scan(&image, None, true)), first);
}

#[test]
fn what_is_damaged_is_read_again() {
    let image = layers_of(&[&[OS, ("var/lib/dpkg/status", STATUS)]]);
    let folder = TempDir::new().unwrap();
    let cache = LayerCache::open(folder.path()).unwrap();
    let read = json(&scan(image.path(), Some(&cache), true));
    let entry = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().path())
        .find(|it| it.extension().is_some_and(|it| it == "layer"))
        .unwrap();
    let whole = fs::read(&entry).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        fs::write(&entry, &damaged).unwrap();
        assert_eq!(
            json(&scan(image.path(), Some(&cache), true)),
            read,
            "byte {at}"
        );
        assert_eq!(fs::read(&entry).unwrap(), whole);
    }
    fs::write(&entry, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(json(&scan(image.path(), Some(&cache), true)), read);
}

#[test]
fn a_layer_that_could_not_be_read_whole_is_not_kept() {
    let archive = layer(&[OS]);
    let packed = gzip(&archive);
    let image = layout(&[(archive, packed[..packed.len() - 4].to_vec())]);
    let folder = TempDir::new().unwrap();
    let cache = LayerCache::open(folder.path()).unwrap();
    for _ in 0..2 {
        let report = scan(image.path(), Some(&cache), true);
        assert!(
            report
                .not_assessed
                .iter()
                .any(|it| it.id == "unreadable-layer")
        );
        assert_eq!(entries(&folder), 0);
    }
}
