//! Dockerfiles in conftest's shape: an array of commands, each with `Cmd`, `SubCmd`, `JSON`, `Flags`,
//! `Value` and `Stage`.
//!
//! How a line becomes the nodes in `Value` follows BuildKit's parser instruction by instruction. A
//! comment before an instruction is a command of its own, which is why `input[0]` is not always `FROM`.
//! The text of a heredoc stands behind the word that opens it; conftest drops it.

mod arguments;
mod heredoc;
mod instruction;
mod lines;
mod rules;
mod words;

use serde_json::{Value, json};

use crate::ParseError;
use instruction::Instruction;
use lines::Lines;

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let commands = commands(text)?.into_iter().map(|(_, command)| command);
    // One more array around it: an array at the top would be one input for each command.
    Ok(json!([commands.collect::<Vec<_>>()]))
}

/// The line of each command, in the order of the commands; none if the file cannot be parsed.
pub(crate) fn lines(text: &str) -> Vec<usize> {
    let commands = commands(text).unwrap_or_default();
    commands.into_iter().map(|(line, _)| line).collect()
}

/// Every command with its line.
fn commands(text: &str) -> Result<Vec<(usize, Value)>, ParseError> {
    let mut lines = Lines::new(text);
    let mut commands = Vec::new();
    let mut stages = 0_usize;
    while let Some(line) = lines.next_instruction()? {
        let error = |message: String| ParseError::new(line.number, 1, message);
        let mut instruction = Instruction::parse(&line.text, lines.escape()).map_err(error)?;
        let mut texts = Vec::new();
        for document in heredoc::opened(&instruction, &line.text) {
            let text = lines
                .heredoc(&document)
                .ok_or_else(|| error(format!("heredoc {} without an end", document.name)))?;
            texts.push(text);
        }
        rules::check(&instruction).map_err(error)?;
        heredoc::put(&mut instruction, &texts);
        if instruction.name == "from" {
            stages += 1;
        }
        let stage = stages.saturating_sub(1);
        for (number, comment) in line.comments {
            let command = json!({
                "Cmd": "comment",
                "SubCmd": "",
                "JSON": false,
                "Flags": null,
                "Value": [comment],
                "Stage": stage,
            });
            commands.push((number, command));
        }
        commands.push((line.number, command(instruction, stage)));
    }
    if commands.is_empty() {
        return Err(ParseError::new(1, 1, "file without an instruction"));
    }
    Ok(commands)
}

fn command(instruction: Instruction, stage: usize) -> Value {
    // A trigger of ONBUILD shows its own arguments beside the flags of ONBUILD.
    let (sub_command, shown) = match instruction.trigger {
        Some(trigger) => (trigger.word, (trigger.arguments, trigger.is_json)),
        None => (String::new(), (instruction.arguments, instruction.is_json)),
    };
    let (arguments, is_json) = shown;
    json!({
        "Cmd": instruction.name,
        "SubCmd": sub_command,
        "JSON": is_json,
        "Flags": instruction.flags,
        "Value": if arguments.is_empty() { Value::Null } else { json!(arguments) },
        "Stage": stage,
    })
}

#[cfg(test)]
mod tests;
