//! What the parser noted about scripts, and edits at these places.

use ringwall_input::dockerfile::{Command, ShellFact};
use ringwall_model::{Edit, Span};

use crate::{
    dockerfile::{
        run_step::{Step, steps},
        word_edit::edit,
    },
    judge::Build,
};

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
    // Commands stand in the order of the text, inner ones behind those around them.
    let commands = step.commands();
    let end = commands.partition_point(|command| command.span.start <= place.start);
    let mut before = commands.get(..end)?.iter();
    before.rfind(|command| command.span.contains(place))
}

/// Whether text may be put where a fact is: what is written there means what it says.
fn is_plain(step: &Step<'_>, fact: &ShellFact) -> bool {
    step.run.form.is_shell() && fact.is_plain
}

/// Puts double quotes around places.
pub(super) fn quote(step: &Step<'_>, facts: &[&ShellFact]) -> Option<Vec<Edit>> {
    facts
        .iter()
        .map(|fact| {
            let text = step.source.slice(fact.span);
            is_plain(step, fact).then(|| edit(step.source, fact.span, format!("\"{text}\"")))
        })
        .collect()
}

/// Puts `text` before a place.
pub(super) fn insert_before(step: &Step<'_>, fact: &ShellFact, text: &str) -> Option<Vec<Edit>> {
    let at = Span::at(fact.span.range().start);
    is_plain(step, fact).then(|| vec![edit(step.source, at, text)])
}

/// Puts `text` behind a place.
pub(super) fn insert_behind(step: &Step<'_>, fact: &ShellFact, text: &str) -> Option<Vec<Edit>> {
    let at = Span::at(fact.span.range().end);
    is_plain(step, fact).then(|| vec![edit(step.source, at, text)])
}

/// Puts `text` in the place of what stands around a fact.
pub(super) fn replace(
    step: &Step<'_>,
    fact: &ShellFact,
    place: Span,
    text: String,
) -> Option<Vec<Edit>> {
    is_plain(step, fact).then(|| vec![edit(step.source, place, text)])
}
