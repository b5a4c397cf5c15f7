//! The arguments of an instruction: each instruction has its own way of splitting them.

use serde_json::Value;

use super::{instruction::is_blank, words::words};

/// What follows the name and the flags of an instruction.
pub(super) struct Arguments {
    pub(super) values: Vec<String>,
    pub(super) is_json: bool,
}

impl Arguments {
    fn list(values: Vec<String>) -> Self {
        Self {
            values,
            is_json: false,
        }
    }

    /// The text as one argument; nothing if there is none.
    fn one(text: &str) -> Self {
        Self::list(if text.is_empty() {
            Vec::new()
        } else {
            vec![text.to_owned()]
        })
    }
}

pub(super) fn split(name: &str, rest: &str, escape: char) -> Result<Arguments, String> {
    match name {
        "add" | "copy" | "volume" => json_or(rest, |rest| Arguments::list(by_blanks(rest))),
        "cmd" | "entrypoint" | "run" | "shell" => json_or(rest, Arguments::one),
        "arg" => Ok(Arguments::list(words(rest, escape))),
        "env" | "label" => pairs(name, rest, escape).map(Arguments::list),
        "expose" | "from" => Ok(Arguments::list(by_blanks(rest))),
        "healthcheck" => health_check(rest),
        "maintainer" | "stopsignal" | "user" | "workdir" | "onbuild" => Ok(Arguments::one(rest)),
        // Unknown instructions are refused elsewhere, but for the trigger of ONBUILD: BuildKit shows it with
        // one empty argument.
        _ => Ok(Arguments::list(vec![String::new()])),
    }
}

/// An array of strings in JSON, or what `otherwise` makes of the text.
fn json_or(rest: &str, otherwise: impl Fn(&str) -> Arguments) -> Result<Arguments, String> {
    if rest.starts_with('[')
        && let Ok(Value::Array(values)) = serde_json::from_str(rest)
    {
        let values = values
            .into_iter()
            .map(|value| match value {
                Value::String(text) => Ok(text),
                _ => Err("an array of arguments holds strings only".to_owned()),
            })
            .collect::<Result<_, _>>()?;
        return Ok(Arguments {
            values,
            is_json: true,
        });
    }
    Ok(otherwise(rest))
}

fn by_blanks(rest: &str) -> Vec<String> {
    rest.split(is_blank)
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `NAME=value ...` or the old `NAME value`: name, value and delimiter, for each.
fn pairs(name: &str, rest: &str, escape: char) -> Result<Vec<String>, String> {
    let words = words(rest, escape);
    let Some(first) = words.first() else {
        return Ok(Vec::new());
    };
    if !first.contains('=') {
        let Some((key, value)) = rest.split_once(is_blank) else {
            return Err(format!("{} needs a name and a value", name.to_uppercase()));
        };
        let value = value.trim_start_matches(is_blank);
        return Ok(vec![key.to_owned(), value.to_owned(), String::new()]);
    }
    let mut values = Vec::new();
    for word in &words {
        let Some((key, value)) = word.split_once('=') else {
            return Err(format!("no = in {word}; the form is NAME=value"));
        };
        values.extend([key.to_owned(), value.to_owned(), "=".to_owned()]);
    }
    Ok(values)
}

/// `NONE`, or `CMD` with what follows it.
fn health_check(rest: &str) -> Result<Arguments, String> {
    let end = rest.find(|c: char| c.is_whitespace()).unwrap_or(rest.len());
    let (kind, command) = rest.split_at(end);
    if kind.is_empty() {
        return Ok(Arguments::list(Vec::new()));
    }
    let mut arguments = json_or(command.trim_start(), Arguments::one)?;
    arguments.values.insert(0, kind.to_owned());
    Ok(arguments)
}
