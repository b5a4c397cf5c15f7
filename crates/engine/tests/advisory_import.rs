//! Files with advisories are told apart by what they hold, never by their names.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot prepare its input has failed"
)]

#[path = "../../bolt/tests/support/bolt_file.rs"]
mod bolt_file;

use std::{fs, io::Write as _, path::PathBuf};

use flate2::{Compression, write::GzEncoder};
use ringwall_advisory::{Database, Scope};
use ringwall_engine::{ImportError, Imported, import_advisories};
use ringwall_model::Date;
use serde_json::json;
use tempfile::TempDir;

use bolt_file::{Bucket, Node, bolt_file};

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

/// Trivy's database with one flaw of one package.
fn trivy() -> Vec<u8> {
    let bucket = |name: &str, content: Node| Bucket::from([(name.to_owned(), content)]);
    let entry = json!({"FixedVersion": "2-r0"}).to_string().into_bytes();
    let package = bucket("CVE-2024-4", Node::Value(entry));
    let place = bucket("musl", Node::Bucket(package));
    bolt_file(&bucket("alpine 3.19", Node::Bucket(place)))
}

#[test]
fn the_database_of_trivy_is_read_as_it_is_published_and_as_it_is_kept() {
    let metadata = json!({
        "Version": 2,
        "NextUpdate": "2026-11-28T06:00:00Z",
        "UpdatedAt": "2026-11-28T00:00:00Z",
        "DownloadedAt": "2026-11-28T01:00:00Z",
    });
    let metadata = metadata.to_string().into_bytes();
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in [("trivy.db", trivy()), ("metadata.json", metadata.clone())] {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        archive.append_data(&mut header, name, &*content).unwrap();
    }
    let archive = archive.into_inner().unwrap();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(&archive).unwrap();
    let packed = packed.finish().unwrap();

    let published = [("db.tar.gz", packed.clone())];
    let kept = [("metadata.json", metadata), ("trivy.db", trivy())];
    for files in [&published[..], &kept] {
        let folder = tempfile::tempdir().unwrap();
        let imported = import(&folder, files).unwrap();
        assert_eq!(imported.unreadable, []);
        let database = Database::from_bytes(imported.database).unwrap();
        assert!(has_flaws(&database, "Alpine:v3.19", "musl"));
        let source = database.manifest().sources.last().unwrap();
        assert_eq!((&*source.kind, source.advisories), ("trivy-db", 1));
    }

    let folder = tempfile::tempdir().unwrap();
    let cut = [("db.tar.gz", packed[..packed.len() / 2].to_vec())];
    assert!(matches!(
        import(&folder, &cut),
        Err(ImportError::Collect(_))
    ));
    let mut damaged = trivy();
    damaged.truncate(damaged.len() - 600);
    let imported = import(&folder, &[("trivy.db", damaged), ("b.json", secdb())]).unwrap();
    assert_eq!(imported.unreadable[0].name, "trivy.db");
}
