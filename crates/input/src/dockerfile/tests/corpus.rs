#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the corpus is read from beside the workspace, and a test that cannot says so"
)]

use std::path::{Path, PathBuf};

use super::*;

pub(super) fn files(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let mut found = Vec::new();
    if !root.is_dir() {
        println!("skipped: ../shared is not here");
        return found;
    }
    let mut folders: Vec<PathBuf> = vec![root.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found.sort();
    found
}

/// What holds for every file, however broken.
pub(super) fn check_places(text: &str, file: &Dockerfile, diagnostics: &[Diagnostic]) {
    for diagnostic in diagnostics {
        assert!(
            text.get(diagnostic.span.range()).is_some(),
            "{diagnostic:?}"
        );
        assert!(!diagnostic.message.is_empty());
    }
    let mut end = 0;
    for instruction in file.instructions() {
        assert!(instruction.span.start >= end, "{instruction:?}");
        end = instruction.span.end;
        assert!(instruction.span.contains(instruction.keyword.span));
        assert!(text.get(instruction.span.range()).is_some());
        let Some(script) = instruction.script() else {
            continue;
        };
        for command in script.commands() {
            let words = command.word.iter().chain(&command.args);
            for span in words.map(|word| word.span).chain([command.span]) {
                assert!(text.get(span.range()).is_some(), "{command:?}");
                assert!(instruction.span.contains(span), "{command:?}");
            }
            assert!(command.pipeline.index < command.pipeline.len, "{command:?}");
        }
        for fact in script.facts() {
            assert!(instruction.span.contains(fact.span), "{fact:?}");
            assert!(text.get(fact.span.range()).is_some(), "{fact:?}");
        }
    }
}

#[test]
fn every_file_of_the_corpus_is_valid() {
    let files = files("corpora/dockerfiles");
    assert!(files.is_empty() || files.len() == 79);
    for (path, text) in &files {
        let (file, diagnostics) = parse(text);
        assert_eq!(diagnostics, [], "{path}");
        assert!(file.final_stage().is_some(), "{path}");
        check_places(text, &file, &diagnostics);
    }
}

/// Words without expansions and escapes stand in the file as their value says.
#[test]
fn words_of_the_corpus_are_where_they_say() {
    for (path, text) in files("corpora/dockerfiles") {
        let (file, _) = parse(&text);
        for instruction in file.instructions() {
            for command in instruction.script().map_or(&[][..], Script::commands) {
                for word in command.word.iter().chain(&command.args) {
                    if let Some(literal) = &word.literal
                        && literal.bytes().all(|byte| byte.is_ascii_alphanumeric())
                        && !literal.is_empty()
                    {
                        let found = text[word.span.range()].trim_matches(['"', '\'']);
                        assert_eq!(found, literal, "{path}");
                    }
                }
            }
        }
    }
}

#[test]
fn windows_scripts_are_not_read_as_posix_shell() {
    for (path, text) in files("corpora/dockerfiles") {
        if !path.contains("windows") {
            continue;
        }
        let (file, _) = parse(&text);
        for instruction in file.instructions() {
            if let InstructionKind::Run(run) = &instruction.kind {
                assert!(matches!(run.script, Script::NotPosix { .. }), "{path}");
            }
        }
    }
}

#[test]
fn the_hardened_example_is_valid() {
    for (path, text) in files("examples/dockerfile") {
        if path.contains("3-as-printed") {
            continue;
        }
        let file = valid(&text);
        let user = file.effective_user(file.final_stage().unwrap());
        assert_eq!(user.is_some(), path.contains("2-hardened"));
        if let Some(user) = user {
            assert_eq!(at(&text, user.span()), "appuser");
        }
    }
}

#[test]
fn stray_words_of_the_printed_example_are_told_one_by_one() {
    for (path, text) in files("examples/dockerfile") {
        if !path.contains("3-as-printed") {
            continue;
        }
        let (file, diagnostics) = parse(&text);
        let found: Vec<(usize, &str)> = diagnostics
            .iter()
            .map(|diagnostic| {
                let before = &text[..diagnostic.span.range().start];
                (before.lines().count(), at(&text, diagnostic.span))
            })
            .collect();
        let expected = [(8, "(A)"), (9, "("), (10, "("), (11, "("), (13, "(B)")];
        assert_eq!(found, expected);
        let stages: Vec<usize> = file
            .stages
            .iter()
            .map(|stage| stage.instructions.len())
            .collect();
        assert_eq!(stages, [5, 7]);
        let copy =
            file.stages[1]
                .instructions
                .iter()
                .find_map(|instruction| match &instruction.kind {
                    InstructionKind::Copy(copy) => Some(copy),
                    _ => None,
                });
        assert!(copy.unwrap().from.as_ref().unwrap().is("0"));
    }
}

/// A second opinion on what is valid shell.
#[test]
fn another_parser_accepts_the_same_scripts() {
    for (path, text) in files("corpora/dockerfiles") {
        let (file, _) = parse(&text);
        for instruction in file.instructions() {
            let InstructionKind::Run(run) = &instruction.kind else {
                continue;
            };
            if run.script.posix().is_none() || !run.form.is_shell() {
                continue;
            }
            let script: String = text[run.span.range()]
                .lines()
                .filter(|line| !line.trim_start().starts_with('#') && !line.trim().is_empty())
                .map(|line| line.trim_end().strip_suffix('\\').unwrap_or(line))
                .collect();
            let options = brush_parser::ParserOptions::default();
            let parsed = brush_parser::Parser::new(script.as_bytes(), &options).parse_program();
            assert!(parsed.is_ok(), "{path}: {script}");
        }
    }
}
