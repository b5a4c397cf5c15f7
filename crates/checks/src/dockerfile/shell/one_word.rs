//! Values that hold neither blanks nor patterns, so that splitting does them no harm.

use ringwall_input::dockerfile::{Command, PartKind, ShellWord};
use ringwall_model::Span;

use crate::dockerfile::run_step::Step;

/// How many variables may get their value from each other.
const MAX_DEPTH: usize = 4;

/// Whether a variable can only hold one word, or nothing.
pub(super) fn is_one_word(step: &Step<'_>, name: &str) -> bool {
    is_variable_one_word(step, name, MAX_DEPTH)
}

fn is_variable_one_word(step: &Step<'_>, name: &str, depth: usize) -> bool {
    let Some(script) = step.script() else {
        return false;
    };
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    if !script.assigns(name) {
        let value = step.value_of(name);
        return value.is_some_and(|value| !value.is_empty() && is_plain(value));
    }
    let mut given = 0;
    for assignment in script.assignments(name) {
        given += 1;
        let is_plain = |value: &ShellWord| is_word_one_word(step, value, depth);
        if !assignment.value.as_ref().is_some_and(is_plain) {
            return false;
        }
    }
    // Loops and `read` write too.
    given == script.writes(name).count()
}

fn is_word_one_word(step: &Step<'_>, word: &ShellWord, depth: usize) -> bool {
    word.parts.iter().all(|part| match &part.kind {
        PartKind::Literal(text) => is_plain(text),
        PartKind::Variable { name, modifier } => {
            // Cutting something off leaves one word; replacing it may not.
            let only_cuts = modifier.is_empty() || modifier.starts_with(['#', '%']);
            only_cuts && is_variable_one_word(step, name, depth)
        }
        PartKind::Substitution => writes_one_word(step, part.span),
        PartKind::Arithmetic => true,
        PartKind::ProcessSubstitution => false,
    })
}

fn is_plain(text: &str) -> bool {
    !text.contains(|byte: char| byte.is_ascii_whitespace() || "*?[".contains(byte))
}

/// Whether the commands in a substitution write one word without blanks, or nothing.
pub(super) fn writes_one_word(step: &Step<'_>, place: Span) -> bool {
    // Commands stand in the order of the text.
    let commands = step.commands();
    let from = commands.partition_point(|command| command.span.start < place.start);
    let inside: Vec<&Command> = commands
        .iter()
        .skip(from)
        .take_while(|command| command.span.start < place.end)
        .filter(|command| place.contains(command.span))
        .collect();
    let is_argument = |command: &Command| {
        inside
            .iter()
            .any(|other| other.span != command.span && other.span.contains(command.span))
    };
    let mut writing = inside
        .iter()
        .filter(|command| !is_argument(command) && !is_silent(command));
    match (writing.next(), writing.next()) {
        (Some(only), None) => is_command_one_word(only),
        _ => false,
    }
}

fn is_silent(command: &Command) -> bool {
    command.is_any(&["test", "[", "[[", "true", "false", ":"])
        || command.is("grep") && command.has_flag(&["-q", "--quiet", "--silent"])
}

fn is_command_one_word(command: &Command) -> bool {
    let values = || command.args.iter().map(ShellWord::value);
    let only = |expected: &[&str]| {
        let mut values = values();
        values.next().is_some_and(|value| expected.contains(&value)) && values.next().is_none()
    };
    match command.program() {
        "nproc" | "arch" | "whoami" | "getconf" => true,
        "echo" => {
            let [word] = command.args.as_slice() else {
                return false;
            };
            word.literal.as_deref().is_some_and(is_plain)
        }
        "uname" => command.args.is_empty() || only(&["-m", "-s", "-r", "-p", "-i"]),
        "id" => command.has_flag(&["-u", "-g"]),
        "dpkg" => only(&["--print-architecture"]),
        "dpkg-architecture" => command.has_flag(&["-q", "--query"]),
        "apk" => only(&["--print-arch"]),
        "lsb_release" => command.has_flag(&["-s"]) && command.has_flag(&["-c", "-r", "-i"]),
        "rpm" => command.has_flag(&["-E", "--eval"]),
        "date" => {
            let mut formats = values().filter(|value| value.starts_with('+'));
            formats
                .next()
                .is_some_and(|format| is_plain(format) && !format.contains("%c"))
        }
        _ => false,
    }
}
