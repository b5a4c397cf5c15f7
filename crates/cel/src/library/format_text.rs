//! `format` and `strings.quote`.

use std::fmt::Write;

use super::{Cost, Function, conversions::double_text, within_size};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{MAX_SAFE_DEPTH, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "format",
        overloads: &["string.(list<dyn>) -> string"],
        call: format_text,
        cost: Cost::Scan,
    },
    Function {
        name: "strings.quote",
        overloads: &["(string) -> string"],
        call: quote,
        cost: Cost::Fixed(1),
    },
];

/// Digits after the point.
const MAX_PRECISION: usize = 1000;

fn format_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(template), Value::List(values)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut output = String::new();
    let mut values = values.iter();
    let mut rest: &str = template;
    while let Some(start) = rest.find('%') {
        output.push_str(rest.get(..start).unwrap_or_default());
        rest = rest.get(start + 1..).unwrap_or_default();
        if let Some(after) = rest.strip_prefix('%') {
            output.push('%');
            rest = after;
            continue;
        }
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let length = after.bytes().take_while(u8::is_ascii_digit).count();
            let digits = after.get(..length).unwrap_or_default();
            let wanted: usize = digits.parse().map_err(|_| {
                EvalError::argument("error during formatting: error while parsing precision")
            })?;
            if wanted > MAX_PRECISION {
                return Err(EvalError::argument(
                    "error during formatting: precision is too large",
                ));
            }
            precision = Some(wanted);
            rest = after.get(length..).unwrap_or_default();
        }
        let mut letters = rest.chars();
        let clause = letters.next().ok_or_else(|| {
            EvalError::argument("error during formatting: unexpected end of string")
        })?;
        rest = letters.as_str();
        if !"sdfebxXo".contains(clause) {
            return Err(EvalError::argument(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{clause}\""
            )));
        }
        let value = values
            .next()
            .ok_or_else(|| EvalError::argument("error during formatting: index out of range"))?;
        write_clause(&mut output, clause, precision, &value)?;
        within_size(output.len())?;
    }
    output.push_str(rest);
    Ok(Value::string(output))
}

fn write_clause(
    output: &mut String,
    clause: char,
    precision: Option<usize>,
    value: &Value<'_>,
) -> Result<(), Fault> {
    match clause {
        's' => write_value(output, value, MAX_SAFE_DEPTH),
        'd' => match value {
            Value::Int(number) => push(output, format_args!("{number}")),
            Value::Uint(number) => push(output, format_args!("{number}")),
            Value::Double(number) if !number.is_finite() => {
                output.push_str(special(*number));
                Ok(())
            }
            Value::Double(number) => push(output, format_args!("{}", double_text(*number))),
            other => Err(wrong_kind(
                "decimal clause can only be used on numbers",
                other,
            )),
        },
        'f' => {
            let number = double(value, "fixed-point clause can only be used on doubles")?;
            if !number.is_finite() {
                output.push_str(special(number));
                return Ok(());
            }
            push(output, format_args!("{number:.*}", precision.unwrap_or(6)))
        }
        'e' => {
            let number = double(value, "scientific clause can only be used on doubles")?;
            if !number.is_finite() {
                output.push_str(special(number));
                return Ok(());
            }
            let text = format!("{number:.*e}", precision.unwrap_or(6));
            let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
            let exponent: i32 = exponent.parse().unwrap_or(0);
            let sign = if exponent < 0 { '-' } else { '+' };
            push(output, format_args!("{digits}e{sign}{:02}", exponent.abs()))
        }
        'b' => match value {
            Value::Bool(value) => push(output, format_args!("{}", i32::from(*value))),
            value => integer(output, value, |digits| format!("{digits:b}"), "binary"),
        },
        'o' => integer(output, value, |digits| format!("{digits:o}"), "octal"),
        _ => {
            let bytes: &[u8] = match value {
                Value::String(text) => text.as_bytes(),
                Value::Bytes(bytes) => bytes,
                value if clause == 'x' => {
                    return integer(output, value, |digits| format!("{digits:x}"), "hex");
                }
                value => return integer(output, value, |digits| format!("{digits:X}"), "hex"),
            };
            within_size(output.len().saturating_add(bytes.len().saturating_mul(2)))?;
            for byte in bytes {
                if clause == 'x' {
                    push(output, format_args!("{byte:02x}"))?;
                } else {
                    push(output, format_args!("{byte:02X}"))?;
                }
            }
            Ok(())
        }
    }
}

fn push(output: &mut String, arguments: std::fmt::Arguments<'_>) -> Result<(), Fault> {
    output
        .write_fmt(arguments)
        .map_err(|_| EvalError::argument("error during formatting"))
}

fn special(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

#[expect(clippy::cast_precision_loss, reason = "as in every CEL")]
fn double(value: &Value<'_>, message: &str) -> Result<f64, Fault> {
    Ok(match value {
        Value::Double(number) => *number,
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        Value::String(text) => match &**text {
            "NaN" => f64::NAN,
            "Infinity" => f64::INFINITY,
            "-Infinity" => f64::NEG_INFINITY,
            _ => return Err(wrong_kind(message, value)),
        },
        other => return Err(wrong_kind(message, other)),
    })
}

fn integer(
    output: &mut String,
    value: &Value<'_>,
    digits: fn(u64) -> String,
    name: &str,
) -> Result<(), Fault> {
    match value {
        Value::Int(number) => {
            if *number < 0 {
                output.push('-');
            }
            output.push_str(&digits(number.unsigned_abs()));
            Ok(())
        }
        Value::Uint(number) => {
            output.push_str(&digits(*number));
            Ok(())
        }
        other => Err(wrong_kind(
            &format!("{name} clause can only be used on integers"),
            other,
        )),
    }
}

fn wrong_kind(message: &str, value: &Value<'_>) -> Fault {
    EvalError::argument(format!(
        "error during formatting: {message}, was given {}",
        value.type_name()
    ))
}

/// A value as `%s` writes it.
fn write_value(output: &mut String, value: &Value<'_>, levels: usize) -> Result<(), Fault> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(EvalError::argument(
            "error during formatting: the value nests too deeply",
        ));
    };
    within_size(output.len())?;
    match value {
        Value::String(text) => output.push_str(text),
        Value::Null => output.push_str("null"),
        Value::Bool(value) => push(output, format_args!("{value}"))?,
        Value::Int(value) => push(output, format_args!("{value}"))?,
        Value::Uint(value) => push(output, format_args!("{value}"))?,
        Value::Double(value) if !value.is_finite() => output.push_str(special(*value)),
        Value::Double(value) => output.push_str(&double_text(*value)),
        Value::Bytes(bytes) => output.push_str(&String::from_utf8_lossy(bytes)),
        Value::Timestamp(value) => push(output, format_args!("{value}"))?,
        Value::Duration(value) => push(output, format_args!("{value}"))?,
        Value::Type(name) => output.push_str(name),
        Value::List(list) => {
            output.push('[');
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                write_value(output, &element, levels)?;
            }
            output.push(']');
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, value) in map.iter() {
                let mut written = String::new();
                write_value(&mut written, &key, levels)?;
                entries.push((written, value));
            }
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            output.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                push(output, format_args!("{key}: "))?;
                write_value(output, value, levels)?;
            }
            output.push('}');
        }
        other => {
            return Err(wrong_kind(
                "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps",
                other,
            ));
        }
    }
    Ok(())
}

fn quote<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '\x07' => quoted.push_str("\\a"),
            '\x08' => quoted.push_str("\\b"),
            '\x0c' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\x0b' => quoted.push_str("\\v"),
            '\\' => quoted.push_str("\\\\"),
            '"' => quoted.push_str("\\\""),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    Ok(Value::string(quoted))
}
