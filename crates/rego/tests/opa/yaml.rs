//! YAML to values: what the test cases are written in.

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Options, Parser, ScalarStyle};
use ringwall_rego::{Number, Object, Value};

enum Open {
    Sequence(usize, Vec<Value>),
    Mapping(usize, Vec<(Value, Value)>, Option<Value>),
}

/// Reads one document.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser::new_from_str_with_options(text, Options::default());
    let mut open: Vec<Open> = Vec::new();
    let mut anchors = HashMap::new();
    let mut root = Value::Null;
    while let Some(event) = parser.next_event() {
        let (event, _) = event.map_err(|error| error.to_string())?;
        let (anchor, value) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let is_text = style != ScalarStyle::Plain || tag.is_some();
                (
                    anchor,
                    if is_text {
                        Value::from(&*text)
                    } else {
                        plain(&text)
                    },
                )
            }
            Event::SequenceStart(_, anchor, _) => {
                open.push(Open::Sequence(anchor, Vec::new()));
                continue;
            }
            Event::MappingStart(_, anchor, _) => {
                open.push(Open::Mapping(anchor, Vec::new(), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::Sequence(anchor, items)) => (anchor, Value::Array(items.into())),
                Some(Open::Mapping(anchor, members, _)) => (
                    anchor,
                    Value::Object(Arc::new(Object::from_entries(members))),
                ),
                None => continue,
            },
            Event::Alias(id) => (0, anchors.get(&id).cloned().unwrap_or(Value::Null)),
            _ => continue,
        };
        if anchor > 0 {
            anchors.insert(anchor, value.clone());
        }
        match open.last_mut() {
            None => root = value,
            Some(Open::Sequence(_, items)) => items.push(value),
            Some(Open::Mapping(_, members, key)) => match key.take() {
                Some(name) => members.push((name, value)),
                None => {
                    *key = Some(match value {
                        Value::String(_) => value,
                        other => Value::from(other.to_json().to_string().as_str()),
                    });
                }
            },
        }
    }
    Ok(root)
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => return Value::Null,
        "true" => return Value::Bool(true),
        "false" => return Value::Bool(false),
        _ => {}
    }
    let digits = text.trim_start_matches(['+', '-']);
    if digits.starts_with(|first: char| first.is_ascii_digit())
        && let Ok(number) = text.parse::<Number>()
    {
        return Value::Number(number);
    }
    Value::from(text)
}
