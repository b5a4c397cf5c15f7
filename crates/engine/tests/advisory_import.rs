//! Files with advisories are told apart by what they hold, never by their names.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot prepare its input has failed"
)]

use std::{fs, path::PathBuf};

use ringwall_advisory::{Database, Scope};
use ringwall_engine::{ImportError, Imported, import_advisories};
use ringwall_model::Date;
use serde_json::json;
use tempfile::TempDir;

fn import(folder: &TempDir, files: &[(&str, Vec<u8>)]) -> Result<Imported, ImportError> {
    let named: Vec<(String, PathBuf)> = files
        .iter()
        .map(|(name, content)| {
            let path = folder.path().join(name);
            fs::write(&path, content).unwrap();
            ((*name).to_owned(), path)
        })
        .collect();
    import_advisories(&named, Date::from_unix_seconds(0), |_| {})
}

/// Whether the first version of a package has flaws.
fn has_flaws(database: &Database, scope: &str, package: &str) -> bool {
    let scope = Scope::parse(scope).unwrap();
    let matches = database.matches(&scope, package, "0").unwrap();
    !matches.found.is_empty()
}

fn tracker() -> Vec<u8> {
    let release = json!({"status": "resolved", "fixed_version": "2"});
    json!({"curl": {
        "CVE-2024-1": {"releases": {"bookworm": release, "lenny": release}},
        "CVE-2024-2": {},
    }})
    .to_string()
    .into_bytes()
}

fn secdb() -> Vec<u8> {
    json!({
        "distroversion": "v3.18",
        "reponame": "main",
        "packages": [{"pkg": {"name": "zlib", "secfixes": {"1-r0": ["CVE-2024-3"]}}}],
    })
    .to_string()
    .into_bytes()
}

#[test]
fn files_are_what_they_hold() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a.json", tracker()), ("b.json", secdb())];
    let imported = import(&folder, &files).unwrap();
    let names: Vec<_> = imported.unreadable.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["a.json: curl CVE-2024-2"]);
    let database = Database::from_bytes(imported.database).unwrap();
    assert!(has_flaws(&database, "Debian:12", "curl"));
    assert!(has_flaws(&database, "Alpine:v3.18", "zlib"));
    let sources = &database.manifest().sources;
    let kinds: Vec<_> = sources
        .iter()
        .map(|it| (&*it.kind, it.advisories))
        .collect();
    assert_eq!(kinds, [("Debian tracker", 1), ("secdb", 1)]);
    assert_eq!(sources[0].elsewhere["Debian lenny"], 1);
    assert_eq!(sources[0].unreadable, 1);
}

#[test]
fn files_without_advisories_make_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let other = json!({"curl": {"version": "1"}}).to_string().into_bytes();
    let error = import(&folder, &[("a.json", other)]).unwrap_err();
    assert!(matches!(error, ImportError::Nothing));
}
