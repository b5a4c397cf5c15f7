//! The reader of the plain style understands every document as the reader of all of YAML does.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;

use super::{Document, build, events, plain, split};

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared");

/// Whether the plain reader took the document; panics where both understand it differently.
fn agree(source: &Arc<Source>, chunk: Range<usize>, comments: bool) -> bool {
    let Some(document) = plain::read(source, chunk.clone(), comments) else {
        return false;
    };
    let mut documents = Vec::new();
    let outcome = events::read(source, chunk.clone(), comments, &mut documents);
    let told = || {
        let text = &source.text[chunk.clone()];
        format!("{}: {:.300?}", source.name, text)
    };
    assert_eq!(outcome, Ok(()), "{}", told());
    assert_eq!(documents.len(), 1, "{}", told());
    assert_same(&document, &documents[0], told);
    true
}

fn assert_same(plain: &Document, full: &Document, told: impl Fn() -> String) {
    for (at, (found, expected)) in plain.nodes.iter().zip(&full.nodes).enumerate() {
        assert_eq!(found, expected, "node {at} of {}", told());
    }
    assert_eq!(plain.nodes.len(), full.nodes.len(), "{}", told());
    assert_eq!(plain.decoded, full.decoded, "{}", told());
    assert_eq!(plain.comments, full.comments, "{}", told());
    assert_eq!(plain.duplicates, full.duplicates, "{}", told());
    assert_eq!(plain.span, full.span, "{}", told());
}

/// Whether the plain reader takes a text of one document, with and without its comments.
fn is_plain(text: &str) -> bool {
    let source = Arc::new(Source::new("a.yaml", text));
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let without = agree(&source, start..text.len(), false);
    let with = agree(&source, start..text.len(), true);
    assert_eq!(with, without, "{text:?}");
    with
}

#[expect(clippy::disallowed_methods, reason = "tests read the corpus themselves")]
fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "yaml" || extension == "yml")
        {
            files.push(path);
        }
    }
}

fn corpus(folders: &[&str]) -> Vec<Arc<Source>> {
    let mut files = Vec::new();
    for folder in folders {
        yaml_files(&Path::new(SHARED).join(folder), &mut files);
    }
    files
        .iter()
        .filter_map(|path| {
            #[expect(clippy::disallowed_methods, reason = "tests read the corpus themselves")]
            let text = std::fs::read_to_string(path).ok()?;
            Some(Arc::new(Source::new(path.display().to_string(), text)))
        })
        .collect()
}

/// Bytes that the plain reader took, of all bytes in documents.
fn share_of_plain(sources: &[Arc<Source>], comments: bool) -> (usize, usize) {
    let mut taken = 0;
    let mut all = 0;
    for source in sources {
        for chunk in split::chunks(&source.text) {
            all += chunk.len();
            if agree(source, chunk.clone(), comments || build::wants_comments(&source.text)) {
                taken += chunk.len();
            }
        }
    }
    (taken, all)
}

#[test]
fn both_readers_agree_on_every_file_of_the_corpora() {
    let sources = corpus(&["corpora", "pss", "gatekeeper-library", "posture", "falco"]);
    if sources.is_empty() {
        println!("skipped: ../shared is not here");
        return;
    }
    for comments in [false, true] {
        let (taken, all) = share_of_plain(&sources, comments);
        println!("{taken} of {all} bytes are plain");
        // Templates, which are no YAML, and tests of odd YAML are among them.
        assert!(taken * 10 > all * 5, "{taken} of {all}");
    }
    let (taken, all) = share_of_plain(&corpus(&["corpora/manifests"]), false);
    println!("{taken} of {all} bytes of manifests are plain");
    assert!(taken * 100 > all * 95, "{taken} of {all}");
}
