//! From one type to another.

use super::{Cost, Function};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Blob, Duration, Opaque, Text, Timestamp, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "bool",
        overloads: &["(bool) -> bool", "(string) -> bool"],
        call: to_bool,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "bytes",
        overloads: &["(bytes) -> bytes"],
        call: bytes_to_bytes,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "bytes",
        overloads: &["(string) -> bytes"],
        call: text_to_bytes,
        cost: Cost::Text,
    },
    Function {
        name: "double",
        overloads: &[
            "(double) -> double",
            "(int) -> double",
            "(string) -> double",
            "(uint) -> double",
        ],
        call: to_double,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "duration",
        overloads: &[
            "(duration) -> duration",
            "(int) -> duration",
            "(string) -> duration",
        ],
        call: to_duration,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "dyn",
        overloads: &["(A) -> dyn"],
        call: to_dyn,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "int",
        overloads: &[
            "(int) -> int",
            "(double) -> int",
            "(duration) -> int",
            "(string) -> int",
            "(timestamp) -> int",
            "(uint) -> int",
        ],
        call: to_int,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "string",
        overloads: &[
            "(string) -> string",
            "(bool) -> string",
            "(double) -> string",
            "(duration) -> string",
            "(int) -> string",
            "(timestamp) -> string",
            "(uint) -> string",
        ],
        call: to_text,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "string",
        overloads: &["(bytes) -> string"],
        call: bytes_to_text,
        cost: Cost::Text,
    },
    Function {
        name: "timestamp",
        overloads: &[
            "(timestamp) -> timestamp",
            "(int) -> timestamp",
            "(string) -> timestamp",
        ],
        call: to_timestamp,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "uint",
        overloads: &[
            "(uint) -> uint",
            "(double) -> uint",
            "(int) -> uint",
            "(string) -> uint",
        ],
        call: to_uint,
        cost: Cost::Fixed(1),
    },
];

/// The first double that no `i64` reaches.
const INT_END: f64 = 9_223_372_036_854_775_808.0;
/// The first double that no `u64` reaches.
const UINT_END: f64 = 18_446_744_073_709_551_616.0;

fn to_bool<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Bool(value)] => Ok(Value::Bool(*value)),
        [Value::String(text)] => match &**text {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => Err(cannot_convert(text, "bool")),
        },
        _ => Err(EvalError::overload()),
    }
}

fn bytes_to_bytes<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [value @ Value::Bytes(_)] => Ok(value.clone()),
        _ => Err(EvalError::overload()),
    }
}

fn text_to_bytes<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(Text::Borrowed(text))] => Ok(Value::Bytes(Blob::Borrowed(text.as_bytes()))),
        [Value::String(text)] => Ok(Value::Bytes(Blob::Shared(text.as_bytes().into()))),
        _ => Err(EvalError::overload()),
    }
}

fn bytes_to_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Bytes(bytes)] => std::str::from_utf8(bytes)
            .map(Value::string)
            .map_err(|_| EvalError::argument("invalid UTF-8 in bytes, cannot convert to string")),
        _ => Err(EvalError::overload()),
    }
}

#[expect(clippy::cast_precision_loss, reason = "as in every CEL")]
fn to_double<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(match arguments {
        [Value::Double(value)] => *value,
        [Value::Int(value)] => *value as f64,
        [Value::Uint(value)] => *value as f64,
        [Value::String(text)] => {
            parse_double(text).ok_or_else(|| cannot_convert(text, "double"))?
        }
        _ => return Err(EvalError::overload()),
    }))
}

/// A number as Go reads it, infinities and not-a-number included.
fn parse_double(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_named = ["inf", "infinity", "nan"]
        .iter()
        .any(|name| unsigned.eq_ignore_ascii_case(name));
    if is_named {
        if unsigned.len() == 3
            && unsigned.eq_ignore_ascii_case("nan")
            && unsigned.len() < text.len()
        {
            return None;
        }
        return text.to_ascii_lowercase().parse().ok();
    }
    let bytes = unsigned.as_bytes();
    for (index, byte) in bytes.iter().enumerate() {
        let is_digit = |place: Option<usize>| {
            place
                .and_then(|place| bytes.get(place))
                .is_some_and(u8::is_ascii_digit)
        };
        // An underscore stands between digits and means nothing.
        let is_fine = match byte {
            b'_' => is_digit(index.checked_sub(1)) && is_digit(Some(index + 1)),
            byte => byte.is_ascii_digit() || b".eE+-".contains(byte),
        };
        if !is_fine {
            return None;
        }
    }
    text.replace('_', "")
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
}

fn to_duration<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Duration(match arguments {
        [Value::Duration(value)] => *value,
        [Value::Int(nanos)] => Duration::from_nanoseconds(*nanos),
        [Value::String(text)] => {
            Duration::parse(text).ok_or_else(|| cannot_convert(text, "duration"))?
        }
        _ => return Err(EvalError::overload()),
    }))
}

fn to_dyn<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [value] => Ok(value.clone()),
        _ => Err(EvalError::overload()),
    }
}

fn to_int<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(match arguments {
        [Value::Int(value)] => *value,
        [Value::Uint(value)] => i64::try_from(*value).map_err(|_| int_range())?,
        [Value::Double(value)] => {
            if !(value.is_finite() && *value > -INT_END && *value < INT_END) {
                return Err(int_range());
            }
            #[expect(clippy::cast_possible_truncation, reason = "the range was just tested")]
            let whole = *value as i64;
            whole
        }
        [Value::Duration(value)] => value.nanoseconds(),
        [Value::Timestamp(value)] => value.seconds(),
        [Value::String(text)] => text.parse().map_err(|_| cannot_convert(text, "int"))?,
        _ => return Err(EvalError::overload()),
    }))
}

fn to_uint<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Uint(match arguments {
        [Value::Uint(value)] => *value,
        [Value::Int(value)] => u64::try_from(*value).map_err(|_| uint_range())?,
        [Value::Double(value)] => {
            if !(value.is_finite() && *value >= 0.0 && *value < UINT_END) {
                return Err(uint_range());
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "the range was just tested"
            )]
            let whole = *value as u64;
            whole
        }
        [Value::String(text)] if !text.starts_with('+') => {
            text.parse().map_err(|_| cannot_convert(text, "uint"))?
        }
        [Value::String(text)] => return Err(cannot_convert(text, "uint")),
        _ => return Err(EvalError::overload()),
    }))
}

fn to_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::string(match arguments {
        [value @ Value::String(_)] => return Ok(value.clone()),
        [Value::Bool(value)] => value.to_string(),
        [Value::Int(value)] => value.to_string(),
        [Value::Uint(value)] => value.to_string(),
        [Value::Double(value)] => double_text(*value),
        [Value::Duration(value)] => value.to_string(),
        [Value::Timestamp(value)] => value.to_string(),
        [Value::Opaque(value @ (Opaque::Ip(_) | Opaque::Cidr(_)))] => {
            value.text().ok_or_else(EvalError::overload)?
        }
        _ => return Err(EvalError::overload()),
    }))
}

fn to_timestamp<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Timestamp(match arguments {
        [Value::Timestamp(value)] => *value,
        [Value::Int(seconds)] => Timestamp::new(*seconds, 0)
            .ok_or_else(|| EvalError::arithmetic("timestamp overflow"))?,
        [Value::String(text)] => {
            Timestamp::parse(text).ok_or_else(|| cannot_convert(text, "timestamp"))?
        }
        _ => return Err(EvalError::overload()),
    }))
}

/// A double as Go writes it with `%g`: the shortest digits, with an exponent from a million up and below `1e-4`.
pub(super) fn double_text(value: f64) -> String {
    written(value, 6)
}

/// The same, with an exponent only from `1e21` up.
pub(super) fn shortest_text(value: f64) -> String {
    written(value, 21)
}

fn written(value: f64, largest: i32) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    let Ok(exponent) = exponent.parse::<i32>() else {
        return scientific;
    };
    if (-4..largest).contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn cannot_convert(text: &str, wanted: &str) -> crate::error::Fault {
    let shown: String = text.chars().take(100).collect();
    EvalError::argument(format!("cannot convert {shown:?} to {wanted}"))
}

fn int_range() -> crate::error::Fault {
    EvalError::arithmetic("integer overflow")
}

fn uint_range() -> crate::error::Fault {
    EvalError::arithmetic("unsigned integer overflow")
}
