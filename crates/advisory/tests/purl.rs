//! Package URLs are read, built and printed as the purl project does it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says that it skipped"
)]

mod vectors;

use std::fs;

use ringwall_advisory::{Purl, purl::Parts};
use serde_json::{Value, json};

use vectors::{Exceptions, Run};

/// How many vectors there are; fewer would mean that some are not run.
const VECTORS: usize = 388;

const EXCEPTIONS: &[Exceptions] = &[
    Exceptions {
        run: "purl",
        cases: &[
            "parse pkg:gem/jruby-launcher@1.1.2?Platform=java",
            "parse pkg:Rpm/fedora/curl@7.50.3-1.fc25?Arch=i386&Distro=fedora-25",
        ],
        reason: "the specification lowers keys, and maven-test.json asks for that with `repositorY_url`",
    },
    Exceptions {
        run: "purl",
        cases: &["validate pkg:git/github/Package-url/purl-Spec@244fd47e07d1004f0aed9c"],
        reason: "the definition of the type `git` says that case matters; the vector is no required one",
    },
];

fn built(parts: &Value) -> Result<Purl, String> {
    let none = serde_json::Map::new();
    let qualifiers: Vec<_> = parts["qualifiers"]
        .as_object()
        .unwrap_or(&none)
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str().expect("a text")))
        .collect();
    let purl = Purl::build(&Parts {
        kind: parts["type"].as_str().unwrap_or_default(),
        namespace: parts["namespace"].as_str(),
        name: parts["name"].as_str().unwrap_or_default(),
        version: parts["version"].as_str(),
        qualifiers: &qualifiers,
        subpath: parts["subpath"].as_str(),
    });
    purl.map_err(|error| error.to_string())
}

fn parts_of(purl: &Purl) -> Value {
    let qualifiers = purl.qualifiers();
    json!({
        "type": purl.kind(),
        "namespace": purl.namespace(),
        "name": purl.name(),
        "version": purl.version(),
        "qualifiers": if qualifiers.is_empty() { Value::Null } else { json!(qualifiers) },
        "subpath": purl.subpath(),
    })
}

/// What a vector comes to: parts, a package URL, or a failure.
fn outcome(vector: &Value) -> String {
    let input = &vector["input"];
    let parse = |input: &Value| {
        Purl::parse(input.as_str().expect("a text")).map_err(|error| error.to_string())
    };
    let outcome = match vector["test_type"].as_str().expect("a type of test") {
        "parse" => parse(input).map(|purl| parts_of(&purl).to_string()),
        "build" => built(input).map(|purl| purl.to_string()),
        "validate" => parse(input).map(|purl| purl.to_string()),
        other => panic!("{other} is no type of test that is known here"),
    };
    match outcome {
        Ok(outcome) => outcome,
        Err(_) if vector["expected_failure"] == json!(true) => "failure".to_owned(),
        Err(error) => error,
    }
}

fn expected(vector: &Value) -> String {
    if vector["expected_failure"] == json!(true) {
        return "failure".to_owned();
    }
    match &vector["expected_output"] {
        Value::String(purl) => purl.clone(),
        parts => parts.to_string(),
    }
}

#[test]
fn package_urls_are_those_of_the_purl_project() {
    let Some(folder) = vectors::folder() else {
        return;
    };
    let mut entries: Vec<_> = fs::read_dir(folder.join("purl"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    let mut run = Run::new("purl");
    let mut count = 0;
    for path in entries {
        let text = fs::read_to_string(&path).expect("vectors");
        let tests: Value = serde_json::from_str(&text).expect("JSON");
        for vector in tests["tests"].as_array().expect("tests") {
            count += 1;
            let input = &vector["input"];
            let case = input
                .as_str()
                .map_or_else(|| input.to_string(), str::to_owned);
            let case = format!(
                "{} {case}",
                vector["test_type"].as_str().expect("a type of test")
            );
            run.case(case, &expected(vector), &outcome(vector));
        }
    }
    assert_eq!(count, VECTORS);
    run.finish(EXCEPTIONS);
}

#[test]
fn what_is_printed_is_parsed_to_the_same() {
    let purls = [
        "pkg:deb/debian/curl@1:7.50.3-1%2Bb1?arch=i386&distro=jessie",
        "pkg:npm/@angular/animation@12.3.1#dist/../a%20b/./c",
        "PKG://generic//a//b/c%25%2F@%40?X=%26%3D&y=#/",
        "pkg:git/codeberg.org/forgejo/forgejo@a72d2c0",
        "pkg:generic/%C3%A9t%C3%A9@1?k=%3F%23",
    ];
    for text in purls {
        let purl = Purl::parse(text).unwrap_or_else(|error| panic!("{error}"));
        let printed = purl.to_string();
        assert_eq!(Purl::parse(&printed), Ok(purl), "{printed}");
    }
}

#[test]
fn what_is_printed_is_canonical() {
    let purls = [
        ("pkg:npm/@a/b@1#x/../y/./z", "pkg:npm/%40a/b@1#x/y/z"),
        ("PKG://PyPI/Foo_Bar@1.0RC1", "pkg:pypi/foo-bar@1.0rc1"),
        ("pkg:generic/a?b=&c=d%20e", "pkg:generic/a?c=d%20e"),
        (
            "pkg:golang/github.com/Masterminds/semver@v3.2.0",
            "pkg:golang/github.com/Masterminds/semver@v3.2.0",
        ),
        ("pkg:golang/stdlib@1.22.0", "pkg:golang/stdlib@1.22.0"),
        ("pkg:cpan/drolsky/DateTime", "pkg:cpan/DROLSKY/DateTime"),
        ("pkg:deb/Debian/CURL@1%2Bb1", "pkg:deb/debian/curl@1%2Bb1"),
    ];
    for (text, expected) in purls {
        assert_eq!(
            Purl::parse(text).map(|purl| purl.to_string()),
            Ok(expected.to_owned())
        );
    }
}

#[test]
fn what_names_no_package_is_refused() {
    let texts = [
        "",
        "pkg:",
        "pkg:npm",
        "pkg:npm/",
        "npm/a",
        "http://npm/a",
        "pkg:n pm/a",
        "pkg:1npm/a",
        "pkg:npm/@1.0",
        "pkg:npm/%zz",
        "pkg:npm/%C3",
        "pkg:npm/a%2Fb/c",
        "pkg:npm/a?1k=v",
        "pkg:npm/a?k=v&K=w",
    ];
    for text in texts {
        assert!(Purl::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_a_package_url_leaves_out_may_be_anything() {
    let check = |wanted: &str, package: &str, expected: bool| {
        let [wanted, package] = [wanted, package].map(|it| Purl::parse(it).expect("a package URL"));
        assert_eq!(wanted.covers(&package), expected, "{wanted} {package}");
    };
    check(
        "pkg:deb/debian/tea",
        "pkg:deb/debian/tea@1?arch=amd64",
        true,
    );
    check(
        "pkg:deb/debian/tea@1?arch=amd64",
        "pkg:deb/debian/tea@1",
        false,
    );
    check("pkg:deb/debian/tea@1", "pkg:deb/debian/tea@2", false);
    // In lower case, as the specification has it.
    check(
        "pkg:golang/github.com/tea/pot",
        "pkg:golang/github.com/Tea/Pot@v1.0.0",
        true,
    );
    check("pkg:npm/tea", "pkg:npm/Tea", false);
}
