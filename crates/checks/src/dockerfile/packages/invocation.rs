//! A command line of a package manager, and what several checks ask about it.

use ringwall_input::dockerfile::{Command, ShellWord};

use crate::{
    Findings,
    check::Meta,
    dockerfile::run_step::{Step, operands},
};

/// What a package manager is told to do, and to what.
#[derive(Debug)]
pub(super) struct Invocation<'a> {
    /// The program as people call it; `pip` also for `python -m pip`.
    pub(super) tool: &'a str,
    /// The whole command.
    pub(super) command: &'a Command,
    /// `install`, `add`, `update`.
    pub(super) action: &'a ShellWord,
    /// What follows the action, flags left out.
    pub(super) operands: Vec<&'a ShellWord>,
}

impl<'a> Invocation<'a> {
    /// The invocation in a command of one of `programs`; the flags in `with_value` take the next word.
    pub(super) fn read(
        command: &'a Command,
        programs: &[&str],
        with_value: &[&str],
    ) -> Option<Self> {
        if !command.is_any(programs) {
            return None;
        }
        Self::of_words(command, &command.args, with_value)
    }

    /// The invocation in some words of a command.
    pub(super) fn of_words(
        command: &'a Command,
        words: &'a [ShellWord],
        with_value: &[&str],
    ) -> Option<Self> {
        let mut operands = operands(words, with_value).into_iter();
        Some(Self {
            tool: command.program(),
            command,
            action: operands.next()?,
            operands: operands.collect(),
        })
    }

    /// Whether the action is one of `actions`.
    pub(super) fn is(&self, actions: &[&str]) -> bool {
        actions.contains(&self.action.value())
    }

    /// The program and the action: `apt-get install`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.tool, self.action.value())
    }

    /// Whether any argument holds a text, in any case.
    pub(super) fn mentions(&self, lower_case: &str) -> bool {
        let mut args = self.command.args.iter();
        args.any(|arg| arg.value().to_ascii_lowercase().contains(lower_case))
    }
}

/// Reports the packages whose version is left open; one finding for each command.
///
/// Words whose value is not known are left out: a variable may hold anything.
pub(super) fn report_unpinned(
    meta: &'static Meta,
    step: &Step<'_>,
    invocation: &Invocation<'_>,
    is_open: impl Fn(&str) -> bool,
    findings: &mut Findings<'_>,
) {
    let mut first = None;
    let mut names = Vec::new();
    for &word in &invocation.operands {
        for value in step.values(word).unwrap_or_default() {
            if is_open(&value) {
                first = first.or(Some(word));
                names.push(value);
            }
        }
    }
    if let Some(word) = first {
        findings
            .add(meta)
            .span(step.source, word.span)
            .note(format!(
                "{} leaves the version of {} open",
                invocation.title(),
                listed(&names)
            ));
    }
}

/// Whether an argument is a file of a kind: `tool.deb`.
pub(super) fn has_extension(argument: &str, extension: &str) -> bool {
    argument
        .rsplit_once('.')
        .is_some_and(|(_, end)| end.eq_ignore_ascii_case(extension))
}

/// `a`, `a and b`, `a, b and c`, `a, b and 7 more`.
pub(super) fn listed<S: AsRef<str>>(names: &[S]) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first, second] => format!("{first} and {second}"),
        [first, second, third] => format!("{first}, {second} and {third}"),
        [first, second, rest @ ..] => format!("{first}, {second} and {} more", rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(&["a"]), "a");
        assert_eq!(listed(&["a", "b"]), "a and b");
        assert_eq!(listed(&["a", "b", "c"]), "a, b and c");
        assert_eq!(listed(&["a", "b", "c", "d"]), "a, b and 2 more");
    }
}
