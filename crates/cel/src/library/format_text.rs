//! `format`, as Kubernetes has it, and `strings.quote`.
//!
//! Kubernetes keeps the second version of the reference's string library, which writes numbers of `%f` and `%e` as
//! American readers expect them: `1,234.500000`, `1.234500×10⁰³`. What the specification says now is in
//! [`format_portable`](super::format_portable).

use std::fmt::Write;

use super::{Cost, Function, conversions::double_text, template, within_size};
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
        cost: Cost::Text,
    },
    QUOTATION,
];

pub(super) const QUOTE: &[Function] = &[QUOTATION];

const QUOTATION: Function = Function {
    name: "strings.quote",
    overloads: &["(string) -> string"],
    call: quote,
    cost: Cost::Text,
};

/// Digits after the point without a precision, and the least width of an exponential number.
const PRECISION: usize = 6;

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
        ('s', value) => write_value(output, value),
        ('d', Value::Int(number)) => push(output, format_args!("{number}")),
        ('d', Value::Uint(number)) => push(output, format_args!("{number}")),
        ('f', value) => {
            fixed(output, double(value, 'f')?, precision.unwrap_or(PRECISION));
            Ok(())
        }
        ('e', value) => {
            exponential(output, double(value, 'e')?, precision.unwrap_or(PRECISION));
            Ok(())
        }
        ('b', Value::Bool(value)) => push(output, format_args!("{}", i32::from(*value))),
        ('b' | 'o' | 'x' | 'X', Value::Int(number)) => {
            if *number < 0 {
                output.push('-');
            }
            template::push_digits(output, clause, number.unsigned_abs());
            Ok(())
        }
        ('b' | 'o' | 'x' | 'X', Value::Uint(number)) => {
            template::push_digits(output, clause, *number);
            Ok(())
        }
        ('x' | 'X', Value::String(text)) => {
            template::push_bytes(output, clause == 'X', text.as_bytes())
        }
        ('x' | 'X', Value::Bytes(bytes)) => template::push_bytes(output, clause == 'X', bytes),
        (clause, value) => Err(template::mismatch(clause, &value.type_name())),
    }
}

fn push(output: &mut String, arguments: std::fmt::Arguments<'_>) -> Result<(), Fault> {
    output
        .write_fmt(arguments)
        .map_err(|_| EvalError::argument("error during formatting"))
}

/// A double, or one of the words that stand for what has no digits.
fn double(value: &Value<'_>, clause: char) -> Result<f64, Fault> {
    match value {
        Value::Double(number) => Ok(*number),
        Value::String(text) if **text == *"NaN" => Ok(f64::NAN),
        Value::String(text) if **text == *"Infinity" => Ok(f64::INFINITY),
        Value::String(text) if **text == *"-Infinity" => Ok(f64::NEG_INFINITY),
        other => Err(template::mismatch(clause, &other.type_name())),
    }
}

fn named(number: f64) -> Option<&'static str> {
    if number.is_nan() {
        Some("NaN")
    } else if number.is_infinite() {
        Some(if number > 0.0 { "∞" } else { "-∞" })
    } else {
        None
    }
}

/// With commas between groups of three digits.
fn fixed(output: &mut String, number: f64, precision: usize) {
    if let Some(name) = named(number) {
        output.push_str(name);
        return;
    }
    let text = format!("{:.precision$}", without_sign_of_zero(number));
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text.as_str(), None),
    };
    let digits = match whole.strip_prefix('-') {
        Some(digits) => {
            output.push('-');
            digits
        }
        None => whole,
    };
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            output.push(',');
        }
        output.push(digit);
    }
    if let Some(fraction) = fraction {
        output.push('.');
        output.push_str(fraction);
    }
}

/// With the power of ten above the line. A precision is a width here, as in the reference.
fn exponential(output: &mut String, number: f64, width: usize) {
    if let Some(name) = named(number) {
        let _ = write!(output, "{name:>width$}");
        return;
    }
    let text = format!("{:.PRECISION$e}", without_sign_of_zero(number));
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let mut raised = String::new();
    if exponent < 0 {
        raised.push('⁻');
    }
    for digit in format!("{:02}", exponent.abs()).bytes() {
        let place = usize::from(digit.saturating_sub(b'0'));
        raised.extend("⁰¹²³⁴⁵⁶⁷⁸⁹".chars().nth(place));
    }
    let written = format!("{digits}×10{raised}");
    let _ = write!(output, "{written:>width$}");
}

/// The number as `%e` and `%f` take it; what only is written as zero keeps its sign.
fn without_sign_of_zero(number: f64) -> f64 {
    if number == 0.0 { 0.0 } else { number }
}

/// A value as `%s` writes it.
fn write_value(output: &mut String, value: &Value<'_>) -> Result<(), Fault> {
    match value {
        Value::Double(number) => output.push_str(&double_text(*number)),
        Value::Timestamp(moment) => push(output, format_args!("{moment}"))?,
        Value::Duration(length) => push(output, format_args!("{length}"))?,
        Value::String(text) => output.push_str(text),
        Value::Bytes(bytes) => output.push_str(text_of(bytes)?),
        other => write_literal(output, other, MAX_SAFE_DEPTH)?,
    }
    Ok(())
}

fn text_of(bytes: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(bytes).map_err(|_| {
        EvalError::argument(
            "error during formatting: invalid UTF-8 in bytes, cannot convert to string",
        )
    })
}

/// A value as an expression would write it, inside of a list or map.
fn write_literal(output: &mut String, value: &Value<'_>, levels: usize) -> Result<(), Fault> {
    let Some(levels) = levels.checked_sub(1) else {
        return Err(EvalError::argument(
            "error during formatting: the value nests too deeply",
        ));
    };
    within_size(output.len())?;
    match value {
        Value::Null => output.push_str("null"),
        Value::Bool(value) => push(output, format_args!("{value}"))?,
        Value::Int(value) => push(output, format_args!("{value}"))?,
        Value::Uint(value) => push(output, format_args!("{value}"))?,
        Value::Double(value) if value.is_nan() => output.push_str("\"NaN\""),
        Value::Double(value) if value.is_infinite() => {
            output.push_str(if *value > 0.0 { "\"+Inf\"" } else { "\"-Inf\"" });
        }
        Value::Double(value) => push(output, format_args!("{value:.6}"))?,
        Value::String(text) => push_quoted(output, text),
        Value::Bytes(bytes) => {
            output.push('b');
            push_quoted(output, text_of(bytes)?);
        }
        Value::Timestamp(value) => push(output, format_args!("timestamp(\"{value}\")"))?,
        Value::Duration(value) => push(output, format_args!("duration(\"{value}\")"))?,
        Value::Type(name) => output.push_str(name),
        Value::List(list) => {
            output.push('[');
            for (index, element) in list.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                write_literal(output, &element, levels)?;
            }
            output.push(']');
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for (key, value) in map.iter() {
                let mut written = String::new();
                write_literal(&mut written, &key, levels)?;
                entries.push((written, value));
            }
            entries.sort_by(|(left, _), (right, _)| left.cmp(right));
            output.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                push(output, format_args!("{key}:"))?;
                write_literal(output, value, levels)?;
            }
            output.push('}');
        }
        other => return Err(template::mismatch('s', &other.type_name())),
    }
    Ok(())
}

/// Text between quotes, escaped as Go escapes it.
fn push_quoted(output: &mut String, text: &str) {
    output.push('"');
    for character in text.chars() {
        match character {
            '\x07' => output.push_str("\\a"),
            '\x08' => output.push_str("\\b"),
            '\x0c' => output.push_str("\\f"),
            '\n' => output.push_str("\\n"),
            '\r' => output.push_str("\\r"),
            '\t' => output.push_str("\\t"),
            '\x0b' => output.push_str("\\v"),
            '\\' => output.push_str("\\\\"),
            '"' => output.push_str("\\\""),
            '\'' => output.push('\''),
            other if u32::from(other) < 0x20 || other == '\x7f' => {
                let _ = write!(output, "\\x{:02x}", u32::from(other));
            }
            other if other.escape_debug().len() == 1 => output.push(other),
            other if u32::from(other) < 0x1_0000 => {
                let _ = write!(output, "\\u{:04x}", u32::from(other));
            }
            other => {
                let _ = write!(output, "\\U{:08x}", u32::from(other));
            }
        }
    }
    output.push('"');
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
