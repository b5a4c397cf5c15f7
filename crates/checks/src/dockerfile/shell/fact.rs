//! What the parser noted about scripts, and edits at these places.

use ringwall_input::dockerfile::{Command, Dialect, FactKind, ShellFact};
use ringwall_model::{Edit, Span};

use crate::{
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

/// Commands besides shells that are given a script as a word.
const TAKE_SCRIPTS: &[&str] = &[
    "eval",
    "flock",
    "nix-shell",
    "parallel",
    "runuser",
    "scl",
    "script",
    "su",
    "trap",
    "watch",
];

/// Everything noted in the RUNs of a file.
pub(super) fn facts<'a>(
    build: &Build<'a>,
) -> impl Iterator<Item = (Step<'a>, &'a ShellFact)> + use<'a> {
    steps(build).flat_map(|step| {
        let facts = step.run.script.facts().iter();
        facts.map(move |fact| (step, fact))
    })
}

/// The innermost command around a place.
pub(super) fn command_at<'a>(step: &Step<'a>, place: Span) -> Option<&'a Command> {
    step.commands()
        .iter()
        .filter(|command| command.span.contains(place))
        .min_by_key(|command| command.span.end - command.span.start)
}

/// Whether quotes at a place mean what they say: not in a string for another shell, nor in backticks.
fn is_plain(step: &Step<'_>, place: Span) -> bool {
    let in_string = command_at(step, place).is_some_and(|command| {
        let mut wrappers = command.wrappers.iter();
        wrappers.any(|name| {
            Dialect::of_program(name).is_some() || TAKE_SCRIPTS.contains(&name.as_str())
        })
    });
    let mut facts = step.run.script.facts().iter();
    let in_backticks = facts.any(|fact| {
        fact.kind == FactKind::Backticks && fact.span != place && fact.span.contains(place)
    });
    step.run.form.is_shell() && !in_string && !in_backticks
}

/// Puts double quotes around places.
pub(super) fn quote(step: &Step<'_>, places: &[Span]) -> Option<Vec<Edit>> {
    places
        .iter()
        .map(|&place| {
            let text = step.source.slice(place);
            is_plain(step, place).then(|| edit(step.source, place, format!("\"{text}\"")))
        })
        .collect()
}

/// Puts `text` before a place.
pub(super) fn insert_before(step: &Step<'_>, place: Span, text: &str) -> Option<Vec<Edit>> {
    let at = Span::at(place.range().start);
    is_plain(step, place).then(|| vec![edit(step.source, at, text)])
}

/// Puts `text` behind a place.
pub(super) fn insert_behind(step: &Step<'_>, place: Span, text: &str) -> Option<Vec<Edit>> {
    let at = Span::at(place.range().end);
    is_plain(step, place).then(|| vec![edit(step.source, at, text)])
}

/// Puts `text` in the place of another.
pub(super) fn replace(step: &Step<'_>, place: Span, text: String) -> Option<Vec<Edit>> {
    is_plain(step, place).then(|| vec![edit(step.source, place, text)])
}
