//! Scripts, read through the Dockerfile they stand in.

mod commands;
mod facts;
mod syntax;

use super::*;
use crate::dockerfile::parse;

/// The script of a RUN in a file with the default shell, and the whole text.
#[track_caller]
fn script(run: &str) -> (String, ShellScript) {
    script_after("", run)
}

/// The same in bash.
#[track_caller]
fn bash(run: &str) -> (String, ShellScript) {
    script_after("SHELL [\"/bin/bash\", \"-c\"]\n", run)
}

#[track_caller]
fn script_after(before: &str, run: &str) -> (String, ShellScript) {
    let text = format!("FROM a\n{before}RUN {run}\n");
    let (file, diagnostics) = parse(&text);
    assert_eq!(diagnostics, [], "{run}");
    let instruction = file.instructions().last().unwrap();
    let script = instruction.script().unwrap().posix().unwrap().clone();
    (text, script)
}

/// The text of a place.
fn at(text: &str, span: Span) -> &str {
    &text[span.range()]
}
