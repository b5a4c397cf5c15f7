//! Lists of packages that somebody attested, beside what an image holds.

use ringwall_engine::{Advisories, AttestedSbom, Config, ImageExceptions, compare_packages};
use ringwall_model::{Date, Source};
use ringwall_report::{ImageReport, VerificationReport, image_cyclonedx};

use crate::build::{ELF, MS, OS, STATUS, layers_of, scan_accepting};

const PROGRAM: (&str, &str) = ("opt/tool", ELF);
const ARCHIVE: (&str, &str) = ("opt/tool.jar", "PK");

fn image(files: &[(&str, &str)], exceptions: &ImageExceptions) -> ImageReport {
    let npm = ("a/node_modules/ms/package.json", MS);
    let own = [OS, ("var/lib/dpkg/status", STATUS), npm];
    let files = [&own[..], files].concat();
    let image = layers_of(&[&files]);
    scan_accepting(image.path(), Advisories::Missing, exceptions)
}

/// What becomes of a valid attestation about `found` that lists what `found` lists.
fn compared(found: &ImageReport) -> VerificationReport {
    let mut text = Vec::new();
    image_cyclonedx(found, &mut text).unwrap();
    let sbom = AttestedSbom {
        attestation: format!("sha256:{}", "a".repeat(64)),
        text: String::from_utf8(text).unwrap(),
    };
    let mut report = VerificationReport {
        is_verified: true,
        is_intact: true,
        ..VerificationReport::default()
    };
    compare_packages(&mut report, &[sbom], found);
    let packages = report.packages.as_ref().unwrap();
    assert_eq!((packages.equal, packages.unlisted.len()), (2, 0));
    report
}

#[test]
fn a_list_is_not_whole_where_a_program_says_nothing_of_itself() {
    let none = ImageExceptions::none(Date::from_unix_seconds(0));
    let report = compared(&image(&[], &none));
    assert!(report.is_verified && report.not_assessed.is_empty());
    for (file, id) in [
        (PROGRAM, "unassessed-program"),
        (ARCHIVE, "unassessed-java-archive"),
    ] {
        let report = compared(&image(&[file], &none));
        assert!(!report.is_verified, "{id}");
        let gaps: Vec<_> = report.not_assessed.iter().map(|gap| gap.id).collect();
        assert_eq!(gaps, [id]);
        assert!(report.not_assessed[0].reason.starts_with(file.0));
        assert!(report.is_undecided());
    }
}

#[test]
fn who_looked_into_a_program_can_accept_it() {
    let text = "[[exceptions]]\nchecks = [\"unassessed-program\"]\npaths = [\"opt/tool\"]\n\
                reason = \"built here\"\n";
    let config = Config::parse("ringwall.toml", text).unwrap();
    let source = Source::new("ringwall.toml", text);
    let as_of = Date::from_unix_seconds(0);
    let exceptions = ImageExceptions::of_config(&config, &source, as_of).unwrap();
    let report = compared(&image(&[PROGRAM], &exceptions));
    assert!(report.is_verified && report.not_assessed.is_empty());
    let two = compared(&image(&[PROGRAM, ("opt/other", ELF)], &exceptions));
    assert!(!two.is_verified);
}
