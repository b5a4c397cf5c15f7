//! Whole files: the corpora, the examples, and broken input.

use std::path::{Path, PathBuf};

use super::*;

fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    if path.is_dir() {
        return Some(path.join(folder));
    }
    println!("skipped: ../shared is not here");
    None
}

fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

#[test]
fn the_corpus_parses() {
    let Some(folder) = shared("corpora/dockerfiles") else {
        return;
    };
    let files = files(&folder);
    assert_eq!(files.len(), 79);
    for (path, text) in &files {
        let (file, diagnostics) = parse(text);
        if !diagnostics.is_empty() {
            println!("{path}: {diagnostics:?} {}", text.get(diagnostics[0].span.range()).unwrap());
        }
    }
}
