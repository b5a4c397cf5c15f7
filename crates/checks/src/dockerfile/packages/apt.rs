//! Command lines of `apt-get`, `apt` and `aptitude`.

use ringwall_input::dockerfile::{Command, ShellWord};

use super::invocation::Invocation;
use crate::dockerfile::{mentions::Mentions, run_step::Step};

/// The programs; `aptitude` takes the same words and most of the same flags.
const PROGRAMS: &[&str] = &["apt-get", "apt", "aptitude"];

/// Flags whose value is the next word. See: apt-get(8).
const WITH_VALUE: &[&str] = &[
    "-t",
    "--target-release",
    "--default-release",
    "-o",
    "--option",
    "-c",
    "--config-file",
    "-a",
    "--host-architecture",
    "-P",
    "--build-profiles",
];

/// Where the package lists are.
pub(super) const LISTS: &str = "/var/lib/apt/lists";

/// The invocation in a command, if it is one of apt.
pub(super) fn invocation(command: &Command) -> Option<Invocation<'_>> {
    Invocation::read(command, PROGRAMS, WITH_VALUE)
}

/// Whether a command is one of apt.
pub(super) fn is_apt(command: &Command) -> bool {
    command.is_any(PROGRAMS)
}

/// The packages that `apt-get install` gets; values of `-o` behind other short flags are none.
pub(super) fn is_package(word: &str) -> bool {
    // `pkg-` removes a package.
    !word.is_empty() && !word.contains("::") && !word.ends_with('-')
}

/// The option that answers all questions, in lower case.
pub(super) const ASSUMES_YES: &str = "apt::get::assume-yes";

/// Whether nothing is asked before packages are installed or removed.
///
/// `options` are the mentions of [`ASSUMES_YES`].
pub(super) fn assumes_yes(
    step: &Step<'_>,
    invocation: &Invocation<'_>,
    options: &Mentions,
) -> bool {
    let command = invocation.command;
    command.has_flag(&["-y", "--yes", "--assume-yes"])
        || quiet(command) >= 2
        || ["-q=2", "--quiet=2"]
            .iter()
            .any(|flag| command.has_arg(flag))
        || command.has_flag(&[
            "-s",
            "--simulate",
            "--dry-run",
            "--just-print",
            "--print-uris",
        ])
        || invocation.mentions("::assume-yes=")
        || step.is_answered(command)
        || options.are_before(step, command)
}

/// How quiet a command is told to be; apt-get asks nothing from 2 on. aptitude does ask.
fn quiet(command: &Command) -> usize {
    if command.is("aptitude") {
        return 0;
    }
    let long = command.args.iter().filter(|arg| arg.value() == "--quiet");
    command.count_flag('q') + long.count()
}

/// The word that gives an option a true value: `-o APT::Get::AllowUnauthenticated=true`.
pub(super) fn true_option<'a>(command: &'a Command, lower_case: &str) -> Option<&'a ShellWord> {
    option(command, lower_case, &["1", "true", "yes", "on", "with"])
}

/// The word that gives an option a false value: `-o Acquire::https::Verify-Peer=false`.
pub(super) fn false_option<'a>(command: &'a Command, lower_case: &str) -> Option<&'a ShellWord> {
    option(command, lower_case, &["0", "false", "no", "off", "without"])
}

fn option<'a>(command: &'a Command, lower_case: &str, values: &[&str]) -> Option<&'a ShellWord> {
    command.args.iter().find(|arg| {
        let text = arg.value().to_ascii_lowercase();
        let value = text
            .split_once(lower_case)
            .and_then(|(_, rest)| rest.strip_prefix('='));
        value.is_some_and(|value| values.contains(&value.trim_matches(['"', '\''])))
    })
}
