//! Every example of conftest's that can be run gives conftest's result; what is expected is what conftest 0.71.1 prints.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests may fail loudly"
)]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::Value;

fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: ../shared/{name} is not here");
    None
}

fn ringwall(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ringwall"))
        .env_remove("RINGWALL_DB")
        .env("XDG_DATA_HOME", env!("CARGO_TARGET_TMPDIR"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("ringwall runs")
}

/// Exit code, then successes, failures, warnings and exceptions of all files.
type Totals = (i32, [usize; 5]);

fn totals(output: &Output) -> Totals {
    let text = String::from_utf8_lossy(&output.stdout);
    let results: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
        let error = String::from_utf8_lossy(&output.stderr);
        unreachable!("no JSON: {text}{error}")
    });
    let results = results.as_array().expect("an array");
    let count = |field: &str| -> usize {
        let lists = results.iter().filter_map(|result| result[field].as_array());
        lists.map(Vec::len).sum()
    };
    let successes = results
        .iter()
        .filter_map(|result| result["successes"].as_u64())
        .sum::<u64>();
    let successes = usize::try_from(successes).expect("few");
    (
        output.status.code().expect("an exit code"),
        [
            results.len(),
            successes,
            count("failures"),
            count("warnings"),
            count("exceptions"),
        ],
    )
}

#[test]
fn the_examples_of_conftest_give_its_results() {
    let Some(examples) = shared("conftest") else {
        return;
    };
    let check = |folder: &str, arguments: &[&str], expected: Totals| {
        let all: Vec<_> = ["scan", "-o", "conftest"]
            .iter()
            .chain(arguments)
            .copied()
            .collect();
        let output = ringwall(&examples.join(folder), &all);
        assert_eq!(totals(&output), expected, "{folder} {arguments:?}");
    };
    check(
        "combine",
        &[
            "--policy",
            "policy",
            "--combine",
            "team.yaml",
            "user1.yaml",
            "user2.yaml",
            "users.yaml",
        ],
        (1, [1, 1, 1, 0, 0]),
    );
    check("configfile", &["deployment.yaml"], (1, [1, 1, 1, 0, 0]));
    check(
        "cyclonedx",
        &["--policy", "policy", "cyclonedx.json"],
        (0, [1, 1, 0, 0, 0]),
    );
    check(
        "cyclonedx",
        &[
            "--policy",
            "policy",
            "--parser",
            "cyclonedx",
            "cyclonedx.xml",
        ],
        (0, [1, 1, 0, 0, 0]),
    );
    check(
        "data",
        &["--policy", "policy", "--data", "exclusions", "service.yaml"],
        (1, [1, 0, 1, 0, 0]),
    );
    check(
        "docker",
        &["--policy", "policy", "--all-rego-namespaces", "Dockerfile"],
        (1, [2, 0, 2, 0, 0]),
    );
    check(
        "docker",
        &[
            "--policy",
            "policy",
            "--rego-namespace",
            "commands",
            "Dockerfile",
        ],
        (1, [1, 0, 1, 0, 0]),
    );
    check(
        "dotenv",
        &["--policy", "policy", "sample.env"],
        (0, [1, 2, 0, 0, 0]),
    );
    check(
        "exceptions",
        &["--policy", "policy", "deployments.yaml"],
        (1, [1, 0, 1, 0, 1]),
    );
    check(
        "hcl1",
        &[
            "--policy",
            "policy",
            "--all-rego-namespaces",
            "gke-show.json",
        ],
        (1, [2, 1, 2, 0, 0]),
    );
    check(
        "hcl2",
        &["--policy", "policy", "terraform.tf"],
        (1, [1, 0, 6, 0, 0]),
    );
    check(
        "kubernetes",
        &[
            "--policy",
            "policy",
            "--all-rego-namespaces",
            "deployment.yaml",
            "service.yaml",
            "deployment+service.yaml",
        ],
        (1, [6, 10, 8, 2, 0]),
    );
    check(
        "kubernetes",
        &["--policy", "policy", "--fail-on-warn", "service.yaml"],
        (1, [1, 4, 0, 1, 0]),
    );
    check(
        "kustomize",
        &["--policy", "policy", "."],
        (1, [4, 9, 2, 1, 0]),
    );
    check(
        "properties",
        &["--policy", "policy", "sample.properties"],
        (0, [1, 2, 0, 0, 0]),
    );
    check("spdx", &["--policy", "policy", "."], (0, [1, 1, 0, 0, 0]));
}

#[test]
fn the_tests_that_policies_bring_pass() {
    let Some(examples) = shared("conftest") else {
        return;
    };
    for (folder, passed) in [("dotenv", 4), ("hcl2", 5), ("kubernetes", 4)] {
        let output = ringwall(&examples.join(folder), &["policy", "test", "policy"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.ends_with(&format!("\n{passed} passed, 0 failed, 0 skipped\n")),
            "{folder}: {text}"
        );
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn the_suites_of_the_gatekeeper_library_pass() {
    let Some(library) = shared("gatekeeper-library") else {
        return;
    };
    let output = ringwall(&library, &["policy", "test", "."]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.ends_with("\n183 passed, 0 failed, 0 skipped\n"),
        "{text}"
    );
}

#[test]
fn a_policy_in_rego_that_cannot_be_used_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("policy")).expect("a folder");
    std::fs::write(
        folder.path().join("policy/a.rego"),
        "package main\n\ndeny contains msg if {\n  msg := nothing(input)\n}\n",
    )
    .expect("the policy");
    std::fs::write(folder.path().join("a.yaml"), "a: 1\n").expect("the file");
    let output = ringwall(folder.path(), &["scan", "-o", "conftest", "a.yaml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("policy/a.rego:4:"), "{error}");
    assert!(error.contains("undefined function nothing"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_set_with_a_rule_that_gives_no_messages_is_refused_as_by_conftest() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("policy")).expect("a folder");
    std::fs::write(
        folder.path().join("policy/a.rego"),
        "package main\nimport rego.v1\n\ndeny[msg] if msg := \"no\"\n\ntest_deny if deny.no\n",
    )
    .expect("the policy");
    std::fs::write(folder.path().join("a.yaml"), "a: 1\n").expect("the file");
    let output = ringwall(folder.path(), &["scan", "-o", "conftest", "a.yaml"]);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("policy/a.rego:4:"), "{error}");
    assert_eq!(output.status.code(), Some(1), "{error}");
    // Tests ask no rule by its name.
    let output = ringwall(folder.path(), &["policy", "test", "policy"]);
    assert_eq!(output.status.code(), Some(0));
}

/// conftest itself, where `make conftest` has built it.
fn peer() -> Option<PathBuf> {
    let program =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/conftest/conftest-v0.71.1");
    if program.is_file() {
        return Some(program.canonicalize().expect("its path"));
    }
    println!("skipped: `make conftest` builds conftest itself");
    None
}

/// Each of conftest's forms with our name for it.
const FORMS: [(&str, &str); 8] = [
    ("json", "conftest"),
    ("stdout", "conftest-stdout"),
    ("tap", "conftest-tap"),
    ("table", "conftest-table"),
    ("junit", "conftest-junit"),
    ("github", "conftest-github"),
    ("azuredevops", "conftest-azuredevops"),
    ("sarif", "conftest-sarif"),
];

/// What conftest prints, without what depends on how it was built.
fn settled(form: &str, text: &str) -> String {
    match form {
        "sarif" => text.replace("\"version\":\"dev\"", "\"version\":\"0.71.1\""),
        "junit" => {
            let lines: Vec<_> = text
                .split_inclusive('\n')
                .filter(|line| !line.contains("propert"))
                .collect();
            lines.concat()
        }
        _ => text.to_owned(),
    }
}

/// The same in whatever order conftest asked about files and packages: that of Go's maps, another one each time.
fn unordered(form: &str, text: &str) -> Vec<String> {
    let numbers = |word: &str| word.parse::<u32>().is_ok();
    let mut lines: Vec<String> = match form {
        "sarif" => {
            // Rules are numbered in the order in which they come up.
            let (_, results) = text.split_once("\"results\":").unwrap_or(("", ""));
            let results = results.split("{\"ruleId\":");
            results
                .map(|result| {
                    let (rule, rest) = result.split_once(",\"ruleIndex\":").unwrap_or((result, ""));
                    let rest = rest.split_once(',').map_or("", |(_, rest)| rest);
                    format!("{rule} {}", rest.trim_end_matches(['}', ']', ',']))
                })
                .collect()
        }
        "tap" => text
            .lines()
            .map(|line| {
                let words = line.split(' ').filter(|word| !numbers(word));
                words.collect::<Vec<_>>().join(" ")
            })
            .collect(),
        "json" => text
            .lines()
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect(),
        _ => text.lines().map(str::to_owned).collect(),
    };
    lines.sort_unstable();
    lines
}

/// Both print the same in every form, and end the same; the order counts where there is one file and one package.
fn both_agree(peer: &Path, folder: &Path, arguments: &[&str], is_ordered: bool) {
    for (form, ours) in FORMS {
        let mut theirs = vec!["test", "-o", form, "--no-color"];
        theirs.extend(arguments.iter().map(|word| match *word {
            "--rego-namespace" => "--namespace",
            "--all-rego-namespaces" => "--all-namespaces",
            word => word,
        }));
        let expected = Command::new(peer)
            .args(&theirs)
            .env("TABWIDTH", "8")
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .expect("conftest runs");
        let mut own = vec!["scan", "-o", ours];
        own.extend(arguments);
        let said = ringwall(folder, &own);
        let text = |output: &Output| settled(form, &String::from_utf8_lossy(&output.stdout));
        let place = format!("{form} of {arguments:?} in {}", folder.display());
        let (said_text, expected_text) = (text(&said), text(&expected));
        if is_ordered {
            assert_eq!(said_text, expected_text, "{place}");
        } else {
            let lines = [&said_text, &expected_text].map(|text| unordered(form, text));
            assert_eq!(lines[0], lines[1], "{place}");
        }
        assert_eq!(said.status.code(), expected.status.code(), "{place}");
    }
}

#[test]
fn every_form_is_what_conftest_prints_of_its_examples() {
    let (Some(examples), Some(peer)) = (shared("conftest"), peer()) else {
        return;
    };
    for run in [
        "combine --policy policy --combine team.yaml user1.yaml user2.yaml users.yaml",
        "configfile deployment.yaml",
        "cyclonedx --policy policy cyclonedx.json",
        "cyclonedx --policy policy --parser cyclonedx cyclonedx.xml",
        "data --policy policy --data exclusions service.yaml",
        "docker --policy policy --all-rego-namespaces Dockerfile",
        "docker --policy policy --rego-namespace commands Dockerfile",
        "dotenv --policy policy sample.env",
        "exceptions --policy policy deployments.yaml",
        "hcl1 --policy policy --all-rego-namespaces gke-show.json",
        "hcl2 --policy policy terraform.tf",
        "kubernetes --policy policy --all-rego-namespaces deployment.yaml service.yaml deployment+service.yaml",
        "kubernetes --policy policy --fail-on-warn service.yaml",
        "kustomize --policy policy .",
        "properties --policy policy sample.properties",
        "spdx --policy policy .",
    ] {
        let words: Vec<_> = run.split(' ').collect();
        let files = words.iter().filter(|word| word.contains('.')).count();
        let is_ordered = (files == 1 && !words.contains(&".") || words.contains(&"--combine"))
            && !words.contains(&"--all-rego-namespaces");
        both_agree(&peer, &examples.join(words[0]), &words[1..], is_ordered);
    }
}

/// Texts that forms must keep apart from their own signs.
const ODD: &str = r#"package main
import rego.v1

deny contains {"msg": "two\nlines <b> \"q\" 'x' \t tab & ü 日本 end", "a": {"b": [1, "<"]}}
deny contains {"msg": "  blanks around  ", "_loc": {"file": "x y/#ü,*?.yaml", "line": 12}}
deny contains {"msg": "no line", "_loc": {"file": "other.yaml"}}
warn contains "all :: done, a=b"
warn_more contains ""
exception contains ["none"] if input.a == 2
deny_none contains "silenced" if input.a
"#;

#[test]
fn odd_texts_are_written_as_conftest_writes_them() {
    let Some(peer) = peer() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("the file");
    };
    std::fs::create_dir(folder.path().join("policy")).expect("a folder");
    write("policy/odd.rego", ODD);
    write(
        "policy/other.rego",
        "package other.name\nimport rego.v1\ndeny contains \"never\" if input.b\n",
    );
    write("a, & é.yaml", "a: 1\n");
    write("b.yaml", "a: 2\n---\nb: 3\n");
    for (arguments, is_ordered) in [
        (
            &["--all-rego-namespaces", "a, & é.yaml", "b.yaml"][..],
            false,
        ),
        (&["a, & é.yaml"], true),
        (&["b.yaml"], true),
        (&["--rego-namespace", "other.name", "b.yaml"], true),
        (&["--rego-namespace", "nobody", "b.yaml"], true),
    ] {
        both_agree(&peer, folder.path(), arguments, is_ordered);
    }
}

#[test]
fn tests_of_policies_hold_only_where_they_are_true() {
    let text = "package main
import rego.v1
test_same if 1 == 1
test_same if 1 == 2
test_word := \"abc\"
test_set contains x if { x := 1; x == 2 }
test_cases[note] if { some note in [\"a\", \"b\"]; note == \"a\" }
inner.test_deep if 1 == 1
inner.test_false if 1 == 2
todo_test_later if 1 == 2
";
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("main_test.rego"), text).expect("the file");
    let output = ringwall(folder.path(), &["policy", "test", "."]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let state = |name: &str| {
        let mut lines = text.lines();
        let line = lines.find(|line| line.contains(name));
        line.unwrap_or_else(|| unreachable!("no {name} in {text}"))
            .to_owned()
    };
    for failed in ["test_same#01", "test_word", "test_set", "inner.test_false"] {
        assert!(state(failed).to_lowercase().contains("fail"), "{text}");
    }
    assert!(
        text.contains("a test that has its cases in its head"),
        "{text}"
    );
    assert!(text.contains("2 passed"), "{text}");
}

#[test]
fn conftest_is_followed_in_what_it_reads_and_whom_it_asks() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        std::fs::write(path, text).expect("the file");
    };
    let policy = |package: &str| format!("package {package}\ndeny[\"no\"] {{ input.a }}\n");
    write("policy/one.rego", &policy("team.one"));
    write("policy/two.rego", &policy("team.two"));
    write("policy/other.rego", &policy("other"));
    write("in/a.yaml", "a: true\n");
    write("in/a.unknown", "a: true\n");
    write("empty/note.unknown", "");
    write(".git/HEAD", "ref: refs/heads/main\n");
    write(".gitignore", "ignored/\n");
    write("ignored/b.yaml", "a: true\n");
    let run = |arguments: &[&str]| {
        let output = ringwall(
            folder.path(),
            &[&["scan", "-o", "conftest"], arguments].concat(),
        );
        let results: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let asked = results.as_array().into_iter().flatten();
        let asked = asked.filter_map(|it| it["namespace"].as_str().map(str::to_owned));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), asked.collect::<Vec<_>>(), error)
    };
    let (code, asked, _) = run(&["in/a.yaml", "--rego-namespace", "team.*"]);
    assert_eq!(
        (code, asked),
        (Some(1), vec!["team.one".to_owned(), "team.two".to_owned()])
    );
    let (code, asked, _) = run(&["in/a.yaml", "--rego-namespace", "*e?"]);
    assert_eq!((code, asked), (Some(1), vec!["other".to_owned()]));
    let (code, _, error) = run(&["in/a.yaml", "--rego-namespace", "nobody*"]);
    assert!(
        code == Some(1) && error.contains("no package is named like"),
        "{error}"
    );
    let (code, _, error) = run(&["in/a.unknown", "--rego-namespace", "other"]);
    assert!(
        code == Some(1) && error.contains("no parser is known"),
        "{error}"
    );
    let (code, _, error) = run(&["empty", "--rego-namespace", "other"]);
    assert!(
        code == Some(1) && error.contains("no files found"),
        "{error}"
    );
    let (code, asked, _) = run(&["ignored", "--rego-namespace", "other"]);
    assert_eq!((code, asked.len()), (Some(1), 1));
    // Its configuration counts as well.
    write(
        "conftest.toml",
        "namespace = \"other\"\nparser = \"yaml\"\n",
    );
    let (code, asked, _) = run(&["in/a.unknown"]);
    assert_eq!((code, asked.len()), (Some(1), 1));
    write("conftest.toml", "parser = \"cobol\"\n");
    let (code, _, error) = run(&["in/a.yaml"]);
    assert!(
        code == Some(1) && error.contains("cobol is none of"),
        "{error}"
    );
}

#[test]
fn what_would_choose_among_findings_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    for flags in [
        &["--only", "privileged-container"][..],
        &["--skip", "privileged-container"],
        &["--framework", "nsa"],
        &["--pod-security", "baseline"],
        &["--changed", "HEAD"],
        &["--baseline", "known.json"],
        &["--fail-on", "low"],
        &["--fix"],
    ] {
        let output = ringwall(
            folder.path(),
            &[&["scan", "-o", "conftest"], flags, &["."]].concat(),
        );
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            said.contains(&format!("{} has no meaning with", flags[0])),
            "{flags:?}: {said}"
        );
    }
}
