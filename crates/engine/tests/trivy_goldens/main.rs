//! What Trivy reports, held against what we find by the database that it reports it by.
//!
//! Trivy's fixtures are written into a file of its database, imported, and asked for each package of its golden
//! reports. Differences stand here by name, with who is right.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its input has failed, and one that skips says so"
)]

#[path = "../../../bolt/tests/support/bolt_file.rs"]
mod bolt_file;
mod fixtures;
mod reports;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use ringwall_advisory::{Database, Match, Scope};
use ringwall_collect::image::open_image;
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, scan_image};
use ringwall_model::{Date, FixState};

use sha2::{Digest as _, Sha256};

use reports::{Flaw, Report};

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images/trivy");
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}

/// What the two tell in different ways: the golden, the difference, and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "alpine-39-ignore-cveids.json.golden",
        "CVE-2019-1549: only we find it in openssl 1.1.1b-r1",
        "both are right: the golden was made with a list of flaws to leave out",
    ),
    (
        "alpine-distroless.json.golden",
        "CVE-2022-24765: git 2.35.1-r2 is not found to have it",
        "Trivy is right: the package is from edge, which the image says in etc/apk/repositories; \
         we judge by os-release, and a scan would say that nothing about Alpine:v3.16 is known",
    ),
    (
        "spring4shell-jre8.json.golden",
        "CVE-2022-22965: the severity is low, and here critical",
        "both are right: the golden was made with a module that lowers it for Java 8",
    ),
];

/// What a golden says of a flaw, and what we do.
fn differences(database: &Database, report: &Report) -> (usize, Vec<String>) {
    let mut compared = 0;
    let mut differences = Vec::new();
    let mut packages: BTreeMap<(&Scope, &str, &str), Vec<&Flaw>> = BTreeMap::new();
    for flaw in &report.flaws {
        let package = (&flaw.scope, &*flaw.source, &*flaw.installed);
        packages.entry(package).or_default().push(flaw);
    }
    for ((scope, name, version), flaws) in packages {
        let matches = database.matches(scope, name, version).unwrap();
        for undecided in &matches.undecided {
            differences.push(format!(
                "{}: undecided: {}",
                undecided.advisory, undecided.reason
            ));
        }
        for flaw in &flaws {
            compared += 1;
            let Some(ours) = matches.found.iter().find(|it| it.flaw == flaw.id) else {
                differences.push(format!(
                    "{}: {name} {version} is not found to have it",
                    flaw.id
                ));
                continue;
            };
            differences.extend(told_apart(flaw, ours));
        }
        let theirs: BTreeSet<_> = flaws.iter().map(|flaw| &*flaw.id).collect();
        for ours in &matches.found {
            if !theirs.contains(&*ours.flaw) {
                differences.push(format!(
                    "{}: only we find it in {name} {version}",
                    ours.flaw
                ));
            }
        }
    }
    (compared, differences)
}

/// How two reports of one flaw in one package differ.
fn told_apart(flaw: &Flaw, ours: &Match) -> Vec<String> {
    let mut differences = Vec::new();
    let mut differ = |what: &str, theirs: &str, ours: &str| {
        if theirs != ours {
            differences.push(format!("{}: {what} is {theirs}, and here {ours}", flaw.id));
        }
    };
    // They name the fixes of all branches, and we the one of the branch that is installed.
    match &ours.fixed {
        Some(fixed) if flaw.fixed.contains(fixed) => {}
        fixed => differ(
            "the fix",
            &flaw.fixed.join(" or "),
            fixed.as_deref().unwrap_or_default(),
        ),
    }
    let state = match ours.fixed {
        Some(_) => "fixed",
        None if ours.state == FixState::NotFixed => "affected",
        None => ours.state.as_str(),
    };
    differ("the state", &flaw.status, state);
    let severity = ours
        .rating
        .as_ref()
        .map_or("unknown", |it| it.severity.as_str());
    differ("the severity", &flaw.severity, severity);
    differences
}

#[test]
fn goldens_of_packages_agree() {
    let Some(folder) = shared() else {
        return;
    };
    let database = fixtures::database(&folder.join("fixtures/db"));
    let (mut compared, mut agreeing, mut seen) = (0, 0, Vec::new());
    let mut skipped: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, report) in reports::all(&folder) {
        let report = match report {
            Ok(report) => report,
            Err(reason) => {
                *skipped.entry(reason).or_default() += 1;
                continue;
            }
        };
        for reason in &report.skipped {
            *skipped.entry(reason).or_default() += 1;
        }
        let (flaws, differences) = differences(&database, &report);
        compared += flaws;
        agreeing += usize::from(flaws > 0);
        seen.extend(differences.into_iter().map(|it| format!("{name}: {it}")));
    }
    println!("{compared} flaws of {agreeing} goldens were compared");
    for (reason, count) in skipped {
        println!("skipped: {count} {reason}");
    }
    let known: Vec<_> = DIFFERENCES
        .iter()
        .map(|(golden, difference, _)| format!("{golden}: {difference}"))
        .collect();
    assert_eq!(seen, known);
}

/// What a scan of an archive finds by the fixtures: flaw, package and fix.
fn scanned(database: &Database, archive: &Path) -> BTreeSet<(String, String, String)> {
    let image = open_image(archive, None).unwrap();
    let exceptions = ImageExceptions::none(Date::from_unix_seconds(0));
    let options = ImageOptions {
        name: "alpine-310",
        advisories: Advisories::Database(database),
        exceptions: &exceptions,
        finds_secrets: false,
        rules: None,
        cache: None,
        as_of: Date::from_unix_seconds(0),
    };
    let report = scan_image(&image, &options);
    assert!(report.not_assessed.is_empty(), "{:?}", report.not_assessed);
    let findings = report.findings.iter();
    let flaws = findings.filter_map(|it| {
        let flaw = it.vulnerability.as_deref()?;
        let fixed = flaw.fixed.clone().unwrap_or_default();
        Some((it.check.to_string(), flaw.package.clone(), fixed))
    });
    flaws.collect()
}

/// The image with another version of OpenSSL, which the list of its packages tells.
fn with_openssl(archive: &Path, installed: &str, other: &str) -> Vec<u8> {
    let mut entries: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let file = fs::File::open(archive).unwrap();
    let mut reader = tar::Archive::new(GzDecoder::new(file));
    for entry in reader.entries().unwrap() {
        let mut entry = entry.unwrap();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        entries.push((entry.path().unwrap().into_owned(), content));
    }
    let digest = |bytes: &[u8]| ringwall_image::Digest::new(Sha256::digest(bytes).into()).hex();
    let mut digests = Vec::new();
    for (path, content) in &mut entries {
        if path.ends_with("layer.tar") {
            let before = digest(content);
            replace(content, installed, other);
            digests.push((before, digest(content)));
        }
    }
    let mut written = tar::Builder::new(Vec::new());
    for (path, mut content) in entries {
        if path.extension() == Some("json".as_ref()) {
            for (before, now) in &digests {
                replace(&mut content, before, now);
            }
        }
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        written.append_data(&mut header, path, &*content).unwrap();
    }
    written.into_inner().unwrap()
}

/// Replaces a text by another of its length.
fn replace(content: &mut [u8], text: &str, other: &str) {
    assert_eq!(text.len(), other.len());
    let places: Vec<usize> = (0..content.len())
        .filter(|at| content[*at..].starts_with(text.as_bytes()))
        .collect();
    for at in places {
        content[at..at + text.len()].copy_from_slice(other.as_bytes());
    }
}

#[test]
fn the_image_of_a_golden_has_its_flaws_until_it_is_updated() {
    let Some(folder) = shared() else {
        return;
    };
    let database = fixtures::database(&folder.join("fixtures/db"));
    // Its tag has moved on since the golden was made: OpenSSL is the one that mends both flaws.
    let archive = folder.join("alpine-310.tar.gz");
    assert_eq!(scanned(&database, &archive), BTreeSet::new());
    let before = tempfile::NamedTempFile::new().unwrap();
    fs::write(
        before.path(),
        with_openssl(&archive, "1.1.1d-r2", "1.1.1c-r0"),
    )
    .unwrap();
    let golden = reports::read(&folder.join("alpine-310.json.golden")).unwrap();
    let golden = golden.flaws.into_iter();
    let golden: BTreeSet<_> = golden
        .map(|it| (it.id, it.package, it.fixed.concat()))
        .collect();
    assert_eq!(golden.len(), 4);
    assert_eq!(scanned(&database, before.path()), golden);
}
