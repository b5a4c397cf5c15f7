//! One conformance test: an expression, its variables, and what must come out.

use ringwall_cel::{
    Type, Value,
    value::{Blob, Duration, Timestamp},
};

use crate::textproto::{Field, Message};

/// What must come out.
pub(crate) enum Expected {
    Value(Message),
    Type(Option<Message>, Message),
    Error,
    /// Partial evaluation, which Kubernetes does not do.
    Unknown,
}

pub(crate) fn expected(test: &Message) -> Expected {
    if let Some(value) = test.message("value") {
        return Expected::Value(value.clone());
    }
    if let Some(typed) = test.message("typed_result") {
        let ty = typed.message("deduced_type").cloned().unwrap_or_default();
        return Expected::Type(typed.message("result").cloned(), ty);
    }
    if test.message("eval_error").is_some() || test.message("any_eval_errors").is_some() {
        return Expected::Error;
    }
    if test.message("unknown").is_some() || test.message("any_unknowns").is_some() {
        return Expected::Unknown;
    }
    // The documentation of the format: without a matcher, the result is true.
    Expected::Value(Message(vec![(
        "bool_value".to_owned(),
        Field::Word("true".to_owned()),
    )]))
}

/// A value of a binding or a result; `None` for what only protocol buffers have.
pub(crate) fn value(message: &Message) -> Option<Value<'static>> {
    let (name, field) = message.0.first()?;
    let word = match field {
        Field::Word(word) => word.as_str(),
        _ => "",
    };
    Some(match name.as_str() {
        "null_value" => Value::Null,
        "bool_value" => Value::Bool(word == "true"),
        "int64_value" => Value::Int(integer(word)?.try_into().ok()?),
        "uint64_value" => Value::Uint(integer(word)?.try_into().ok()?),
        "double_value" => Value::Double(double(word)?),
        "string_value" => Value::string(message.text(name)?),
        "bytes_value" => Value::Bytes(Blob::Shared(message.bytes(name)?.into())),
        "type_value" => Value::Type(message.text(name)?.into()),
        "list_value" => Value::list(
            message
                .message(name)?
                .messages("values")
                .map(value)
                .collect::<Option<_>>()?,
        ),
        "map_value" => Value::map(
            message
                .message(name)?
                .messages("entries")
                .map(|entry| {
                    Some((
                        value(entry.message("key")?)?,
                        value(entry.message("value")?)?,
                    ))
                })
                .collect::<Option<_>>()?,
        )?,
        "object_value" => return any(message.message(name)?),
        _ => return None,
    })
}

/// A message of the well-known types that are values of CEL.
fn any(message: &Message) -> Option<Value<'static>> {
    let (url, field) = message.0.first()?;
    let Field::Message(inner) = field else {
        return None;
    };
    let number = |name: &str| inner.word(name).map_or(Some(0), integer);
    match url.rsplit('/').next()? {
        "google.protobuf.Duration" => {
            let nanos = number("seconds")? * 1_000_000_000 + number("nanos")?;
            Some(Value::Duration(Duration::from_nanoseconds(
                i64::try_from(nanos).ok()?,
            )))
        }
        "google.protobuf.Timestamp" => {
            let seconds = i64::try_from(number("seconds")?).ok()?;
            let nanos = u32::try_from(number("nanos")?).ok()?;
            Some(Value::Timestamp(Timestamp::new(seconds, nanos)?))
        }
        _ => None,
    }
}

fn integer(word: &str) -> Option<i128> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word),
    };
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok()?,
        None => digits.parse().ok()?,
    };
    Some(sign * value)
}

fn double(word: &str) -> Option<f64> {
    match word.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => Some(f64::INFINITY),
        "-inf" | "-infinity" => Some(f64::NEG_INFINITY),
        "nan" | "-nan" => Some(f64::NAN),
        word => word.trim_end_matches('f').parse().ok(),
    }
}

/// Whether a result is exactly the expected value: of the same type, and not-a-number where that is expected.
pub(crate) fn same(found: &Value<'_>, wanted: &Value<'_>) -> bool {
    match (found, wanted) {
        (Value::Double(found), Value::Double(wanted)) => {
            found == wanted || (found.is_nan() && wanted.is_nan())
        }
        (Value::Int(found), Value::Int(wanted)) => found == wanted,
        (Value::Uint(found), Value::Uint(wanted)) => found == wanted,
        (Value::List(found), Value::List(wanted)) => {
            found.len() == wanted.len()
                && found
                    .iter()
                    .zip(wanted.iter())
                    .all(|(found, wanted)| same(&found, &wanted))
        }
        (Value::Map(found), Value::Map(wanted)) => {
            found.len() == wanted.len()
                && found.iter().all(|(key, value)| {
                    wanted.iter().any(|(wanted_key, wanted_value)| {
                        same(&key, &wanted_key) && same(&value, &wanted_value)
                    })
                })
        }
        (found, wanted) => {
            std::mem::discriminant(found) == std::mem::discriminant(wanted)
                && found.to_string() == wanted.to_string()
        }
    }
}

/// A declared or deduced type; `None` for what only protocol buffers have.
pub(crate) fn ty(message: &Message) -> Option<Type> {
    let (name, field) = message.0.first()?;
    let word = match field {
        Field::Word(word) => word.as_str(),
        _ => "",
    };
    Some(match (name.as_str(), word) {
        ("dyn", _) => Type::Dyn,
        ("null", _) => Type::Null,
        ("primitive", "BOOL") => Type::Bool,
        ("primitive", "INT64") => Type::Int,
        ("primitive", "UINT64") => Type::Uint,
        ("primitive", "DOUBLE") => Type::Double,
        ("primitive", "STRING") => Type::String,
        ("primitive", "BYTES") => Type::Bytes,
        ("well_known", "TIMESTAMP") => Type::Timestamp,
        ("well_known", "DURATION") => Type::Duration,
        ("list_type", _) => Type::list(ty(message.message(name)?.message("elem_type")?)?),
        ("map_type", _) => {
            let map = message.message(name)?;
            Type::map(
                ty(map.message("key_type")?)?,
                ty(map.message("value_type")?)?,
            )
        }
        ("type", _) => match message.message(name)?.0.first() {
            None => Type::Type(Type::Dyn.into()),
            Some(_) => Type::Type(ty(message.message(name)?)?.into()),
        },
        ("abstract_type", _) => {
            let inner = message.message(name)?;
            match inner.text("name")?.as_str() {
                "optional_type" => Type::optional(ty(inner.message("parameter_types")?)?),
                _ => return None,
            }
        }
        ("message_type", _) => match message.text(name)?.as_str() {
            "net.IP" => Type::object("net.IP"),
            "net.CIDR" => Type::object("net.CIDR"),
            _ => return None,
        },
        _ => return None,
    })
}
