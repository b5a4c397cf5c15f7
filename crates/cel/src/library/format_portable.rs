//! `format` and `strings.quote` as the specification has them now.

use std::fmt::Write;

use super::{Cost, Function, conversions::shortest_text, template, within_size};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{MAX_SAFE_DEPTH, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "format",
    overloads: &["string.(list<dyn>) -> string"],
    call: format_text,
    cost: Cost::Text,
}];

fn format_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    template::fill(arguments, write_clause)
}

fn write_clause(
    output: &mut String,
    clause: char,
    precision: Option<usize>,
    value: &Value<'_>,
) -> Result<(), Fault> {
    match (clause, value) {
        ('s', value) => return write_value(output, value, MAX_SAFE_DEPTH),
        ('d', Value::Int(number)) => push(output, format_args!("{number}")),
        ('d', Value::Uint(number)) => push(output, format_args!("{number}")),
        ('d', Value::Double(number)) if !number.is_finite() => output.push_str(special(*number)),
        ('d', Value::Double(number)) => output.push_str(&shortest_text(*number)),
        ('f' | 'e', value) => {
            let number = double(value, clause)?;
            let precision = precision.unwrap_or(6);
            if !number.is_finite() {
                output.push_str(special(number));
            } else if clause == 'f' {
                push(output, format_args!("{number:.precision$}"));
            } else {
                let text = format!("{number:.precision$e}");
                let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                let sign = if exponent < 0 { '-' } else { '+' };
                push(output, format_args!("{digits}e{sign}{:02}", exponent.abs()));
            }
        }
        ('b', Value::Bool(value)) => push(output, format_args!("{}", i32::from(*value))),
        ('b' | 'o' | 'x' | 'X', Value::Int(number)) => {
            if *number < 0 {
                output.push('-');
            }
            template::push_digits(output, clause, number.unsigned_abs());
        }
        ('b' | 'o' | 'x' | 'X', Value::Uint(number)) => {
            template::push_digits(output, clause, *number);
        }
        ('x' | 'X', Value::String(text)) => {
            return template::push_bytes(output, clause == 'X', text.as_bytes());
        }
        ('x' | 'X', Value::Bytes(bytes)) => {
            return template::push_bytes(output, clause == 'X', bytes);
        }
        (clause, value) => return Err(template::mismatch(clause, &value.type_name())),
    }
    Ok(())
}

fn push(output: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing into a string does not fail.
    let _ = output.write_fmt(arguments);
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
fn double(value: &Value<'_>, clause: char) -> Result<f64, Fault> {
    Ok(match value {
        Value::Double(number) => *number,
        Value::Int(number) => *number as f64,
        Value::Uint(number) => *number as f64,
        other => return Err(template::mismatch(clause, &other.type_name())),
    })
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
        Value::Bool(value) => push(output, format_args!("{value}")),
        Value::Int(value) => push(output, format_args!("{value}")),
        Value::Uint(value) => push(output, format_args!("{value}")),
        Value::Double(value) if !value.is_finite() => output.push_str(special(*value)),
        Value::Double(value) => output.push_str(&shortest_text(*value)),
        Value::Bytes(bytes) => output.push_str(&String::from_utf8_lossy(bytes)),
        Value::Timestamp(value) => push(output, format_args!("{value}")),
        Value::Duration(value) => push(output, format_args!("{value}")),
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
                push(output, format_args!("{key}: "));
                write_value(output, value, levels)?;
            }
            output.push('}');
        }
        other => return Err(template::mismatch('s', &other.type_name())),
    }
    Ok(())
}
