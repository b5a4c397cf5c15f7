//! Environment variables that a build sets for its commands and for the image.

use ringwall_input::dockerfile::{Command, Instruction, InstructionKind, Script, ShellScript};
use ringwall_model::{Edit, Source, Span};

use super::word_edit::edit;
use crate::judge::Build;

/// A place where a variable gets a value: ENV, the default of ARG, `X=1 command`, `export X=1`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting<'a> {
    pub(super) name: &'a str,
    /// Without quotes; as written where a variable in it is not known.
    pub(super) value: &'a str,
    /// Name and value.
    pub(super) span: Span,
    /// The instruction, where the setting is all it says.
    alone: Option<Span>,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Instruction,
    BeforeCommand,
    Export,
}

/// Every setting whose name `wanted` accepts, in the order of the file.
pub(super) fn settings<'a>(build: &Build<'a>, wanted: fn(&str) -> bool) -> Vec<Setting<'a>> {
    let mut found = Vec::new();
    for instruction in build.dockerfile.instructions() {
        of_instruction(instruction, wanted, &mut found);
        if let Some(script) = instruction.script().and_then(Script::posix) {
            for command in &script.commands {
                of_command(command, script, wanted, &mut found);
            }
        }
    }
    found
}

fn of_instruction<'a>(
    instruction: &'a Instruction,
    wanted: fn(&str) -> bool,
    found: &mut Vec<Setting<'a>>,
) {
    let (InstructionKind::Env(pairs) | InstructionKind::Arg(pairs)) = &instruction.innermost().kind
    else {
        return;
    };
    for pair in pairs {
        if let Some(value) = &pair.value
            && wanted(&pair.name.value)
        {
            found.push(Setting {
                name: &pair.name.value,
                value: &value.value,
                span: pair.span,
                alone: (pairs.len() == 1).then_some(instruction.span),
                place: Place::Instruction,
            });
        }
    }
}

fn of_command<'a>(
    command: &'a Command,
    script: &'a ShellScript,
    wanted: fn(&str) -> bool,
    found: &mut Vec<Setting<'a>>,
) {
    for assignment in &command.assignments {
        // A bare assignment reaches other programs only where the variable is exported.
        let is_seen = || {
            command.word.is_some()
                || script
                    .commands
                    .iter()
                    .any(|other| other.is("export") && other.has_arg(&assignment.name))
        };
        if let Some(value) = &assignment.value
            && wanted(&assignment.name)
            && is_seen()
        {
            found.push(Setting {
                name: &assignment.name,
                value: value.value(),
                span: assignment.span,
                alone: None,
                place: match command.word {
                    Some(_) => Place::BeforeCommand,
                    None => Place::Export,
                },
            });
        }
    }
    if command.is("export") {
        for arg in &command.args {
            if let Some((name, value)) = arg.value().split_once('=')
                && wanted(name)
            {
                found.push(Setting {
                    name,
                    value: value.trim_matches(['"', '\'']),
                    span: arg.span,
                    alone: None,
                    place: Place::Export,
                });
            }
        }
    }
}

impl Setting<'_> {
    /// Replaces the value; none where the place of the value is not plain to see.
    pub(super) fn with_value(&self, source: &Source, value: &str) -> Option<Vec<Edit>> {
        let text = source.slice(self.span);
        let at = text.find('=')? + 1;
        let is_plain = text.get(at..)?.trim_matches(['"', '\'']) == self.value;
        let span = Span::new(self.span.range().start + at, self.span.range().end);
        is_plain.then(|| vec![edit(source, span, value)])
    }

    /// Takes the setting out; none where something else would be left that says nothing.
    pub(super) fn without(&self, source: &Source) -> Option<Vec<Edit>> {
        let range = self.span.range();
        match (self.place, self.alone) {
            (Place::Export, _) => None,
            (Place::BeforeCommand, _) => {
                let behind = source.text.get(range.end..)?;
                let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
                (blanks > 0)
                    .then(|| vec![edit(source, Span::new(range.start, range.end + blanks), "")])
            }
            (Place::Instruction, Some(instruction)) => {
                let range = instruction.range();
                let behind = source.text.get(range.end..)?;
                let line_break = behind.find('\n').map_or(behind.len(), |at| at + 1);
                Some(vec![edit(
                    source,
                    Span::new(range.start, range.end + line_break),
                    "",
                )])
            }
            (Place::Instruction, None) => {
                let before = source.text.get(..range.start)?;
                let start = before.trim_end_matches([' ', '\t']).len();
                // At the start of a line the line would be left empty.
                let is_inside = !before.get(..start)?.ends_with('\n');
                is_inside.then(|| vec![edit(source, Span::new(start, range.end), "")])
            }
        }
    }
}
