//! The packages of lock files, by a database of advisories that the test makes, and by those that are published.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests may fail loudly"
)]

use std::{fs, path::Path};

use ringwall_advisory::{Database, DatabaseBuilder, OsvRecord, parse_osv};
use ringwall_collect::{DEFAULT_LIMIT_BYTES, Exclude, Walk, walk};
use ringwall_engine::{
    Advisories, Baseline, Config, Input, Options, Outcome, Selection, import_advisories, scan,
};
use ringwall_model::{Ring, Source};
use serde_json::{Value, json};
use tempfile::TempDir;

const CARGO: &str = r#"version = 4

[[package]]
name = "smallvec"
version = "1.6.0"
source = "registry+https://github.com/rust-lang/crates.io-index"

[[package]]
name = "own"
version = "0.1.0"
"#;

const NPM: &str = r#"{"packages": {
  "node_modules/ms": {"version": "2.0.0", "dev": true},
  "node_modules/g": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/x/g.git#0a"},
  "node_modules/x": {"version": "1.0.0"}
}}"#;

fn before(id: &str, ecosystem: &str, name: &str, fixed: &str) -> Value {
    json!({
        "id": id,
        "aliases": [format!("GHSA-{id}")],
        "summary": "a flaw",
        "database_specific": {"severity": "HIGH"},
        "affected": [{
            "package": {"ecosystem": ecosystem, "name": name},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}],
        }],
    })
}

fn database(records: &[Value]) -> Database {
    let mut builder = DatabaseBuilder::new("2026-11-28".parse().unwrap());
    for record in records {
        match parse_osv(record.to_string().as_bytes()).unwrap() {
            OsvRecord::Advisory(advisory) => builder.advisory(*advisory),
            other => panic!("{other:?}"),
        }
    }
    Database::from_bytes(builder.build().unwrap()).unwrap()
}

fn known() -> Database {
    database(&[
        before("CVE-2026-1", "crates.io", "smallvec", "1.6.1"),
        before("CVE-2026-2", "npm", "ms", "2.1.0"),
        before("CVE-2026-3", "npm", "x", "1.0.0"),
        before("CVE-2026-4", "Go", "example.com/a", "1.5.0"),
    ])
}

/// The folder's own files, named from it.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

struct Asked<'a> {
    advisories: Advisories<'a>,
    only: &'a [&'a str],
    config: &'a str,
    baseline: Option<&'a Baseline>,
}

fn asked(advisories: Advisories<'_>) -> Asked<'_> {
    Asked {
        advisories,
        only: &[],
        config: "",
        baseline: None,
    }
}

fn scanned(folder: &Path, asked: &Asked<'_>) -> Outcome {
    let patterns: [&str; 0] = [];
    let files = walk(&Walk {
        paths: vec![folder.to_owned()],
        all_files: true,
        exclude: Exclude::new(&patterns).unwrap(),
    });
    let only: Vec<_> = asked.only.iter().map(|id| (*id).to_owned()).collect();
    let selection = Selection::new(&only, &[], &[]).unwrap();
    let source = Source::new("", asked.config);
    let config = Config::parse("ringwall.toml", asked.config).unwrap();
    let options = Options {
        selection: &selection,
        config: &config,
        config_source: &source,
        pod_security: None,
        policies: None,
        advisories: asked.advisories,
        as_of: "2026-11-28".parse().unwrap(),
        baseline: asked.baseline,
        changes: None,
        show_passed: false,
        limit_bytes: DEFAULT_LIMIT_BYTES,
        progress: None,
    };
    scan(&Input { files, stdin: None }, &options).unwrap()
}

/// `check file:line package` of findings that count, by the last part of the file's name.
fn found(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.report.findings.iter().filter(|it| it.fails());
    let mut found: Vec<_> = findings
        .map(|it| {
            let file = it.location.file.rsplit('/').next().unwrap();
            let package = it.subject.package.as_deref().unwrap_or_default();
            format!("{} {file}:{} {package}", it.check, it.location.start.line)
        })
        .collect();
    found.sort();
    found
}

fn gaps(outcome: &Outcome) -> Vec<String> {
    let gaps = outcome.report.not_assessed.iter();
    gaps.map(|it| format!("{}: {}", it.id, it.reason)).collect()
}

#[test]
fn packages_of_lock_files_are_looked_up() {
    let database = known();
    let folder = folder(&[
        ("a/Cargo.lock", CARGO),
        ("b/package-lock.json", NPM),
        (
            "go.mod",
            "module m\nrequire example.com/a v1.4.0\ngo 1.22\n",
        ),
        (
            "c/composer.lock",
            r#"{"packages": [{"name": "v/a", "version": "1.0"}]}"#,
        ),
        ("d/yarn.lock", "x\n"),
    ]);
    let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
    assert_eq!(
        found(&outcome),
        [
            "CVE-2026-1 Cargo.lock:4 smallvec 1.6.0",
            "CVE-2026-2 package-lock.json:2 ms 2.0.0",
            "CVE-2026-4 go.mod:2 example.com/a v1.4.0",
        ]
    );
    assert_eq!(
        gaps(&outcome),
        [
            "unassessed-packages: entries that come from git or an address and name no published version: 1",
            "unassessed-vulnerabilities: no advisories about Packagist are in the database: 1 package was not looked up",
            "unparsable-file: a heading has no colon at its end",
        ]
    );
    let report = &outcome.report;
    assert_eq!(report.summary.assessed["lock_files"], 5);
    assert_eq!(report.summary.skipped.get("lock_files"), None);
    assert_eq!(report.summary.skipped.get("files"), None);
    let of = |id: &str| report.findings.iter().find(|it| it.check == id).unwrap();
    let finding = of("CVE-2026-1");
    assert_eq!(finding.ring, Ring::Code);
    assert_eq!(finding.group.as_deref(), Some("cargo:smallvec@1.6.0"));
    assert_eq!(finding.message, "smallvec 1.6.0 has CVE-2026-1: a flaw");
    assert_eq!(finding.remediation, "Update smallvec to 1.6.1 or later.");
    let flaw = finding.vulnerability.as_ref().unwrap();
    assert_eq!(flaw.purl.as_deref(), Some("pkg:cargo/smallvec@1.6.0"));
    assert_eq!((flaw.layer, flaw.update.as_deref()), (None, Some("1.6.1")));
    let source = outcome.sources.get(&finding.location.file).unwrap();
    let marked = source.slice(finding.location.span);
    assert_eq!(marked, "name = \"smallvec\"");
    assert!(
        of("CVE-2026-2")
            .message
            .ends_with("(for development alone)")
    );
}

#[test]
fn lock_files_of_a_form_that_is_not_read_are_named() {
    let database = known();
    let folder = folder(&[
        ("a/bun.lockb", "{}"),
        ("pom.xml", "<project/>"),
        ("go.sum", ""),
    ]);
    let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
    assert_eq!(
        gaps(&outcome),
        [
            "unassessed-packages: names packages that are not read: those of Bun before 1.2",
            "unassessed-packages: names packages that are not read: those of Maven, in pom.xml",
        ]
    );
}

#[test]
fn without_a_database_lock_files_are_skipped() {
    let folder = folder(&[("Cargo.lock", CARGO), ("go.mod", "module m\n")]);
    let outcome = scanned(folder.path(), &asked(Advisories::Missing));
    assert_eq!((found(&outcome).len(), gaps(&outcome).len()), (0, 0));
    let summary = &outcome.report.summary;
    assert_eq!(summary.skipped["lock_files"], 2);
    assert_eq!(summary.skipped["files"], 2);
    let outcome = scanned(folder.path(), &asked(Advisories::Unusable("it is cut")));
    let expected = "unassessed-vulnerabilities: 2 lock files were not looked at: it is cut";
    assert_eq!(gaps(&outcome), [expected]);
    assert_eq!(outcome.report.summary.skipped.get("lock_files"), None);
}

#[test]
fn flaws_are_chosen_and_accepted_like_other_findings() {
    let database = known();
    let folder = folder(&[
        ("Cargo.lock", CARGO),
        ("package-lock.json", &NPM.replace("git+ssh", "https")),
    ]);
    let advisories = Advisories::Database(&database);
    let both = ["CVE-2026-1", "CVE-2026-2"];
    let checks = |asked: &Asked<'_>| {
        let outcome = scanned(folder.path(), asked);
        let findings = outcome.report.findings.iter().filter(|it| it.fails());
        let mut checks: Vec<_> = findings.map(|it| it.check.to_string()).collect();
        checks.sort();
        checks
    };
    assert_eq!(checks(&asked(advisories)), both);
    let only = Asked {
        only: &["CVE-2026-2"],
        ..asked(advisories)
    };
    assert_eq!(checks(&only), both[1..]);
    // Whoever asks for other checks is told nothing about packages.
    let other = Asked {
        only: &["privileged-container"],
        ..asked(advisories)
    };
    let outcome = scanned(folder.path(), &other);
    assert_eq!(outcome.report.summary.assessed.get("lock_files"), None);
    let configured = Asked {
        config: "[[exceptions]]\nchecks = [\"CVE-2026-1\"]\npackages = [\"small*\"]\nreason = \"not used\"\n",
        ..asked(advisories)
    };
    assert_eq!(checks(&configured), both[1..]);
    let outcome = scanned(folder.path(), &asked(advisories));
    let text = Baseline::write(&outcome.report, folder.path()).unwrap();
    let baseline = Baseline::parse(&text, folder.path()).unwrap();
    let known = Asked {
        baseline: Some(&baseline),
        ..asked(advisories)
    };
    assert_eq!(checks(&known), Vec::<String>::new());
    // By its other id.
    fs::write(folder.path().join(".trivyignore"), "GHSA-CVE-2026-2\n").unwrap();
    assert_eq!(checks(&asked(advisories)), both[..1]);
}

#[test]
fn published_advisories_find_what_is_known() {
    let shared = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/advisories"
    ));
    let archives: Vec<_> = ["crates.io", "Go"]
        .map(|it| shared.join(it).join("all.zip"))
        .into_iter()
        .filter(|it| it.is_file())
        .collect();
    if archives.len() < 2 {
        eprintln!("skipped: {} has no advisories", shared.display());
        return;
    }
    let as_of = "2026-11-28".parse().unwrap();
    let files = ringwall_collect::feeds::find_feeds(&archives).unwrap();
    let imported = import_advisories(&files, as_of, |_| {}).unwrap();
    let database = Database::from_bytes(imported.database).unwrap();
    let folder = folder(&[
        ("Cargo.lock", CARGO),
        (
            "go.mod",
            "module m\ngo 1.22\nrequire (\n\tgolang.org/x/text v0.3.5 // indirect\n)\n",
        ),
    ]);
    let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
    let found = found(&outcome);
    let expected = [
        "CVE-2021-25900 Cargo.lock:4 smallvec 1.6.0",
        "CVE-2021-38561 go.mod:4 golang.org/x/text v0.3.5",
    ];
    for finding in expected {
        assert!(
            found.iter().any(|it| it == finding),
            "{finding}: {found:#?}"
        );
    }
}

#[test]
fn old_advisories_in_a_database_of_today_call_nothing_clean() {
    let folder = folder(&[("Cargo.lock", CARGO)]);
    let stale = |newest: &str| {
        let records: Vec<_> = (0..1_000)
            .map(|number| {
                let name = format!("p{number}");
                let mut record = before(&format!("R-{number}"), "crates.io", &name, "1.0.0");
                record["published"] = format!("{newest}T00:00:00Z").into();
                record
            })
            .collect();
        let database = database(&records);
        let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
        let gaps = outcome.report.not_assessed.iter();
        gaps.filter(|gap| gap.id == "stale-advisories").count()
    };
    assert_eq!((stale("2026-09-28"), stale("2026-09-29")), (1, 0));
}

#[test]
fn projects_of_dotnet_are_looked_up_and_what_they_bring_where_a_file_names_it() {
    let database = database(&[before("CVE-2026-5", "NuGet", "Tea", "2.0.0")]);
    let project = "<Project>\n<PackageReference Include=\"Tea\" Version=\"1.0.0\" />\n</Project>";
    let folder = folder(&[
        ("a/A.csproj", project),
        ("b/B.csproj", project),
        (
            "b/packages.lock.json",
            r#"{"version": 1, "dependencies": {}}"#,
        ),
    ]);
    let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
    assert_eq!(
        found(&outcome),
        [
            "CVE-2026-5 A.csproj:2 Tea 1.0.0",
            "CVE-2026-5 B.csproj:2 Tea 1.0.0",
        ]
    );
    assert_eq!(
        gaps(&outcome),
        [
            "unassessed-packages: entries that may bring packages that only packages.lock.json names: 1"
        ]
    );
}

#[test]
fn packages_in_files_that_others_have_names_of_are_told_by_their_content() {
    let gradle = "dependencies { implementation 'org.example:tea:1.0' }\n";
    let folder = folder(&[
        ("a/build.gradle", gradle),
        ("b/build.gradle", gradle),
        (
            "b/gradle.lockfile",
            "org.example:tea:1.0=runtimeClasspath\n",
        ),
        (
            "environment.yml",
            "name: a\ndependencies:\n  - numpy=1.26.4\n",
        ),
        (
            "c/environment.yml",
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n",
        ),
    ]);
    let database = database(&[before("CVE-2026-6", "Maven", "org.example:pot", "1.0")]);
    let outcome = scanned(folder.path(), &asked(Advisories::Database(&database)));
    assert_eq!(
        gaps(&outcome),
        [
            "unassessed-packages: names packages that are not read: those of Maven, in a build of Gradle",
            "unassessed-packages: names packages that are not read: those of Conda and pip, in an environment",
        ]
    );
    let outcome = scanned(folder.path(), &asked(Advisories::Missing));
    assert_eq!(gaps(&outcome), [""; 0]);
    assert_eq!(outcome.report.summary.skipped["lock_files"], 3);
}
