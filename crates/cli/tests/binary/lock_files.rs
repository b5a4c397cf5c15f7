//! Lock files, with a database and without one.

use crate::folder::{Folder, Ran};

const LOCK: &str = "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

const ADVISORY: &str = r#"{"id": "CVE-2026-1", "aliases": ["GHSA-aaaa-bbbb-cccc"], "summary": "a flaw", "modified": "2026-01-01T00:00:00Z",
    "database_specific": {"severity": "HIGH"},
    "affected": [{"package": {"ecosystem": "crates.io", "name": "a"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.0.1"}]}]}]}"#;

fn folder(lock: &str) -> Folder {
    let folder = Folder::new(&[("app/Cargo.lock", lock), ("osv/a.json", ADVISORY)]);
    let ran = folder.run(&["db", "import", "osv", "--db", "a.db"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    folder
}

fn scan(folder: &Folder, words: &[&str]) -> Ran {
    folder.run(&[&["scan", "app", "--as-of", "2026-11-28"], words].concat())
}

#[test]
fn a_flaw_of_a_locked_package_is_one() {
    let folder = folder(LOCK);
    let ran = scan(&folder, &["--db", "a.db"]);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    for part in [
        "CVE-2026-1",
        "app/Cargo.lock:2:1",
        "a 1.0.0 has CVE-2026-1: a flaw",
        "Update a to 1.0.1 or later.",
        "1 lock file",
    ] {
        assert!(ran.stdout.contains(part), "{part}:\n{}", ran.stdout);
    }
    for form in ["json", "sarif", "junit", "html", "markdown", "github"] {
        let ran = scan(&folder, &["--db", "a.db", "-o", form]);
        assert_eq!(ran.code, 1, "{form}");
        assert!(ran.stdout.contains("CVE-2026-1"), "{form}: {}", ran.stdout);
    }
    let ran = scan(&folder, &["--db", "a.db", "-o", "json"]);
    let report = ran.json();
    assert_eq!(report["summary"]["assessed"]["lock_files"], 1);
    assert_eq!(report["findings"][0]["location"]["line"], 2);
    assert_eq!(report["findings"][0]["subject"]["package"], "a 1.0.0");
    let flaw = &report["findings"][0]["vulnerability"];
    assert_eq!(flaw["purl"], "pkg:cargo/a@1.0.0");
    assert_eq!(flaw.get("layer"), None);
    let ran = scan(&folder, &["--db", "a.db", "--skip", "CVE-2026-1"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
}

#[test]
fn a_flaw_is_meant_by_any_of_its_ids() {
    let folder = folder(LOCK);
    for id in ["CVE-2026-1", "GHSA-aaaa-bbbb-cccc"] {
        let ran = scan(&folder, &["--db", "a.db", "--only", id, "-o", "json"]);
        assert_eq!(ran.code, 1, "{id}: {}", ran.stdout);
        assert_eq!(ran.statuses("CVE-2026-1"), ["fail"]);
        let ran = scan(&folder, &["--db", "a.db", "--skip", id]);
        assert_eq!(ran.code, 0, "{id}: {}", ran.stdout);
        let config = format!("[[exceptions]]\nchecks = [\"{id}\"]\nreason = \"no way in\"\n");
        folder.write("ringwall.toml", config);
        let ran = scan(&folder, &["--db", "a.db", "-o", "json"]);
        assert_eq!(ran.statuses("CVE-2026-1"), ["accepted"], "{id}");
        folder.write("ringwall.toml", "");
    }
    // Without a database, nobody can say whether it is there.
    let ran = scan(&folder, &["--only", "CVE-2026-1", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert_eq!(ran.not_assessed(), ["unassessed-vulnerabilities"]);
}

#[test]
fn a_package_without_flaws_is_zero_and_one_that_is_not_known_is_three() {
    let mended = folder(&LOCK.replace("1.0.0", "1.0.1"));
    assert_eq!(scan(&mended, &["--db", "a.db"]).code, 0);
    mended.write(
        "app/go.mod",
        "module m\nrequire example.com/a v1.0.0\ngo 1.22\n",
    );
    let ran = scan(&mended, &["--db", "a.db", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert_eq!(ran.not_assessed(), ["unassessed-vulnerabilities"]);
    assert_eq!(ran.json()["not_assessed"][0]["location"]["line"], 2);
}

#[test]
fn without_a_database_there_is_a_hint_and_no_verdict() {
    let folder = folder(LOCK);
    let ran = scan(&folder, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    let hint = "1 lock file was not looked at: there is no advisory database; `ringwall db update` fetches one\n";
    assert!(ran.stdout.ends_with(hint), "{}", ran.stdout);
    let ran = scan(&folder, &["-o", "json"]);
    assert_eq!(ran.json()["summary"]["skipped"]["lock_files"], 1);
    // One that was named has to be there.
    let ran = scan(&folder, &["--db", "none.db", "-o", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert_eq!(ran.not_assessed(), ["unassessed-vulnerabilities"]);
    folder.write("cut.db", "no database");
    assert_eq!(scan(&folder, &["--db", "cut.db"]).code, 3);
}
