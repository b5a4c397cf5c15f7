//! Templates of `format`: text with clauses, `%s` and `%.2f` for example.

use std::fmt::Write;

use super::within_size;
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    ty::Type,
    value::Value,
};

/// Digits after the point that a clause may ask for.
const MAX_PRECISION: usize = 1000;

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    Text(&'t str),
    Clause {
        letter: char,
        precision: Option<usize>,
    },
}

/// The parts of a template, or what is wrong with the first that is none.
pub(crate) fn parts(template: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find('%') {
        let (before, after) = rest.split_at(start);
        parts.push(Part::Text(before));
        let mut after = after.get(1..).unwrap_or_default();
        if let Some(text) = after.strip_prefix('%') {
            parts.push(Part::Text("%"));
            rest = text;
            continue;
        }
        let mut precision = None;
        if let Some(digits) = after.strip_prefix('.') {
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            let (number, beyond) = digits.split_at(length);
            let number: usize = number.parse().map_err(|_| {
                "could not parse formatting clause: error while parsing precision".to_owned()
            })?;
            if number > MAX_PRECISION {
                return Err(format!(
                    "could not parse formatting clause: precision {number} exceeds maximum allowed precision {MAX_PRECISION}"
                ));
            }
            precision = Some(number);
            after = beyond;
        }
        let mut letters = after.chars();
        let letter = letters
            .next()
            .ok_or_else(|| "unexpected end of string".to_owned())?;
        if !"sdfebxXo".contains(letter) {
            return Err(format!(
                "could not parse formatting clause: unrecognized formatting clause \"{letter}\""
            ));
        }
        parts.push(Part::Clause { letter, precision });
        rest = letters.as_str();
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

/// How a clause writes a value at the end of a text.
type Writer = fn(&mut String, char, Option<usize>, &Value<'_>) -> Result<(), Fault>;

/// Puts values in place of the clauses of a template.
pub(super) fn fill<'a>(arguments: &[Value<'a>], write: Writer) -> Outcome<'a> {
    let [Value::String(template), Value::List(values)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut output = String::new();
    let mut next = 0;
    for part in parts(template).map_err(EvalError::argument)? {
        match part {
            Part::Text(text) => output.push_str(text),
            Part::Clause { letter, precision } => {
                let value = values
                    .get(next)
                    .ok_or_else(|| EvalError::argument(format!("index {next} out of range")))?;
                write(&mut output, letter, precision, &value)?;
                next += 1;
            }
        }
        within_size(output.len())?;
    }
    Ok(Value::string(output))
}

/// What is wrong with a template and arguments whose types are known; the place is that of an argument, if it has one.
pub(crate) fn check(template: &str, types: &[Type]) -> Result<(), (Option<usize>, String)> {
    let mut next = 0;
    for part in parts(template).map_err(|message| (None, message))? {
        let Part::Clause { letter, .. } = part else {
            continue;
        };
        let Some(ty) = types.get(next) else {
            return Err((None, format!("index {next} out of range")));
        };
        if !takes(letter, ty) {
            let message = mismatch(letter, &ty.runtime_name()).into_error().message;
            return Err((Some(next), message));
        }
        next += 1;
    }
    if types.len() > next {
        return Err((
            None,
            format!(
                "too many arguments supplied to string.format (expected {next}, got {})",
                types.len()
            ),
        ));
    }
    Ok(())
}

/// Whether a clause may take a value of a type.
fn takes(letter: char, ty: &Type) -> bool {
    match ty {
        Type::Dyn | Type::Error | Type::Param(_) => true,
        Type::Int | Type::Uint => !matches!(letter, 'f' | 'e'),
        Type::Double => matches!(letter, 's' | 'f' | 'e'),
        Type::String => matches!(letter, 's' | 'f' | 'e' | 'x' | 'X'),
        Type::Bytes => matches!(letter, 's' | 'x' | 'X'),
        Type::Bool => matches!(letter, 's' | 'b'),
        Type::Null | Type::Timestamp | Type::Duration | Type::Type(_) => letter == 's',
        Type::List(element) => letter == 's' && takes('s', element),
        Type::Map(key, value) => letter == 's' && takes('s', key) && takes('s', value),
        Type::Optional(_) | Type::Object(_) => false,
    }
}

/// A clause that does not take values of a type.
pub(super) fn mismatch(letter: char, type_name: &str) -> Fault {
    let rule = match letter {
        's' => {
            "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps"
        }
        'd' => "decimal clause can only be used on integers",
        'f' => "fixed-point clause can only be used on doubles",
        'e' => "scientific clause can only be used on doubles",
        'b' => "only integers and bools can be formatted as binary",
        'o' => "octal clause can only be used on integers",
        _ => "only integers, byte buffers, and strings can be formatted as hex",
    };
    EvalError::argument(format!(
        "error during formatting: {rule}, was given {type_name}"
    ))
}

/// The digits of a number in the base of a clause.
pub(super) fn push_digits(output: &mut String, letter: char, number: u64) {
    let _ = match letter {
        'b' => write!(output, "{number:b}"),
        'o' => write!(output, "{number:o}"),
        'x' => write!(output, "{number:x}"),
        _ => write!(output, "{number:X}"),
    };
}

/// Two digits for each byte.
pub(super) fn push_bytes(output: &mut String, upper: bool, bytes: &[u8]) -> Result<(), Fault> {
    within_size(output.len().saturating_add(bytes.len().saturating_mul(2)))?;
    for byte in bytes {
        let _ = if upper {
            write!(output, "{byte:02X}")
        } else {
            write!(output, "{byte:02x}")
        };
    }
    Ok(())
}
