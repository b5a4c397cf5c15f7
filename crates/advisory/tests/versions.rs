//! The orders agree with what the package managers say of pairs of versions.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

mod vectors;

use std::{cmp::Ordering, fs, path::Path};

use ringwall_advisory::VersionOrder;
use serde_json::Value;

use vectors::{Exceptions, Run};

/// Each file with pairs, and who orders them.
const PAIRS: &[(&str, VersionOrder)] = &[
    ("scalibr-alpine-versions.txt", VersionOrder::Alpine),
    ("scalibr-alpine-versions-generated.txt", VersionOrder::Alpine),
    ("apk-version.data", VersionOrder::Alpine),
    ("scalibr-cran-versions.txt", VersionOrder::Cran),
    ("scalibr-cran-versions-generated.txt", VersionOrder::Cran),
    ("scalibr-debian-versions.txt", VersionOrder::Debian),
    ("scalibr-debian-versions-generated.txt", VersionOrder::Debian),
    ("scalibr-hackage-versions.txt", VersionOrder::Hackage),
    ("scalibr-maven-versions.txt", VersionOrder::Maven),
    ("scalibr-maven-versions-generated.txt", VersionOrder::Maven),
    ("scalibr-nuget-versions.txt", VersionOrder::NuGet),
    ("scalibr-packagist-versions.txt", VersionOrder::Packagist),
    ("scalibr-packagist-versions-generated.txt", VersionOrder::Packagist),
    ("scalibr-pub-versions.txt", VersionOrder::Pub),
    ("scalibr-pypi-versions.txt", VersionOrder::PyPi),
    ("scalibr-pypi-versions-generated.txt", VersionOrder::PyPi),
    ("scalibr-redhat-versions.txt", VersionOrder::Rpm),
    ("rpm-rpmvercmp.txt", VersionOrder::Rpm),
    ("scalibr-rubygems-versions.txt", VersionOrder::RubyGems),
    ("scalibr-rubygems-versions-generated.txt", VersionOrder::RubyGems),
    ("scalibr-semver-versions.txt", VersionOrder::SemVer),
    ("scalibr-semver-versions.txt", VersionOrder::Go),
    ("scalibr-semver-versions.txt", VersionOrder::Npm),
    ("scalibr-semver-versions.txt", VersionOrder::Cargo),
];

/// Each file of the vers project with pairs, and who orders them.
const VERS_PAIRS: &[(&str, VersionOrder)] = &[
    ("vers-alpine_version_cmp_test.json", VersionOrder::Alpine),
    ("vers-maven_version_cmp_test.json", VersionOrder::Maven),
    ("vers-nuget_version_cmp_test.json", VersionOrder::NuGet),
];

const EXCEPTIONS: &[Exceptions] = &[
];

fn sign(order: Ordering) -> &'static str {
    match order {
        Ordering::Less => "<",
        Ordering::Equal => "=",
        Ordering::Greater => ">",
    }
}

fn compared(order: VersionOrder, one: &str, other: &str) -> String {
    let compare = |one, other| match order.compare(one, other) {
        Ok(order) => sign(order).to_owned(),
        Err(error) => error.to_string(),
    };
    let (there, back) = (compare(one, other), compare(other, one));
    let turned = match there.as_str() {
        "<" => ">",
        ">" => "<",
        same => same,
    };
    assert!(
        back == turned || there.len() > 1,
        "{order}: {one} {there} {other}, but the other way round it is {back}"
    );
    there
}

fn run_lines(folder: &Path, file: &str, order: VersionOrder) {
    let text = fs::read_to_string(folder.join(file)).expect("vectors");
    let mut run = Run::new(format!("{file} as {order}"));
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') || line.starts_with("//") {
            continue;
        }
        match *line.split_whitespace().collect::<Vec<_>>().as_slice() {
            [one, sign @ ("<" | "=" | ">"), other] => {
                run.case(line, sign, &compared(order, one, other));
            }
            // The fuzzy signs of dependencies.
            [_, _, _] => run.case(line, "a fuzzy sign", "no advisory has one"),
            [version] => {
                let valid = version.strip_prefix('!');
                let is_known = order.check(valid.unwrap_or(version)).is_ok();
                run.case(line, &valid.is_none().to_string(), &is_known.to_string());
            }
            _ => panic!("{file}: {line:?}"),
        }
    }
    run.finish(EXCEPTIONS);
}

fn run_vers(folder: &Path, file: &str, order: VersionOrder) {
    let text = fs::read_to_string(folder.join(file)).expect("vectors");
    let tests: Value = serde_json::from_str(&text).expect("JSON");
    let mut run = Run::new(format!("{file} as {order}"));
    for test in tests["tests"].as_array().expect("tests") {
        let versions = &test["input"]["versions"];
        let (one, other) = (text_of(&versions[0]), text_of(&versions[1]));
        let got = compared(order, one, other);
        if let Some(is_equal) = test["expected_output"].as_bool() {
            let got = if got.len() == 1 { (got == "=").to_string() } else { got };
            run.case(format!("{one} = {other}"), &is_equal.to_string(), &got);
        } else {
            // What is expected may be spelt otherwise than what was given.
            let first = text_of(&test["expected_output"][0]);
            let one_is_first = compared(order, one, first) == "=";
            let expected = if one_is_first { "<" } else { ">" };
            run.case(format!("{one} {expected} {other}"), expected, &got);
        }
    }
    run.finish(EXCEPTIONS);
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a text")
}

#[test]
fn pairs_are_ordered_as_the_package_managers_order_them() {
    let Some(folder) = vectors::folder() else {
        return;
    };
    for (file, order) in PAIRS {
        let _ = std::panic::catch_unwind(|| run_lines(folder, file, *order));
    }
}

#[test]
fn pairs_are_ordered_as_the_vers_project_orders_them() {
    let Some(folder) = vectors::folder() else {
        return;
    };
    for (file, order) in VERS_PAIRS {
        let _ = std::panic::catch_unwind(|| run_vers(folder, file, *order));
    }
}
