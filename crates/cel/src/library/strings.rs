//! Functions of text. Positions count characters.

use super::{Cost, Function, within_size};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Text, Value},
};

/// What the language itself has.
pub(super) const STANDARD: &[Function] = &[
    Function {
        name: "contains",
        overloads: &["string.(string) -> bool"],
        call: contains,
        cost: Cost::Contains,
    },
    Function {
        name: "startsWith",
        overloads: &["string.(string) -> bool"],
        call: starts_with,
        cost: Cost::Prefix,
    },
    Function {
        name: "endsWith",
        overloads: &["string.(string) -> bool"],
        call: ends_with,
        cost: Cost::Prefix,
    },
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "charAt",
        overloads: &["string.(int) -> string"],
        call: char_at,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "indexOf",
        overloads: &["string.(string) -> int", "string.(string, int) -> int"],
        call: index_of,
        cost: Cost::Tree,
    },
    Function {
        name: "lastIndexOf",
        overloads: &["string.(string) -> int", "string.(string, int) -> int"],
        call: last_index_of,
        cost: Cost::Tree,
    },
    Function {
        name: "join",
        overloads: &[
            "list<string>.() -> string",
            "list<string>.(string) -> string",
        ],
        call: join,
        cost: Cost::Joined,
    },
    Function {
        name: "lowerAscii",
        overloads: &["string.() -> string"],
        call: lower,
        cost: Cost::Scan,
    },
    Function {
        name: "upperAscii",
        overloads: &["string.() -> string"],
        call: upper,
        cost: Cost::Scan,
    },
    Function {
        name: "replace",
        overloads: &[
            "string.(string, string) -> string",
            "string.(string, string, int) -> string",
        ],
        call: replace,
        cost: Cost::ScanTwice,
    },
    Function {
        name: "split",
        overloads: &[
            "string.(string) -> list<string>",
            "string.(string, int) -> list<string>",
        ],
        call: split,
        cost: Cost::ScanTwice,
    },
    Function {
        name: "substring",
        overloads: &["string.(int) -> string", "string.(int, int) -> string"],
        call: substring,
        cost: Cost::Scan,
    },
    Function {
        name: "trim",
        overloads: &["string.() -> string"],
        call: trim,
        cost: Cost::Scan,
    },
];

pub(super) const REVERSE: &[Function] = &[Function {
    name: "reverse",
    overloads: &["string.() -> string"],
    call: reverse,
    cost: Cost::Fixed(1),
}];

fn contains<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::String(part)] => Ok(Value::Bool(text.contains(&**part))),
        _ => Err(EvalError::overload()),
    }
}

fn starts_with<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::String(part)] => Ok(Value::Bool(text.starts_with(&**part))),
        _ => Err(EvalError::overload()),
    }
}

fn ends_with<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::String(part)] => Ok(Value::Bool(text.ends_with(&**part))),
        _ => Err(EvalError::overload()),
    }
}

/// The byte where a character begins; the end of the text for the place after the last one.
fn byte_of(text: &str, place: usize) -> Option<usize> {
    if text.is_ascii() {
        return (place <= text.len()).then_some(place);
    }
    text.char_indices()
        .map(|(byte, _)| byte)
        .chain([text.len()])
        .nth(place)
}

/// How many characters stand before a byte.
fn place_of(text: &str, byte: usize) -> i64 {
    let before = text.get(..byte).unwrap_or_default();
    let count = if before.is_ascii() {
        before.len()
    } else {
        before.chars().count()
    };
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn out_of_range(index: i64) -> Fault {
    EvalError::argument(format!("index out of range: {index}"))
}

fn byte_at(text: &str, index: i64) -> Result<usize, Fault> {
    usize::try_from(index)
        .ok()
        .and_then(|place| byte_of(text, place))
        .ok_or_else(|| out_of_range(index))
}

/// A piece of a text, borrowed if the text is.
fn piece<'a>(text: &Text<'a>, start: usize, end: usize) -> Value<'a> {
    match text {
        Text::Borrowed(text) => Value::from(text.get(start..end).unwrap_or_default()),
        Text::Shared(text) => Value::string(text.get(start..end).unwrap_or_default()),
    }
}

fn char_at<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text), Value::Int(index)] = arguments else {
        return Err(EvalError::overload());
    };
    let start = byte_at(text, *index)?;
    let rest = text.get(start..).unwrap_or_default();
    let length = rest.chars().next().map_or(0, char::len_utf8);
    Ok(piece(text, start, start + length))
}

/// How many characters a text has, as an index.
fn length(text: &Text<'_>) -> i64 {
    i64::try_from(text.character_count()).unwrap_or(i64::MAX)
}

fn index_of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, part, from) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, 0),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, *from),
        _ => return Err(EvalError::overload()),
    };
    if from < 0 {
        return Err(out_of_range(from));
    }
    let length = length(text);
    if part.is_empty() {
        return Ok(Value::Int(from.min(length)));
    }
    if from >= length {
        return Ok(Value::Int(-1));
    }
    let start = byte_at(text, from)?;
    let found = text.get(start..).and_then(|rest| rest.find(&**part));
    Ok(Value::Int(
        found.map_or(-1, |byte| place_of(text, start + byte)),
    ))
}

fn last_index_of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, part, upto) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, None),
        [Value::String(text), Value::String(part), Value::Int(upto)] => (text, part, Some(*upto)),
        _ => return Err(EvalError::overload()),
    };
    if let Some(upto) = upto
        && upto < 0
    {
        return Err(out_of_range(upto));
    }
    let length = length(text);
    if part.is_empty() {
        return Ok(Value::Int(upto.unwrap_or(length).min(length)));
    }
    let last = match upto {
        Some(upto) if upto >= length => return Ok(Value::Int(-1)),
        Some(upto) => upto,
        None => length,
    };
    // The last occurrence that begins at or before the given place.
    let end = byte_at(text, last)?.saturating_add(part.len());
    let end = text.len().min(end);
    // What begins there ends there, or there is no boundary of characters.
    let end = (0..=end).rev().find(|end| text.is_char_boundary(*end));
    let found = end.and_then(|end| text.get(..end)?.rfind(&**part));
    Ok(Value::Int(found.map_or(-1, |byte| place_of(text, byte))))
}

fn join<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (list, separator) = match arguments {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(separator)] => (list, &**separator),
        _ => return Err(EvalError::overload()),
    };
    let mut joined = String::new();
    for (index, element) in list.iter().enumerate() {
        let Value::String(element) = element else {
            return Err(EvalError::overload());
        };
        if index > 0 {
            joined.push_str(separator);
        }
        within_size(joined.len().saturating_add(element.len()))?;
        joined.push_str(&element);
    }
    Ok(Value::string(joined))
}

fn lower<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::string(text.to_ascii_lowercase())),
        _ => Err(EvalError::overload()),
    }
}

fn upper<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::string(text.to_ascii_uppercase())),
        _ => Err(EvalError::overload()),
    }
}

fn replace<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, old, new, limit) = match arguments {
        [Value::String(text), Value::String(old), Value::String(new)] => (text, old, new, -1),
        [
            Value::String(text),
            Value::String(old),
            Value::String(new),
            Value::Int(limit),
        ] => (text, old, new, *limit),
        _ => return Err(EvalError::overload()),
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let matches = text.matches(&**old).count().min(limit);
    within_size(matches.saturating_mul(new.len()).saturating_add(text.len()))?;
    Ok(Value::string(text.replacen(&**old, new, limit)))
}

fn split<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (text, separator, limit) = match arguments {
        [Value::String(text), Value::String(separator)] => (text, separator, -1),
        [
            Value::String(text),
            Value::String(separator),
            Value::Int(limit),
        ] => (text, separator, *limit),
        _ => return Err(EvalError::overload()),
    };
    let limit = match usize::try_from(limit) {
        Ok(0) => return Ok(Value::list(Vec::new())),
        Ok(limit) => limit,
        Err(_) => usize::MAX,
    };
    let mut parts = Vec::new();
    let mut start = 0;
    if separator.is_empty() {
        // Between all characters, but not before the first nor after the last.
        for (byte, character) in text.char_indices() {
            if parts.len() + 1 == limit {
                break;
            }
            start = byte + character.len_utf8();
            parts.push(piece(text, byte, start));
        }
        if start < text.len() {
            parts.push(piece(text, start, text.len()));
        }
        return Ok(Value::list(parts));
    }
    while parts.len() + 1 < limit
        && let Some(length) = text.get(start..).and_then(|rest| rest.find(&**separator))
    {
        parts.push(piece(text, start, start + length));
        start += length + separator.len();
    }
    parts.push(piece(text, start, text.len()));
    Ok(Value::list(parts))
}

fn substring<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text), Value::Int(start)] => {
            let start = byte_at(text, *start)?;
            Ok(piece(text, start, text.len()))
        }
        [Value::String(text), Value::Int(start), Value::Int(end)] => {
            if start > end {
                return Err(EvalError::argument(format!(
                    "invalid substring range. start: {start}, end: {end}"
                )));
            }
            let start = byte_at(text, *start)?;
            let end = byte_at(text, *end)?;
            Ok(piece(text, start, end))
        }
        _ => Err(EvalError::overload()),
    }
}

fn trim<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text)] = arguments else {
        return Err(EvalError::overload());
    };
    let without_start = text.trim_start();
    let start = text.len() - without_start.len();
    Ok(piece(text, start, start + without_start.trim_end().len()))
}

fn reverse<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::string(text.chars().rev().collect::<String>())),
        _ => Err(EvalError::overload()),
    }
}
