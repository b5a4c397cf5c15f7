//! The YAML under `# METADATA`, as JSON.
//!
//! All of YAML but anchors with aliases, which nobody writes in a comment.

use granit_parser::{Event, Options, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// How deep metadata may be nested.
const MAX_DEPTH: usize = 64;

/// What is wrong, and on which line of the block (from 0).
pub(super) struct Problem {
    pub(super) line: usize,
    pub(super) message: String,
}

enum Open {
    Sequence(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

/// Reads one document.
pub(super) fn read(text: &str) -> Result<Value, Problem> {
    let mut options = Options::default();
    options.block_nesting_limit = MAX_DEPTH;
    options.flow_nesting_limit = MAX_DEPTH;
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Problem {
            line: error.marker().line().saturating_sub(1),
            message: error.info(),
        })?;
        let line = span.start.line().saturating_sub(1);
        let value = match event {
            Event::Scalar(text, style, _, tag) => {
                let is_text = style != ScalarStyle::Plain
                    || tag.is_some_and(|tag| tag.core_suffix() == Some("str"));
                if is_text {
                    Value::String(text.into_owned())
                } else {
                    plain(&text)
                }
            }
            Event::SequenceStart(..) => {
                open.push(Open::Sequence(Vec::new()));
                continue;
            }
            Event::MappingStart(..) => {
                open.push(Open::Mapping(Map::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::Sequence(items)) => Value::Array(items),
                Some(Open::Mapping(members, _)) => Value::Object(members),
                None => continue,
            },
            Event::Alias(_) => {
                return Err(Problem {
                    line,
                    message: "aliases are not supported here, repeat the value".to_owned(),
                });
            }
            Event::DocumentStart(..) if root.is_some() => {
                return Err(Problem {
                    line,
                    message: "a second document".to_owned(),
                });
            }
            _ => continue,
        };
        place(value, &mut open, &mut root).map_err(|message| Problem { line, message })?;
    }
    Ok(root.unwrap_or(Value::Null))
}

fn place(value: Value, open: &mut [Open], root: &mut Option<Value>) -> Result<(), String> {
    match open.last_mut() {
        None => *root = Some(value),
        Some(Open::Sequence(items)) => items.push(value),
        Some(Open::Mapping(members, key)) => match key.take() {
            Some(name) => {
                if members.insert(name.clone(), value).is_some() {
                    return Err(format!("the key `{name}` stands twice"));
                }
            }
            None => match value {
                Value::String(name) => *key = Some(name),
                Value::Number(_) | Value::Bool(_) | Value::Null => *key = Some(value.to_string()),
                _ => return Err("a key must be a string".to_owned()),
            },
        },
    }
    Ok(())
}

/// A scalar without quotes, by the core schema.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.trim_start_matches(['+', '-']);
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .find_map(|(prefix, radix)| Some((digits.strip_prefix(prefix)?, *radix)));
    if let Some((digits, radix)) = radix {
        if let Ok(number) = i64::from_str_radix(digits, radix) {
            let is_negative = text.starts_with('-');
            return Value::from(if is_negative { -number } else { number });
        }
    } else if digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        if let Ok(number) = text.parse::<i64>() {
            return Value::from(number);
        }
        if let Ok(number) = text.parse::<f64>()
            && let Some(number) = serde_json::Number::from_f64(number)
        {
            return Value::Number(number);
        }
    }
    Value::String(text.to_owned())
}
