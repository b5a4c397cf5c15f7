//! Matching text against patterns.

use super::{Cost, Function, Pattern};
use crate::{error::EvalError, evaluate::Outcome, value::Value};

/// What the language itself has.
pub(super) const STANDARD: &[Function] = &[Function {
    name: "matches",
    overloads: &["string.(string) -> bool", "(string, string) -> bool"],
    call: matches,
    cost: Cost::Pattern,
}];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "find",
        overloads: &["string.(string) -> string"],
        call: find,
        cost: Cost::Pattern,
    },
    Function {
        name: "findAll",
        overloads: &[
            "string.(string) -> list<string>",
            "string.(string, int) -> list<string>",
        ],
        call: find_all,
        cost: Cost::Pattern,
    },
];

fn matches<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::String(pattern)] => {
            Pattern::with(pattern, |pattern| Value::Bool(pattern.is_match(text)))
        }
        _ => Err(EvalError::overload()),
    }
}

fn find<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::String(pattern)] => {
            Pattern::with(pattern, |pattern| pattern.find(text))
        }
        _ => Err(EvalError::overload()),
    }
}

fn find_all<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, pattern, limit) = match arguments {
        [Value::String(text), Value::String(pattern)] => (text, pattern, -1),
        [
            Value::String(text),
            Value::String(pattern),
            Value::Int(limit),
        ] => (text, pattern, *limit),
        _ => return Err(EvalError::overload()),
    };
    Pattern::with(pattern, |pattern| pattern.find_all(text, limit))
}
