//! The advisory database, from files to what an image ends with.

use std::fs;

use crate::folder::{Folder, Ran};

const SBOM: &str = r#"{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
    {"type": "library", "name": "ms", "version": "2.0.0", "purl": "pkg:npm/ms@2.0.0"}]}"#;

fn record(fixed: &str, severity: &str) -> String {
    format!(
        r#"{{"id": "GHSA-1", "aliases": ["CVE-2026-1"], "summary": "a flaw",
            "database_specific": {{"severity": "{severity}"}},
            "affected": [{{"package": {{"ecosystem": "npm", "name": "ms"}},
                "ranges": [{{"type": "SEMVER", "events": [{{"introduced": "0"}}, {{"fixed": "{fixed}"}}]}}]}}]}}"#
    )
}

fn import(folder: &Folder, words: &[&str]) -> Ran {
    folder.run(
        &[
            &["db", "import", "--db", "a.db", "--as-of", "2026-11-27"],
            words,
        ]
        .concat(),
    )
}

fn image(folder: &Folder, words: &[&str]) -> Ran {
    let fixed = [
        "image",
        "sbom.json",
        "--db",
        "a.db",
        "--as-of",
        "2026-11-28",
    ];
    folder.run(&[&fixed, words].concat())
}

#[test]
fn what_is_imported_is_what_an_image_is_judged_by() {
    let folder = Folder::new(&[
        ("sbom.json", SBOM),
        ("osv/GHSA-1.json", &record("3.0.0", "HIGH")),
    ]);
    let imported = import(&folder, &["osv"]);
    assert_eq!(imported.code, 0, "{}", imported.stderr);
    assert!(
        imported.stdout.contains("npm        1 advisories"),
        "{}",
        imported.stdout
    );
    let judged = image(&folder, &[]);
    assert_eq!(judged.code, 1, "{}", judged.stderr);
    let line = judged.stdout.lines().find(|it| it.contains("CVE-2026-1"));
    let words: Vec<_> = line.unwrap().split_whitespace().collect();
    assert_eq!(words[..5], ["high", "CVE-2026-1", "ms", "2.0.0", "3.0.0"]);
    assert_eq!(image(&folder, &["--fail-on", "critical"]).code, 0);
    assert_eq!(image(&folder, &["--exit-zero"]).code, 0);
    // The next import is what counts.
    folder.write("osv/GHSA-1.json", record("1.0.0", "HIGH"));
    assert_eq!(import(&folder, &["osv"]).code, 0);
    assert_eq!(image(&folder, &[]).code, 0);
}

#[test]
fn the_same_files_are_the_same_database() {
    let folder = Folder::new(&[("a.json", &record("3.0.0", "HIGH"))]);
    let once = import(&folder, &["a.json"]).stdout;
    assert_eq!(import(&folder, &["a.json"]).stdout, once);
    let status = folder.run(&[
        "db",
        "status",
        "--db",
        "a.db",
        "--verify",
        "-o",
        "json",
        "--as-of",
        "2026-11-28",
    ]);
    let status = status.json();
    assert!(once.contains(status["digest"].as_str().unwrap()));
    assert_eq!(status["age_days"], 1);
    assert_eq!(status["scopes"][0]["scope"], "npm");
}

#[test]
fn a_database_that_was_cut_is_no_clean_image() {
    let folder = Folder::new(&[("sbom.json", SBOM), ("a.json", &record("1.0.0", "HIGH"))]);
    import(&folder, &["a.json"]);
    assert_eq!(image(&folder, &[]).code, 0);
    let path = folder.path().join("a.db");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    let judged = image(&folder, &["-o", "json"]);
    assert_eq!(judged.code, 3, "{}", judged.stderr);
    assert_eq!(judged.not_assessed(), ["unassessed-vulnerabilities"]);
    let status = folder.run(&["db", "status", "--db", "a.db"]);
    assert_eq!(status.code, 2);
    assert!(
        status.stderr.contains("import it again"),
        "{}",
        status.stderr
    );
}

#[test]
fn records_that_cannot_be_read_are_named_and_stay_known() {
    let folder = Folder::new(&[
        ("sbom.json", SBOM),
        ("osv/a.json", &record("1.0.0", "HIGH")),
        ("osv/b.json", "{\"id\": \"GHSA-2\", \"affected\": 7}"),
    ]);
    let imported = import(&folder, &["osv"]);
    assert_eq!(imported.code, 3);
    assert!(
        imported
            .stderr
            .contains("not read: b.json: is no OSV record"),
        "{}",
        imported.stderr
    );
    let judged = image(&folder, &["-o", "json"]);
    assert_eq!(
        (judged.code, judged.not_assessed()),
        (3, vec!["unreadable-advisories".to_owned()])
    );
}

#[test]
fn what_holds_no_advisory_is_wrong_usage() {
    let folder = Folder::new(&[("notes.json", "[]"), ("empty/a.txt", "")]);
    for (words, expected) in [
        (&["notes.json"][..], "nothing in the files is an advisory"),
        (&["empty"], "holds no file that ends with"),
        (&["missing.json"], "cannot read missing.json"),
    ] {
        let ran = import(&folder, words);
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
        assert!(!folder.path().join("a.db").exists());
    }
    let status = folder.run(&["db", "status", "--db", "a.db"]);
    assert_eq!(status.code, 2, "{}", status.stdout);
}
