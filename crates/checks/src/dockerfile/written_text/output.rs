//! Which files a command writes what it says into.

use ringwall_input::dockerfile::{Command, PartKind, Redirect, ShellScript, ShellWord};

use super::sed;

/// The paths as written, `None` for one that is not known; none at all where the text ends in no file.
pub(in crate::dockerfile) fn outputs<'a>(
    script: &'a ShellScript,
    command: &'a Command,
) -> Vec<Option<&'a str>> {
    let own = own_outputs(command);
    if !own.is_empty() {
        return own;
    }
    if command.in_substitution || command.function.is_some() {
        return vec![None];
    }
    let places = command
        .around
        .iter()
        .rev()
        .map(|place| (place.id, place.index));
    let position = (command.pipeline.id, command.pipeline.index);
    for (id, index) in std::iter::once(position).chain(places) {
        let mut later = script
            .pipeline(id)
            .filter(|other| other.pipeline.index > index)
            .peekable();
        if later.peek().is_some() {
            let files: Vec<_> = later.flat_map(own_outputs).collect();
            return if files.is_empty() { vec![None] } else { files };
        }
    }
    // The redirects of what it stands in: a group, or the command that runs it.
    let groups = script
        .groups
        .iter()
        .map(|group| (group.span, &group.redirects));
    let runners = script
        .commands
        .iter()
        .map(|other| (other.span, &other.redirects));
    groups
        .chain(runners)
        .filter(|(span, _)| span.contains(command.span))
        .find_map(|(_, redirects)| redirected(redirects))
        .map(path)
        .into_iter()
        .collect()
}

/// What the command itself names.
fn own_outputs(command: &Command) -> Vec<Option<&str>> {
    let in_arguments = match command.program() {
        "tee" | "sponge" => command.operands(&[]),
        "crudini" => command.operands(&[]).into_iter().take(1).collect(),
        "dd" => {
            let mut args = command.args.iter();
            let file = args.find_map(|arg| arg.value().strip_prefix("of="));
            return file.map(Some).into_iter().collect();
        }
        "sed" if sed::edits_in_place(command) => {
            let (_, files) = sed::arguments(command);
            if files.is_empty() {
                // `xargs sed` is given them.
                return vec![None];
            }
            files
        }
        _ => Vec::new(),
    };
    let redirected = redirected(&command.redirects);
    in_arguments
        .into_iter()
        .chain(redirected)
        .map(path)
        .collect()
}

fn path(word: &ShellWord) -> Option<&str> {
    let is_written = |kind: &PartKind| matches!(kind, PartKind::Substitution);
    let mut parts = word.parts.iter();
    (!parts.any(|part| is_written(&part.kind))).then(|| word.value())
}

/// Where redirects send standard output.
fn redirected(redirects: &[Redirect]) -> Option<&ShellWord> {
    let mut outputs = redirects.iter().filter(|redirect| {
        matches!(redirect.operator.as_str(), ">" | ">>" | ">|" | "&>" | "&>>")
            && redirect.descriptor.unwrap_or(1) == 1
    });
    outputs.next().map(|redirect| &redirect.target)
}
