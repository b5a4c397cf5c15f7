//! The detectors over real manifests, charts, Dockerfiles and Terraform.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test shows what it found, and may fail"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ringwall_secrets::{Detectors, redact};

const CORPORA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/corpora");

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn real_files_hold_no_token_but_the_planted_ones() {
    if !Path::new(CORPORA).is_dir() {
        println!("skipped: ../shared is not here");
        return;
    }
    let mut scanned = 0;
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for folder in ["manifests", "dockerfiles", "helm", "kustomize", "terraform"] {
        let mut paths = Vec::new();
        files(&Path::new(CORPORA).join(folder), &mut paths);
        for path in paths {
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            scanned += 1;
            for found in Detectors::builtin().scan(&text) {
                *counts.entry(found.detector).or_default() += 1;
                let line = text[..found.span.start as usize].matches('\n').count() + 1;
                let place = path.strip_prefix(CORPORA).unwrap_or(&path).display();
                let secret = redact(&text[found.span.range()]);
                println!("{place}:{line}: {} {secret}", found.detector);
            }
        }
    }
    println!("{scanned} files: {counts:?}");
    // Every match was looked at: these two stand in the start script of a TerraGoat instance, and
    // all others are passwords and keys of examples, written out under names that say so.
    counts.retain(|detector, _| !detector.starts_with("generic-"));
    let known = BTreeMap::from([("aws-access-key", 1), ("aws-secret-access-key", 1)]);
    assert_eq!(counts, known);
}
