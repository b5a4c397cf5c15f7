//! Versions and ranges of npm are read as node-semver reads them.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

mod vectors;

use std::fs;

use ringwall_advisory::{NpmRange, VersionOrder, version::NpmOptions};
use serde_json::Value;

use vectors::{Exceptions, Run};

/// Files whose every vector asks for something that this crate does not do.
const LEFT_OUT: [(&str, &str); 6] = [
    (
        "comparator-intersection",
        "no advisory needs to know whether two ranges overlap",
    ),
    ("range-intersection", "the same"),
    ("increments", "nobody here makes versions"),
    ("truncations", "the same"),
    (
        "version-not-gt-range",
        "where outside a range a version lies is not asked",
    ),
    ("version-not-lt-range", "the same"),
];

const EXCEPTIONS: &[Exceptions] = &[];

fn vectors_of(name: &str) -> Option<Vec<Value>> {
    let path = vectors::folder()?.join(format!("node-semver-{name}.json"));
    let text = fs::read_to_string(path).expect("vectors");
    Some(serde_json::from_str(&text).expect("JSON"))
}

/// Options are an object, or `true` for loose ones.
fn options(value: Option<&Value>) -> NpmOptions {
    // JavaScript takes any number but zero for true.
    let is_true = |value: &Value| {
        value.as_bool() == Some(true) || value.as_u64().is_some_and(|number| number > 0)
    };
    let value = value.unwrap_or(&Value::Null);
    NpmOptions {
        loose: is_true(value) || is_true(&value["loose"]),
        include_prerelease: is_true(&value["includePrerelease"]),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Whether a range is read, and holds the version; what is no version is in no range.
fn holds(vector: &Value) -> bool {
    let range = NpmRange::parse_with(text(&vector[0]), options(vector.get(2))).expect("a range");
    range.holds(text(&vector[1])).unwrap_or(false)
}

fn compared(one: &str, other: &str) -> String {
    match VersionOrder::Npm.compare(one, other) {
        Ok(order) => format!("{order:?}"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn every_file_is_run_or_left_out_with_a_reason() {
    const RUN: [&str; 9] = [
        "comparisons",
        "equality",
        "invalid-versions",
        "range-exclude",
        "range-include",
        "range-parse",
        "valid-versions",
        "version-gt-range",
        "version-lt-range",
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
        if let Some(name) = name.strip_prefix("node-semver-") {
            let name = name.trim_end_matches(".json");
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
fn versions_are_valid_ordered_and_equal() {
    let runs: [(&str, &str); 2] = [("comparisons", "Greater"), ("equality", "Equal")];
    for (name, expected) in runs {
        let Some(vectors) = vectors_of(name) else {
            return;
        };
        let mut run = Run::new(name);
        for vector in &vectors {
            let (one, other) = (text(&vector[0]), text(&vector[1]));
            run.case(format!("{one} {other}"), expected, &compared(one, other));
        }
        run.finish(EXCEPTIONS);
    }
    for (name, expected) in [("valid-versions", true), ("invalid-versions", false)] {
        let Some(vectors) = vectors_of(name) else {
            return;
        };
        let mut run = Run::new(name);
        for vector in &vectors {
            // An object with a method `toString` has become an empty one, and is no text here.
            let version = vector[0].as_str().unwrap_or_default();
            let is_valid = VersionOrder::Npm.check(version).is_ok();
            run.case(version, &expected.to_string(), &is_valid.to_string());
        }
        run.finish(EXCEPTIONS);
    }
}

#[test]
fn ranges_hold_what_they_hold() {
    let runs = [
        ("range-include", true),
        ("range-exclude", false),
        // What is above or below a range is not in it.
        ("version-gt-range", false),
        ("version-lt-range", false),
    ];
    for (name, expected) in runs {
        let Some(vectors) = vectors_of(name) else {
            return;
        };
        let mut run = Run::new(name);
        for vector in &vectors {
            let case = format!("{} {}", text(&vector[0]), text(&vector[1]));
            run.case(case, &expected.to_string(), &holds(vector).to_string());
        }
        run.finish(EXCEPTIONS);
    }
}

#[test]
fn ranges_are_brought_to_comparators() {
    let Some(vectors) = vectors_of("range-parse") else {
        return;
    };
    let mut run = Run::new("range-parse");
    for vector in &vectors {
        let range = text(&vector[0]);
        let got = match NpmRange::parse_with(range, options(vector.get(2))) {
            Ok(range) => range.to_string(),
            Err(_) => "null".to_owned(),
        };
        run.case(range, vector[1].as_str().unwrap_or("null"), &got);
    }
    run.finish(EXCEPTIONS);
}
