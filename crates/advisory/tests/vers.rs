//! Ranges in the notation `vers` are read, ordered and asked as the vers project does it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

mod vectors;

use std::fs;

use ringwall_advisory::{NpmRange, Vers, VersionOrder};
use serde_json::Value;

use vectors::{Exceptions, Run};

/// Files that this crate does not meet, and why.
const LEFT_OUT: [(&str, &str); 13] = [
    ("alpm_version_cmp", "Arch Linux is not supported yet"),
    ("conan_range_from_native", "Conan is not supported yet"),
    ("conan_range_from_native_basic", "the same"),
    ("conan_version_cmp", "the same"),
    (
        "datetime_version_cmp",
        "no ecosystem of advisories orders versions so",
    ),
    (
        "gem_range_from_native",
        "advisories write no requirements of RubyGems",
    ),
    ("gentoo_version_cmp", "Gentoo is not supported yet"),
    (
        "lexicographic",
        "no ecosystem of advisories orders versions so",
    ),
    ("nginx_range_from_native", "nginx is no ecosystem"),
    ("nuget_range_from_native", "the file has no vectors"),
    ("openssl_range_from_native", "OpenSSL is no ecosystem"),
    ("openssl_version_cmp", "the same"),
    (
        "pypi_range_from_native",
        "advisories write no specifiers of PyPI",
    ),
];

const EXCEPTIONS: &[Exceptions] = &[
    Exceptions {
        run: "npm_range_from_native",
        cases: &[">= 2.2.x"],
        reason: "node-semver: `>=2.2.x` has no end",
    },
    Exceptions {
        run: "npm_range_from_native",
        cases: &["2.1 || 2.6"],
        reason: "node-semver: `2.1` is any 2.1.x",
    },
    Exceptions {
        run: "npm_range_from_native",
        cases: &[">= 0.2.0 <= 0.9.6 || ~0.8.0-pre"],
        reason: "node-semver: `~0.8.0-pre` ends before 0.9.0",
    },
];

fn vectors_of(name: &str) -> Option<Vec<Value>> {
    let path = vectors::folder()?.join(format!("vers-{name}_test.json"));
    let text = fs::read_to_string(path).expect("vectors");
    let tests: Value = serde_json::from_str(&text).expect("JSON");
    Some(tests["tests"].as_array().expect("tests").clone())
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn every_file_is_run_or_left_out_with_a_reason() {
    const RUN: [&str; 8] = [
        // These three in `versions.rs`.
        "alpine_version_cmp",
        "maven_version_cmp",
        "nuget_version_cmp",
        "npm_range_containment",
        "npm_range_from_native",
        "pypi_range_containment",
        "pypi_range_validate",
        "vers_canonical_parse",
    ];
    let Some(folder) = vectors::folder() else {
        return;
    };
    for entry in fs::read_dir(folder).expect("a folder") {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        if let Some(name) = name.strip_prefix("vers-") {
            let name = name
                .trim_end_matches(".json")
                .trim_end_matches("test")
                .trim_end_matches(['-', '_']);
            let is_known =
                RUN.contains(&name) || LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
            assert!(is_known, "{name}");
        }
    }
    for (name, reason) in LEFT_OUT {
        println!("{name}: left out: {reason}");
    }
}

#[test]
fn ranges_are_parsed() {
    let Some(vectors) = vectors_of("vers_canonical_parse") else {
        return;
    };
    let mut run = Run::new("vers_canonical_parse");
    for vector in &vectors {
        let range = text(&vector["input"]);
        let expected = if vector["expected_failure"].as_bool() == Some(true) {
            "failure".to_owned()
        } else {
            vector["expected_output"].to_string()
        };
        let got = match Vers::parse(range) {
            Err(_) => "failure".to_owned(),
            Ok(range) => {
                let sign = |sign: &'static str| if sign.is_empty() { "=" } else { sign };
                let constraints: Vec<_> = range
                    .constraints()
                    .iter()
                    .map(|one| [sign(one.comparator.sign()), one.version.as_str()])
                    .collect();
                serde_json::json!({"scheme": range.scheme(), "version_constraints": constraints})
                    .to_string()
            }
        };
        run.case(range, &expected, &got);
    }
    run.finish(EXCEPTIONS);
}

#[test]
fn ranges_are_sorted_and_printed() {
    let Some(vectors) = vectors_of("pypi_range_validate") else {
        return;
    };
    let mut run = Run::new("pypi_range_validate");
    for vector in &vectors {
        let range = text(&vector["input"]);
        let sorted = Vers::parse(range).and_then(|range| range.sorted());
        let got = sorted.map_or_else(|error| error.to_string(), |range| range.to_string());
        run.case(range, text(&vector["expected_output"]), &got);
    }
    run.finish(EXCEPTIONS);
}

#[test]
fn ranges_hold_what_they_hold() {
    for name in ["npm_range_containment", "pypi_range_containment"] {
        let Some(vectors) = vectors_of(name) else {
            return;
        };
        let mut run = Run::new(name);
        for vector in &vectors {
            let (range, version) = (
                text(&vector["input"]["vers"]),
                text(&vector["input"]["version"]),
            );
            let holds = Vers::parse(range).and_then(|range| range.holds(version));
            let got = holds.map_or_else(|error| error.to_string(), |holds| holds.to_string());
            run.case(
                format!("{range} {version}"),
                &vector["expected_output"].to_string(),
                &got,
            );
        }
        run.finish(EXCEPTIONS);
    }
}

/// The comparators of an npm range one after another, without the `-0` that keeps pre-releases out at an end.
fn flattened(range: &NpmRange) -> String {
    let bare = range.to_string().replace("||", " ");
    let version = |bound: &str| bound.trim_start_matches(['<', '>', '=']).to_owned();
    let mut bounds: Vec<_> = bare
        .split_whitespace()
        .map(|bound| {
            if bound.starts_with('<') {
                bound.trim_end_matches("-0")
            } else {
                bound
            }
        })
        .collect();
    bounds.sort_by(|one, other| {
        let order = VersionOrder::Npm.compare(&version(one), &version(other));
        order.unwrap_or_else(|error| panic!("{error}"))
    });
    format!("vers:npm/{}", bounds.join("|"))
}

#[test]
fn npm_ranges_are_brought_to_the_comparators_of_vers() {
    let Some(vectors) = vectors_of("npm_range_from_native") else {
        return;
    };
    let mut run = Run::new("npm_range_from_native");
    for vector in &vectors {
        let range = text(&vector["input"]["native_range"]);
        let got = NpmRange::parse(range)
            .map_or_else(|error| error.to_string(), |range| flattened(&range));
        run.case(range, text(&vector["expected_output"]), &got);
    }
    run.finish(EXCEPTIONS);
}

#[test]
fn a_range_may_stand_in_any_order() {
    let range = Vers::parse("vers:npm/<3.0.0|!=2.1.0|>=2.0.0|1.5.0|<1.0.0").expect("a range");
    let held = ["0.9.0", "1.5.0", "2.0.0", "2.0.1", "2.2.0"];
    let not_held = ["1.0.0", "1.4.0", "1.6.0", "2.1.0", "3.0.0", "4.0.0"];
    for (versions, expected) in [(&held[..], true), (&not_held[..], false)] {
        for version in versions {
            assert_eq!(range.holds(version), Ok(expected), "{version}");
        }
    }
    assert!(range.holds("1.x").is_err());
    assert!(
        Vers::parse("vers:unheard-of/1")
            .expect("a range")
            .holds("1")
            .is_err()
    );
}
