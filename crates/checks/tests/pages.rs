//! Every page is a test: each example gives what its fence says, and nothing else.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "support/example.rs"]
mod example;

use std::{collections::BTreeSet, fs, path::Path};

use ringwall_checks::{Check, Checks, Example, Expected, Hook, all, find, of_secrets};
use ringwall_model::Finding;

use example::without_markers;

fn judge_example(check: &'static dyn Check, example: &Example<'_>) -> Vec<Box<Finding>> {
    let text = without_markers(example);
    let verdicts = example::judge(
        &Checks::from_iter([check]),
        example.language,
        example.words,
        &text,
    );
    let id = check.meta().id;
    if !["unparsable-dockerfile", "unclosed-double-quote"].contains(&id) {
        assert!(
            verdicts.problems.is_empty(),
            "{id}: {:?} in an example:\n{text}",
            verdicts.problems
        );
    }
    verdicts.findings
}

#[test]
fn every_example_gives_what_its_fence_says() {
    let mut wrong = Vec::new();
    for check in all() {
        let meta = check.meta();
        for example in meta.page().examples() {
            let findings = judge_example(check, &example);
            let found: BTreeSet<u32> = findings.iter().map(|f| f.location.start.line).collect();
            let marked: BTreeSet<u32> = example.marked_lines().into_iter().collect();
            match example.expected {
                Expected::Fail if marked.is_empty() => {
                    wrong.push(format!("{}: a failing example marks no line", meta.id));
                }
                Expected::Pass if !marked.is_empty() => {
                    wrong.push(format!("{}: a passing example marks a line", meta.id));
                }
                _ if found != marked => wrong.push(format!(
                    "{}: marked {marked:?}, found {found:?} in\n{}",
                    meta.id,
                    example.source()
                )),
                _ => {}
            }
            for finding in &findings {
                if finding.message.is_empty() || finding.message.ends_with('.') {
                    wrong.push(format!("{}: bad message '{}'", meta.id, finding.message));
                }
                if finding.check != meta.id {
                    wrong.push(format!("{} speaks as {}", meta.id, finding.check));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_is_complete() {
    for check in all() {
        let meta = check.meta();
        let page = meta.page();
        for heading in [
            "## What it finds",
            "## Why it matters",
            "## Examples",
            "## Fix",
        ] {
            assert!(page.raw().contains(heading), "{}: no {heading}", meta.id);
        }
        assert!(!page.fix().is_empty(), "{}: nothing under ## Fix", meta.id);
        let examples = page.examples();
        for expected in [Expected::Fail, Expected::Pass] {
            assert!(
                examples.iter().any(|example| example.expected == expected),
                "{}: no {expected:?} example",
                meta.id
            );
        }
        assert!(!meta.title.ends_with('.'), "{}", meta.id);
    }
}

#[test]
fn checks_that_tell_secrets_are_listed() {
    let tells = |check: &'static dyn Check| {
        let page = check.meta().page();
        page.examples().iter().any(|example| {
            let checks = Checks::from_iter([check]);
            let text = without_markers(example);
            let verdicts = example::judge(&checks, example.language, example.words, &text);
            !verdicts.secrets.is_empty()
        })
    };
    let ids = |checks: &mut dyn Iterator<Item = &'static dyn Check>| {
        checks.map(|check| check.meta().id).collect::<BTreeSet<_>>()
    };
    let telling = ids(&mut all().filter(|&check| tells(check)));
    assert_eq!(telling, ids(&mut of_secrets()));
}

/// Critical and high checks have a twin: a passing example that differs only in the lines that matter.
#[test]
fn critical_and_high_checks_have_a_twin() {
    let mut without = Vec::new();
    for check in all() {
        let meta = check.meta();
        if meta.severity < ringwall_model::Severity::High {
            continue;
        }
        let examples = meta.page().examples();
        let of = |expected| {
            let wanted = examples
                .iter()
                .filter(move |example| example.expected == expected);
            wanted.map(without_markers).collect::<Vec<_>>()
        };
        let (failing, passing) = (of(Expected::Fail), of(Expected::Pass));
        let nearest = failing
            .iter()
            .flat_map(|fail| passing.iter().map(move |pass| changed_lines(fail, pass)))
            .min();
        if nearest.is_none_or(|lines| lines > 3) {
            without.push(meta.id);
        }
    }
    assert!(
        without.is_empty(),
        "no passing example within three lines of a failing one: {without:?}"
    );
}

/// Lines of the longer text that are not in a longest common subsequence with the other.
fn changed_lines(one: &str, other: &str) -> usize {
    let one: Vec<&str> = one.lines().collect();
    let other: Vec<&str> = other.lines().collect();
    let mut row = vec![0; other.len() + 1];
    for line in &one {
        let mut diagonal = 0;
        for (at, against) in other.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = if line == against {
                diagonal + 1
            } else {
                above.max(row[at])
            };
            diagonal = above;
        }
    }
    one.len().max(other.len()) - row[other.len()]
}

#[test]
fn ids_are_unique_and_are_the_words_of_file_and_struct() {
    let mut ids = BTreeSet::new();
    for check in all() {
        assert!(
            ids.insert(check.meta().id),
            "{} is there twice",
            check.meta().id
        );
    }
    let mut files = BTreeSet::new();
    collect_files(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut files,
    );
    for id in &ids {
        let file = id.replace('-', "_");
        let text = files
            .iter()
            .find(|(name, _)| *name == file)
            .map(|(_, text)| text);
        let text = text.unwrap_or_else(|| panic!("{id} is not in a file {file}.rs"));
        let name: String = id
            .split('-')
            .map(|word| word[..1].to_uppercase() + &word[1..])
            .collect();
        assert!(
            text.contains(&format!("{name} {{\n        id: \"{id}\"")),
            "{id}: no struct {name}"
        );
        assert_eq!(
            hooks_in(text),
            find(id).expect("it is listed").meta().hooks,
            "{id}: a hook that is written is declared, and the other way round"
        );
    }
    for (name, text) in &files {
        let declares = text.contains("\ncheck! {");
        let listed = ids.contains(name.replace('_', "-").as_str());
        assert!(
            !declares || listed,
            "{name}.rs declares a check that no list names"
        );
    }
}

/// The hooks that a source overrides, in the order in which it does.
fn hooks_in(text: &str) -> Vec<Hook> {
    let implemented = text.split("impl Check for ").nth(1).unwrap_or("");
    let body = implemented.split("\n}").next().unwrap_or("");
    let names = body.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("    fn ")?.split_once(['(', '<'])?;
        Some(name.replace('_', ""))
    });
    names
        .map(|name| {
            let is_it = |hook: &Hook| format!("{hook:?}").to_lowercase() == name;
            Hook::ALL.into_iter().find(is_it).expect("a hook")
        })
        .collect()
}

fn collect_files(folder: &Path, files: &mut BTreeSet<(String, String)>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let stem = path
                .file_stem()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            files.insert((stem, fs::read_to_string(&path).expect("text")));
        }
    }
}
