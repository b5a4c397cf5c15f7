//! The rules of the house that no compiler checks.
//!
//! Reads the manifests and the sources of the workspace, and nothing else.

use std::{
    collections::BTreeMap,
    error::Error,
    fs, io,
    path::{Path, PathBuf},
};

/// A crate uses only crates of a lower rank, never one of its own.
/// The picture is in `ARCHITECTURE.md`; a new crate gets its rank here.
const RANKS: &[(&str, u8)] = &[
    ("ringwall-bolt", 0),
    ("ringwall-memory", 0),
    ("ringwall-model", 0),
    ("ringwall-advisory", 1),
    ("ringwall-config", 1),
    ("ringwall-input", 1),
    ("ringwall-secrets", 1),
    ("ringwall-malware", 1),
    ("ringwall-rego", 1),
    ("ringwall-cel", 1),
    ("ringwall-trust", 1),
    ("ringwall-image", 2),
    ("ringwall-policy", 2),
    ("ringwall-report", 2),
    ("ringwall-yara", 2),
    ("ringwall-cluster", 3),
    ("ringwall-collect", 3),
    ("ringwall-registry", 3),
    ("ringwall-checks", 4),
    ("ringwall-engine", 5),
    ("ringwall-server", 6),
    ("ringwall-cli", 7),
];

/// No hand-written file is longer.
const LONGEST_FILE: usize = 1_000;

/// Files that may be longer, each with its reason beside it.
const LONGER_FILES: [&str; 0] = [];

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 4] = ["utils.rs", "helpers.rs", "common.rs", "types.rs"];

/// Written in two halves, so that this file does not hold what it looks for.
const LEFT_OPEN: [&str; 3] = [
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
    concat!("#[", "ignore"),
];

type Outcome = Result<(), Box<dyn Error>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every `crates/*/Cargo.toml`, by package name.
fn manifests() -> Result<BTreeMap<String, toml::Table>, Box<dyn Error>> {
    let mut manifests = BTreeMap::new();
    for entry in fs::read_dir(root().join("crates"))? {
        let path = entry?.path().join("Cargo.toml");
        if !path.is_file() {
            continue;
        }
        let manifest: toml::Table = fs::read_to_string(&path)?.parse()?;
        let name = manifest
            .get("package")
            .and_then(|package| package.get("name"))
            .and_then(toml::Value::as_str)
            .ok_or_else(|| format!("{} names no package", path.display()))?;
        manifests.insert(name.to_owned(), manifest);
    }
    Ok(manifests)
}

/// The crates of this workspace that a manifest uses, tests and build scripts included.
fn uses(manifest: &toml::Table) -> Vec<String> {
    fn collect(table: &toml::Table, found: &mut Vec<String>) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(dependencies) = table.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (key, value) in dependencies {
                // `other = { package = "ringwall-model" }` is an arrow to `ringwall-model`.
                let name = value
                    .get("package")
                    .and_then(toml::Value::as_str)
                    .unwrap_or(key);
                if name.starts_with("ringwall-") {
                    found.push(name.to_owned());
                }
            }
        }
    }
    let mut found = Vec::new();
    collect(manifest, &mut found);
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    for target in targets.into_iter().flat_map(toml::Table::values) {
        if let Some(table) = target.as_table() {
            collect(table, &mut found);
        }
    }
    found
}

/// What is wrong with the arrows of these manifests, one sentence each.
fn wrong_arrows(manifests: &BTreeMap<String, toml::Table>) -> Vec<String> {
    let ranks: BTreeMap<_, _> = RANKS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (name, manifest) in manifests {
        let Some(rank) = ranks.get(name.as_str()) else {
            wrong.push(format!("{name} has no rank"));
            continue;
        };
        for used in uses(manifest) {
            match ranks.get(used.as_str()) {
                Some(lower) if lower < rank => {}
                Some(other) => wrong.push(format!(
                    "{name} (rank {rank}) must not use {used} (rank {other})"
                )),
                None => wrong.push(format!("{name} uses {used}, which has no rank")),
            }
        }
    }
    wrong
}

/// Every file below `folder` whose name ends in one of `extensions`, in the order of their paths.
fn files(folder: &Path, extensions: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if name != "target" && name != "node_modules" && name != "vendor" {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

#[test]
fn arrows_between_crates_point_down() -> Outcome {
    let wrong = wrong_arrows(&manifests()?);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn every_rank_belongs_to_a_crate() -> Outcome {
    let manifests = manifests()?;
    for (name, _) in RANKS {
        assert!(
            manifests.contains_key(*name),
            "{name} has a rank and no folder"
        );
    }
    Ok(())
}

#[test]
fn an_arrow_upward_sideways_or_from_nowhere_is_seen() -> Outcome {
    let cases = [
        (
            "ringwall-input",
            "[dependencies]\nringwall-checks = '1'",
            true,
        ),
        (
            "ringwall-input",
            "[dependencies]\nringwall-secrets = '1'",
            true,
        ),
        (
            "ringwall-input",
            "[dev-dependencies]\nringwall-engine = '1'",
            true,
        ),
        (
            "ringwall-input",
            "[target.'cfg(unix)'.dependencies]\nringwall-cli = '1'",
            true,
        ),
        (
            "ringwall-input",
            "[dependencies]\nx = { package = 'ringwall-cli' }",
            true,
        ),
        (
            "ringwall-input",
            "[dependencies]\nringwall-unheard-of = '1'",
            true,
        ),
        ("ringwall-unheard-of", "", true),
        (
            "ringwall-input",
            "[dependencies]\nringwall-model = '1'\nmemchr = '2'",
            false,
        ),
    ];
    for (name, manifest, is_wrong) in cases {
        let manifests = BTreeMap::from([(name.to_owned(), manifest.parse()?)]);
        assert_eq!(
            !wrong_arrows(&manifests).is_empty(),
            is_wrong,
            "{name}: {manifest}"
        );
    }
    Ok(())
}

#[test]
fn every_crate_says_what_it_is_and_takes_the_lints() -> Outcome {
    for (name, manifest) in manifests()? {
        let description = manifest
            .get("package")
            .and_then(|package| package.get("description"))
            .and_then(toml::Value::as_str);
        assert!(
            description.is_some_and(|text| !text.trim().is_empty()),
            "{name} has no description"
        );
        let lints = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        assert_eq!(
            lints,
            Some(true),
            "{name} does not take the workspace's lints"
        );
    }
    Ok(())
}

#[test]
fn no_file_is_longer_than_a_thousand_lines() -> Outcome {
    let mut wrong = Vec::new();
    for folder in ["crates", "viewer"] {
        for path in files(&root().join(folder), &["rs", "js", "mjs", "css", "html"])? {
            let lines = fs::read_to_string(&path)?.lines().count();
            if lines > LONGEST_FILE && !LONGER_FILES.contains(&shown(&path).as_str()) {
                wrong.push(format!("{} has {lines} lines", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn files_are_named_after_what_is_inside() -> Outcome {
    for path in files(&root().join("crates"), &["rs"])? {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        assert!(!EMPTY_NAMES.contains(&name.as_ref()), "{}", shown(&path));
    }
    Ok(())
}

#[test]
fn nothing_is_left_open() -> Outcome {
    let mut wrong = Vec::new();
    for path in files(&root().join("crates"), &["rs"])? {
        for (number, line) in fs::read_to_string(&path)?.lines().enumerate() {
            for open in LEFT_OPEN {
                if line.contains(open) {
                    wrong.push(format!("{}:{}: {open}", shown(&path), number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
