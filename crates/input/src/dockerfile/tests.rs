//! What a Dockerfile means, feature by feature, and whole files.

mod corpus;
mod hostile;
mod instructions;
mod lines;
mod stages;
mod words;

use super::*;

/// Parses a file that must be valid.
#[track_caller]
fn valid(text: &str) -> Dockerfile {
    let (file, diagnostics) = parse(text);
    assert_eq!(diagnostics, [], "{text}");
    file
}

/// Parses a file whose last instruction is the one that matters.
#[track_caller]
fn last(text: &str) -> Instruction {
    valid(text).instructions().last().cloned().unwrap()
}

/// Parses a file with exactly one diagnostic: the text it points at, and what it says.
#[track_caller]
fn broken(text: &str) -> (&str, String) {
    let (_, diagnostics) = parse(text);
    let [diagnostic] = diagnostics.as_slice() else {
        panic!("{text}: {diagnostics:?}");
    };
    (&text[diagnostic.span.range()], diagnostic.message.clone())
}

/// The text of a place.
fn at(text: &str, span: Span) -> &str {
    &text[span.range()]
}
