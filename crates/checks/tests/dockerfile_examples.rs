//! The Dockerfiles that people copy from notes get exactly what their README promises.

use std::{fs, path::PathBuf};

use ringwall_checks::{Checks, Settings, all, judge};
use ringwall_input::dockerfile;
use ringwall_model::{Finding, Source};

#[expect(clippy::print_stdout, reason = "a skipped test says so")]
/// The text of an example; `None` where the shared folder is missing.
fn example(name: &str) -> Option<Source> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../../shared/examples/dockerfile"
    );
    let path = PathBuf::from(folder).join(name);
    let Ok(text) = fs::read_to_string(path) else {
        println!("skipped: ../shared is not here");
        return None;
    };
    Some(Source::new(name, text))
}

fn findings(source: &Source) -> Vec<Box<Finding>> {
    let (dockerfile, diagnostics) = dockerfile::parse(&source.text);
    let build = judge::Build {
        source,
        dockerfile: &dockerfile,
        diagnostics: &diagnostics,
        has_ignore_file: None,
    };
    let checks: Checks = all().collect();
    let mut findings = Vec::new();
    judge::dockerfile(&build, &checks, &Settings::default(), &mut findings);
    findings
}

/// The lines on which a check finds something.
fn lines(findings: &[Box<Finding>], check: &str) -> Vec<u32> {
    let of_check = findings.iter().filter(|finding| finding.check == check);
    let mut lines: Vec<u32> = of_check
        .map(|finding| finding.location.start.line)
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_naive_file_has_untagged_images_and_no_user() {
    let Some(source) = example("1-naive.Dockerfile") else {
        return;
    };
    let findings = findings(&source);
    assert_eq!(lines(&findings, "untagged-base-image"), [2, 9]);
    assert_eq!(lines(&findings, "unset-image-user"), [9]);
    assert_eq!(lines(&findings, "root-image-user"), [0_u32; 0]);
    assert_eq!(lines(&findings, "unparsable-dockerfile"), [0_u32; 0]);
}

#[test]
fn the_hardened_file_keeps_only_its_builder_untagged() {
    let Some(source) = example("2-hardened.Dockerfile") else {
        return;
    };
    let findings = findings(&source);
    assert_eq!(lines(&findings, "untagged-base-image"), [1]);
    for check in ["root-image-user", "unset-image-user", "latest-base-image"] {
        assert_eq!(lines(&findings, check), [0_u32; 0], "{check}");
    }
}

#[test]
fn stray_words_are_reported_and_the_rest_is_judged() {
    let Some(source) = example("3-as-printed.Dockerfile") else {
        return;
    };
    let findings = findings(&source);
    let unparsable = lines(&findings, "unparsable-dockerfile");
    // A word in parentheses is no argument of FROM and USER; behind RUN it is a syntax error of the shell.
    assert!(unparsable.contains(&8), "{unparsable:?}");
    assert!(unparsable.contains(&13), "{unparsable:?}");
    assert_eq!(lines(&findings, "untagged-base-image"), [1]);
    // The stray word hides the user that is meant, so nothing is said about it.
    assert_eq!(lines(&findings, "unset-image-user"), [0_u32; 0]);
}
