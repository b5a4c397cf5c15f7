//! The orders agree with what the package managers say of pairs of versions.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
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
    (
        "scalibr-alpine-versions-generated.txt",
        VersionOrder::Alpine,
    ),
    ("apk-version.data", VersionOrder::Alpine),
    ("scalibr-cran-versions.txt", VersionOrder::Cran),
    ("scalibr-cran-versions-generated.txt", VersionOrder::Cran),
    ("scalibr-debian-versions.txt", VersionOrder::Debian),
    (
        "scalibr-debian-versions-generated.txt",
        VersionOrder::Debian,
    ),
    ("scalibr-hackage-versions.txt", VersionOrder::Hackage),
    ("scalibr-maven-versions.txt", VersionOrder::Maven),
    ("scalibr-maven-versions-generated.txt", VersionOrder::Maven),
    ("scalibr-nuget-versions.txt", VersionOrder::NuGet),
    ("scalibr-packagist-versions.txt", VersionOrder::Packagist),
    (
        "scalibr-packagist-versions-generated.txt",
        VersionOrder::Packagist,
    ),
    ("scalibr-pub-versions.txt", VersionOrder::Pub),
    ("scalibr-pypi-versions.txt", VersionOrder::PyPi),
    ("scalibr-pypi-versions-generated.txt", VersionOrder::PyPi),
    ("scalibr-redhat-versions.txt", VersionOrder::Rpm),
    ("rpm-rpmvercmp.txt", VersionOrder::Rpm),
    ("scalibr-rubygems-versions.txt", VersionOrder::RubyGems),
    (
        "scalibr-rubygems-versions-generated.txt",
        VersionOrder::RubyGems,
    ),
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
    Exceptions {
        run: "scalibr-alpine-versions.txt as Alpine",
        cases: &[
            "1-r = 1-r0",
            "1-r-1 < 1-r0",
            "0..1..0 < 0..1..1",
            "0...1...0 < 0...1...1",
            "0...1...0.r1 < 0...1...0.r2",
            "0...1...0r1 < 0...1...0r2",
            "0..8 = 0..8",
            "0..8 > 0...8",
            "0.8.21.r2 > 0.8.21.r1",
            "10.2.24.r0 > 10.2.22.r0",
            "1.2.0A < 1.2.0d",
            "1.2.0D < 1.2.0d",
            "1-r2 > 1-r-1",
            "1 > 1-ruff",
            "1-ruff2 = 1-ruff1",
            "1-ruff2 = 1--ruff1",
            "1-r0-ruff2 = 1-r0-ruff1",
            ".1 < 1",
            "1 > .1",
            ".2 > .1",
            "23_foo > 4_beta",
        ],
        reason: "apk refuses these since it checks versions (`!.1`, `!0.1-r`, `!0.1_foobar` in its own data): undecided",
    },
    Exceptions {
        run: "apk-version.data as Alpine",
        cases: &["23_foo > 4_beta"],
        reason: "apk compares what it calls invalid in the same file (`!0.1_foobar`): undecided",
    },
    Exceptions {
        run: "apk-version.data as Alpine",
        cases: &["!0.1a1"],
        reason: "advisories have such versions (`1.9.5p2-r1` in scalibr-alpine-versions-generated.txt): ordered as apk 2 did, and as those files do",
    },
    Exceptions {
        run: "apk-version.data as Alpine",
        cases: &[
            "3.6.9 ~ 3.6",
            "3.6_pre1 ~ 3.6",
            "3.6.0_pre1 ~ 3.6",
            "3.6.9_post1 ~ 3.6",
            "3.6.0 ~ 3.6.0",
            "3.5 <~ 3.6",
            "3.7 >~ 3.6",
            "3.6.0 !~ 3.8",
            "3.6.9 !~ 3.8",
            "3.8.0 !~ 3.8.1",
            "3.8.0.1 !~ 3.8.1",
            "3.6.0_pre1 !~ 3.8",
            "3.6.9_post1 !~ 3.8",
        ],
        reason: "signs of dependencies: not asked here, no advisory has them",
    },
    Exceptions {
        run: "scalibr-maven-versions.txt as Maven",
        cases: &["1-1 = 1-ga-1"],
        reason: "Maven 3.9.9 says `>`: a release that something hangs from stays in its list",
    },
    Exceptions {
        run: "scalibr-maven-versions-generated.txt as Maven",
        cases: &[
            "6.1.12.rc5 < 6.1.12rc1",
            "1.1.46.sec10 < 1.1.46_noneautotype",
            "1.2.8.sec10_noneautotype < 1.2.8_noneautotype",
            "1.2.50.sec10 < 1.2.50_noneautotype",
            "1.2.54.sec10 < 1.2.54_noneautotype",
            "1.2.57.sec10 < 1.2.57_noneautotype",
            "1.2.67.sec10 < 1.2.67_noneautotype",
            "1.0.0rc0 < 1.0.beta8",
            "1.5.9.RC1 < 1.5.9-RC0",
        ],
        reason: "ordered by a Maven that told `.rc` and `-rc` apart; Maven 3.8.7 and 3.9.9 say `>`",
    },
    Exceptions {
        run: "vers-maven_version_cmp_test.json as Maven",
        cases: &["2-1 < 2.0.a", "2.0.0.a > 2.0.a"],
        reason: "taken from tests of a Maven that told `.a` and `-a` apart; Maven 3.9.9 says `>` and `=`",
    },
    Exceptions {
        run: "scalibr-packagist-versions.txt as Packagist",
        cases: &["1.0.0 > 1.0"],
        reason: "PHP's `version_compare` alone; Composer fills both up to 1.0.0.0 before",
    },
    Exceptions {
        run: "scalibr-packagist-versions.txt as Packagist",
        cases: &["dev-foo < 1.26.0", "1.26.0 > dev-foo"],
        reason: "Composer lets no branch into a range of versions: undecided",
    },
    Exceptions {
        run: "scalibr-packagist-versions-generated.txt as Packagist",
        cases: &[
            "v3.4 < v3.4.0-alpha",
            "v6.5 < v6.5.0-beta-0",
            "v6.6 < v6.6.0-beta",
        ],
        reason: "PHP's `version_compare` alone; Composer fills 3.4 up to 3.4.0.0, which its alpha comes before",
    },
    Exceptions {
        run: "scalibr-packagist-versions-generated.txt as Packagist",
        cases: &[
            "v1.9.0-ALPHA.1 = v1.9.0-BETA.1",
            "v1.9.0-BETA.1 < v1.9.0-ALPHA.2",
        ],
        reason: "PHP's `version_compare` knows words in lower case only; Composer lowers them before",
    },
    Exceptions {
        run: "scalibr-pub-versions.txt as Pub",
        cases: &["1.1.3.4.5 = 1.1.3.4.5"],
        reason: "Dart takes three numbers: undecided",
    },
    Exceptions {
        run: "scalibr-rubygems-versions.txt as RubyGems",
        cases: &["1 > 1gamma"],
        reason: "RubyGems calls `1gamma` malformed: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as SemVer",
        cases: &["1.1.3.4.5 = 1.1.3.4.5"],
        reason: "Semantic Versioning has three numbers: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as Go",
        cases: &["1.1.3.4.5 = 1.1.3.4.5"],
        reason: "Semantic Versioning has three numbers: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as npm",
        cases: &["1.1.3.4.5 = 1.1.3.4.5"],
        reason: "Semantic Versioning has three numbers: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as Cargo",
        cases: &["1.1.3.4.5 = 1.1.3.4.5"],
        reason: "Semantic Versioning has three numbers: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as npm",
        cases: &[
            "999999999999999999999999999991.999999999999999999999999999991.999999999999999999999999999991 < 999999999999999999999999999999.999999999999999999999999999991.999999999999999999999999999991",
        ],
        reason: "npm refuses numbers that JavaScript cannot hold, as node-semver-invalid-versions.json says: undecided",
    },
    Exceptions {
        run: "scalibr-semver-versions.txt as Cargo",
        cases: &[
            "v1.0.0 > 0.9.9",
            "v0.99.0 > 0.10.0",
            "0.0.0 > v0.0.0-foo",
            "0.0.1 > v0.0.0",
            "1.0.0 > v0.9.9",
            "0.10.0 > v0.9.0",
            "2.0.0 > v1.2.3",
            "0.0.0-foo < v0.0.0",
            "0.0.0 < v0.0.1",
            "0.9.0 < v0.10.0",
            "0.10.0 < v0.99.0",
            "1.2.3 < v2.0.0",
            "v0.0.0-foo < 0.0.0",
            "v0.0.0 < 0.0.1",
            "v0.9.9 < 1.0.0",
            "v0.10.0 < 0.99.0",
            "v1.2.3 < 2.0.0",
            "v1.2.3+build = 1.2.3+otherbuild",
        ],
        reason: "the tags of repositories have a `v`, versions of crates.io never: undecided",
    },
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
            let got = if got.len() == 1 {
                (got == "=").to_string()
            } else {
                got
            };
            run.case(format!("{one} = {other}"), &is_equal.to_string(), &got);
        } else {
            // What is expected may be spelt otherwise than what was given.
            let first = text_of(&test["expected_output"][0]);
            let one_is_first =
                one == first || (other != first && compared(order, one, first) == "=");
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
        run_lines(folder, file, *order);
    }
}

#[test]
fn pairs_are_ordered_as_the_vers_project_orders_them() {
    let Some(folder) = vectors::folder() else {
        return;
    };
    for (file, order) in VERS_PAIRS {
        run_vers(folder, file, *order);
    }
}
