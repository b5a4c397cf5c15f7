//! The same texts through conftest's own parsers and ours: equal values, or both refuse.
//!
//! `make conftest` builds conftest's parsers with Go. Without them the test says that it was skipped.
//! Texts are those in `inputs/`, one file for each parser, and mutants of them; where ours differs on
//! purpose, the text says so.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    clippy::panic,
    reason = "functions of a test, which fails by panicking and says why it skips"
)]

mod mutate;
mod reader;

use std::{
    fs,
    path::{Path, PathBuf},
};

use ringwall_config::{Format, inputs, parse};
use serde_json::Value;

use reader::{Answer, Reader};

/// How a text must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Same,
    /// conftest refuses what is read here.
    More,
    /// conftest reads something else, or what is refused here; the reason is in the file.
    Differs,
}

struct Case {
    format: Format,
    expected: Expected,
    text: String,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Texts between lines that start with `=====`; the word behind it says how they compare.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut files: Vec<PathBuf> = fs::read_dir(folder("tests/conftest/inputs"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let format = Format::from_name(name).unwrap();
        let content = fs::read_to_string(&path).unwrap();
        for piece in content.split("=====").skip(1) {
            let (heading, text) = piece.split_once('\n').unwrap();
            let expected = match heading.split(':').next().unwrap().trim() {
                "" => Expected::Same,
                "more" => Expected::More,
                "differs" => Expected::Differs,
                other => panic!("{other:?} in {name}"),
            };
            cases.push(Case {
                format,
                expected,
                text: text.to_owned(),
            });
        }
    }
    cases
}

/// Numbers as doubles, which is what JSON of conftest's values holds.
fn doubles(value: Value) -> Value {
    match value {
        Value::Number(number) => Value::from(number.as_f64().unwrap()),
        Value::Array(values) => values.into_iter().map(doubles).collect(),
        Value::Object(values) => values
            .into_iter()
            .map(|(key, value)| (key, doubles(value)))
            .collect(),
        value => value,
    }
}

/// What is wrong, if anything.
fn compare(case: &Case, answer: Answer) -> Result<(), String> {
    let ours = parse(case.format, case.text.as_bytes());
    let same = match (&ours, answer) {
        (Ok(ours), Answer::Value(theirs)) => {
            let (ours, theirs) = (doubles(ours.clone()), doubles(theirs));
            if ours == theirs {
                Ok(())
            } else {
                Err((false, format!("ours:   {ours}\ntheirs: {theirs}")))
            }
        }
        (Err(_), Answer::Refused(_)) => Ok(()),
        (Ok(ours), Answer::Refused(reason)) => {
            Err((true, format!("ours:   {ours}\ntheirs: {reason}")))
        }
        (Err(error), Answer::Value(theirs)) => {
            Err((false, format!("ours:   {error}\ntheirs: {theirs}")))
        }
    };
    match (same, case.expected) {
        (Ok(()), Expected::Same)
        | (Err((true, _)), Expected::More)
        | (Err((false, _)), Expected::Differs) => Ok(()),
        (Ok(()), expected) => Err(format!("expected {expected:?}, and both are the same")),
        (Err((_, difference)), _) => Err(difference),
    }
}

fn run(cases: &[Case]) {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    let answers = reader.ask(cases.iter().map(|case| (case.format, case.text.as_str())));
    assert_eq!(answers.len(), cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .zip(answers)
        .filter_map(|(case, answer)| {
            let difference = compare(case, answer).err()?;
            Some(format!("== {}\n{}\n{difference}\n", case.format, case.text))
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} texts:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn texts_are_read_as_conftest_reads_them() {
    run(&cases());
}

/// Files that the examples of conftest judge, and those of real projects.
#[test]
fn files_of_others_are_read_as_conftest_reads_them() {
    let root = folder("../../../shared");
    if !root.is_dir() {
        eprintln!("skipped: ../shared is not here");
        return;
    }
    let mut cases = Vec::new();
    let mut folders: Vec<PathBuf> = ["conftest", "corpora", "examples"]
        .iter()
        .map(|name| root.join(name))
        .collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            // Two of the examples are ignore files without their dot.
            let format = match name {
                "gitignore" | "dockerignore" => Some(Format::Ignore),
                _ if name.starts_with("cyclonedx.") => Some(Format::CycloneDx),
                "hocon.conf" => Some(Format::Hocon),
                name => Format::from_file_name(name),
            };
            let Some(format) = format.filter(|format| format.is_supported()) else {
                continue;
            };
            // Two documents of which conftest reads the first; the second is indented with tabs.
            let is_cut_short = path.ends_with("apparmor/as-printed.yaml");
            cases.push(Case {
                format,
                expected: if is_cut_short {
                    Expected::Differs
                } else {
                    Expected::Same
                },
                text: String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned(),
            });
        }
    }
    assert!(cases.len() > 20, "only {} files", cases.len());
    eprintln!("{} files", cases.len());
    run(&cases);
}

/// Whether ours is meant to differ from conftest in a mutant.
fn is_known_difference(case: &Case, answer: &Answer) -> bool {
    let Answer::Value(theirs) = answer else {
        return false;
    };
    match case.format {
        // Every document is read here, where conftest reads the first of some.
        Format::Yaml => {
            let ours = parse(case.format, case.text.as_bytes()).unwrap_or_default();
            let mut ours = inputs(doubles(ours)).into_iter();
            // YAML 1.1 takes `a:` before a comma or a bracket for a text, YAML 1.2 for a key; and a colon may
            // be part of an anchor's name since 1.2.
            let has_named_colon = |word: &str| word.starts_with('&') && word.contains(':');
            let theirs = doubles(theirs.clone());
            [":,", ":]", ":}", "::"]
                .iter()
                .any(|colon| case.text.contains(colon))
                || case.text.split_whitespace().any(has_named_colon)
                || ours.clone().any(|ours| ours == theirs)
                || inputs(theirs)
                    .into_iter()
                    .all(|document| ours.any(|ours| ours == document))
        }
        // conftest takes a mistake for the end of the file; this is one before the first element.
        Format::Xml => theirs.is_string(),
        _ => false,
    }
}

/// Texts with pieces cut out, doubled and swapped: what ours reads, conftest reads in the same way.
#[test]
fn mutants_are_read_as_conftest_reads_them() {
    let Some(mut reader) = Reader::start() else {
        return;
    };
    let seeds = cases();
    // conftest loses its way in comments with quotation marks, which mutants of JSONC are full of.
    let seeds = seeds
        .iter()
        .filter(|case| case.expected == Expected::Same && case.format != Format::Jsonc);
    let mutants: Vec<Case> = seeds
        .flat_map(|case| {
            mutate::mutants(&case.text).map(|text| Case {
                format: case.format,
                expected: Expected::Same,
                text,
            })
        })
        .collect();
    let answers = reader.ask(mutants.iter().map(|case| (case.format, case.text.as_str())));
    assert_eq!(answers.len(), mutants.len());
    let mut wrong = Vec::new();
    let mut counts = std::collections::BTreeMap::<(String, &str), usize>::new();
    for (case, answer) in mutants.iter().zip(answers) {
        let kind = match (&answer, parse(case.format, case.text.as_bytes())) {
            (Answer::Value(_), Ok(_)) => "read by both",
            (Answer::Value(_), Err(_)) => "read by conftest only",
            (Answer::Refused(_), Ok(_)) => "read here only",
            (Answer::Refused(_), Err(_)) => "refused by both",
        };
        *counts.entry((case.format.to_string(), kind)).or_default() += 1;
        // What only one of them reads is counted; a wrong value is what matters.
        if kind == "read by both"
            && !is_known_difference(case, &answer)
            && let Err(difference) = compare(case, answer)
        {
            wrong.push(format!("== {}\n{}\n{difference}\n", case.format, case.text));
        }
    }
    for ((format, kind), count) in &counts {
        eprintln!("{format:12} {count:6} {kind}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {} mutants:\n{}",
        wrong.len(),
        mutants.len(),
        wrong.iter().take(20).cloned().collect::<String>()
    );
}
