//! Every suite of the shared Gatekeeper library passes, with each engine that its templates have code for.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use ringwall_model::Source;
use ringwall_policy::{
    gatekeeper::{
        Engine, Gatekeeper, Options,
        suite::{Files, Suite},
    },
    manifest::Manifest,
};

/// The library, if it is here.
fn library() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/gatekeeper-library");
    if root.is_dir() {
        return Some(root);
    }
    println!("skipped: ../shared/gatekeeper-library is not here");
    None
}

/// Files below a folder.
struct Folder;

impl Files for Folder {
    fn open(&self, path: &str) -> Result<Arc<Source>, String> {
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(Arc::new(Source::new(path, text)))
    }
}

fn manifests(path: &Path) -> Vec<Manifest> {
    let path = path.to_str().expect("a path is text");
    let source = Folder.open(path).expect(path);
    let (manifests, diagnostics) = Manifest::read(&source);
    assert_eq!(diagnostics, [], "{path}");
    manifests
}

/// Paths of all files of a name, sorted.
fn find(folder: &Path, name: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, name, found);
        } else if path.file_name().is_some_and(|file| file == name) {
            found.push(path);
        }
    }
}

/// Runs all suites; how many cases ran.
fn run(engine: Engine) -> Option<usize> {
    let root = library()?;
    let mut paths = Vec::new();
    find(&root, "suite.yaml", &mut paths);
    assert_eq!(
        paths.len(),
        34,
        "the library has one suite for each template"
    );
    let options = Options {
        preferred_engine: engine,
        ..Options::default()
    };
    let (mut cases, mut failures) = (0, Vec::new());
    for path in &paths {
        let manifests = manifests(path);
        let (suite, problems) = Suite::parse(&manifests[0]).expect("a suite");
        assert_eq!(problems, [], "{}", path.display());
        let result = suite.run(&Folder, &options, &|_, _| true);
        for test in &result.tests {
            let of_test = format!("{} {}", path.display(), test.name);
            failures.extend(test.error.iter().map(|error| format!("{of_test}: {error}")));
            for case in &test.cases {
                cases += 1;
                let error = case.error.iter();
                failures.extend(error.map(|error| format!("{of_test} {}: {error}", case.name)));
                let errors = case
                    .violations
                    .iter()
                    .filter(|violation| violation.is_error);
                failures.extend(errors.map(|violation| {
                    format!("{of_test} {}: error: {}", case.name, violation.message)
                }));
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}:\n{}",
        failures.len(),
        failures.join("\n")
    );
    Some(cases)
}

#[test]
fn every_suite_passes_in_rego() {
    assert!(run(Engine::Rego).is_none_or(|cases| cases == 183));
}

#[test]
fn every_suite_passes_in_cel_where_there_is_cel() {
    assert!(run(Engine::Cel).is_none_or(|cases| cases == 183));
}

#[test]
fn every_template_is_read_without_a_word() {
    let Some(root) = library() else {
        return;
    };
    let mut paths = Vec::new();
    find(&root, "template.yaml", &mut paths);
    let all: Vec<_> = paths.iter().flat_map(|path| manifests(path)).collect();
    let (gatekeeper, problems) = Gatekeeper::load(
        &all,
        &Options {
            preferred_engine: Engine::Rego,
            ..Options::default()
        },
    );
    assert_eq!(problems, []);
    assert_eq!(gatekeeper.templates().len(), 34);
}
