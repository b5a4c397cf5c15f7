//! `urlquery.*` and `uri.*`, by the rules of Go's `net/url`.

mod parse;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::Arc,
};

use super::{
    Answer, Builtin, BuiltinError, Context, Made, Operands, boolean,
    operands::wrong_type,
    signature::{BOOLEAN, STRING, STRING_ARRAY, STRING_SET, Type, object},
    text_of_bytes,
};
use crate::{Object, Value};

const PARAMETER: Type = Type::AnyOf(&[STRING, STRING_ARRAY, STRING_SET]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("urlquery.encode", &[STRING], STRING, |c, x| {
        let plain = x.string(0)?;
        let mut encoded = Made::new(c);
        encoded.write(|out| encode(out, plain))?;
        encoded.answer()
    }),
    Builtin::new("urlquery.decode", &[STRING], STRING, |c, x| {
        let encoded = x.string(0)?;
        c.spend_bytes(encoded.len())?;
        text_of_bytes(decode(encoded, true)?)
    }),
    Builtin::new(
        "urlquery.encode_object",
        &[object(&STRING, &PARAMETER)],
        STRING,
        encode_object,
    ),
    Builtin::new(
        "urlquery.decode_object",
        &[STRING],
        object(&STRING, &STRING_ARRAY),
        decode_object,
    ),
    Builtin::new("uri.parse", &[STRING], object(&STRING, &STRING), |c, x| {
        let uri = x.string(0)?;
        c.spend_bytes(uri.len())?;
        parse::parse(uri).map_err(BuiltinError::failed)?.object()
    }),
    Builtin::new("uri.is_valid", &[STRING], BOOLEAN, |c, x| {
        let Value::String(uri) = x.value(0) else {
            return boolean(false);
        };
        c.spend_bytes(uri.len())?;
        boolean(!uri.is_empty() && parse::parse(uri).is_ok())
    }),
];

/// Writes text as it stands in a query: letters, digits and `-_.~` as they are, a space as `+`.
fn encode(out: &mut impl Write, plain: &str) -> fmt::Result {
    for byte in plain.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                out.write_char(char::from(byte))?;
            }
            b' ' => out.write_char('+')?,
            other => write!(out, "%{other:02X}")?,
        }
    }
    Ok(())
}

/// Takes `%41` for the byte it means, and `+` for a space where that is asked for.
fn decode(encoded: &str, plus_is_space: bool) -> Result<Vec<u8>, BuiltinError> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match first {
            b'%' => {
                let digits = rest
                    .split_at_checked(2)
                    .and_then(|(digits, behind)| {
                        let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
                        Some((u8::try_from(digit(0)? << 4 | digit(1)?).ok()?, behind))
                    })
                    .ok_or_else(|| {
                        let shown: String = String::from_utf8_lossy(rest).chars().take(2).collect();
                        BuiltinError::failed(format!("invalid URL escape \"%{shown}\""))
                    })?;
                bytes.push(digits.0);
                rest = digits.1;
            }
            b'+' if plus_is_space => bytes.push(b' '),
            other => bytes.push(*other),
        }
    }
    Ok(bytes)
}

fn encode_object(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let object = match operands.value(0) {
        Value::Object(object) => object,
        other => return Err(wrong_type(0, other, &["object"])),
    };
    let wrong =
        || BuiltinError::operand("operand 1 values must be string, array[string], or set[string]");
    // Keys that are no strings stand as their JSON text, in the order of the texts.
    let mut parameters: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (key, value) in object.entries() {
        let key = match key {
            Value::String(text) => text.to_string(),
            other => {
                let mut text = Made::new(context);
                text.write(|out| crate::json::write(out, other, &crate::json::Style::GO))?;
                text.text()?
            }
        };
        let members = match value {
            Value::String(text) => vec![&**text],
            Value::Array(_) | Value::Set(_) => operands_of(value)
                .iter()
                .map(|member| member.as_str().ok_or_else(wrong))
                .collect::<Result<_, _>>()?,
            _ => return Err(wrong()),
        };
        parameters.insert(key, members);
    }
    let mut query = Made::new(context);
    let mut separator = "";
    for (key, values) in &parameters {
        for value in values {
            query.push(separator)?;
            separator = "&";
            query.write(|out| encode(out, key))?;
            query.push("=")?;
            query.write(|out| encode(out, value))?;
        }
    }
    query.answer()
}

fn operands_of(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Set(set) => set.members(),
        _ => &[],
    }
}

fn decode_object(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let query = operands.string(0)?;
    context.spend_bytes(query.len())?;
    let string = |encoded: &str| {
        text_of_bytes(decode(encoded, true)?).map(|text| text.unwrap_or(Value::Null))
    };
    let mut parameters: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
    let mut failure = None;
    for part in query.split('&') {
        if part.contains(';') {
            failure = failure
                .or_else(|| Some(BuiltinError::failed("invalid semicolon separator in query")));
            continue;
        }
        if part.is_empty() {
            continue;
        }
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        match (string(key), string(value)) {
            (Ok(key), Ok(value)) => parameters.entry(key).or_default().push(value),
            (Err(error), _) | (_, Err(error)) => failure = failure.or(Some(error)),
        }
    }
    if let Some(error) = failure {
        return Err(error);
    }
    let entries = parameters
        .into_iter()
        .map(|(key, values)| (key, Value::Array(values.into())))
        .collect();
    Ok(Some(Value::Object(Arc::new(Object::from_entries(entries)))))
}
