//! What a plain scalar of YAML is: null, a boolean, a number, or text.

use std::sync::Arc;

use super::{super::BuiltinError, failed};
use crate::{Number, Value};

#[derive(Debug)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    /// A whole number of 64 bits, signed or not.
    Integer(i128),
    Float(f64),
    Text(Arc<str>),
}

impl Scalar {
    /// A scalar without quotes and tag, by the rules of go.yaml.in/yaml/v3.
    pub(super) fn plain(text: &str) -> Self {
        match text {
            "" | "~" | "null" | "Null" | "NULL" => return Self::Null,
            "true" | "True" | "TRUE" => return Self::Bool(true),
            "false" | "False" | "FALSE" => return Self::Bool(false),
            ".nan" | ".NaN" | ".NAN" => return Self::Float(f64::NAN),
            ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
                return Self::Float(f64::INFINITY);
            }
            "-.inf" | "-.Inf" | "-.INF" => return Self::Float(f64::NEG_INFINITY),
            _ => {}
        }
        let number = match text.as_bytes().first() {
            Some(b'.') => float(text),
            Some(b'+' | b'-' | b'0'..=b'9') => {
                let plain = text.replace('_', "");
                integer(&plain).map(Self::Integer).or_else(|| float(&plain))
            }
            _ => None,
        };
        number.unwrap_or_else(|| Self::Text(Arc::from(text)))
    }

    /// The scalar as JSON has it.
    pub(super) fn value(&self) -> Result<Value, BuiltinError> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => number(&value.to_string())?,
            Self::Float(value) if value.is_finite() => number(&json_float(*value))?,
            Self::Float(_) => return Err(failed("json: unsupported value")),
            Self::Text(text) => Value::String(Arc::clone(text)),
        })
    }

    /// The scalar as a key; null is none.
    pub(super) fn key(&self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(value) => Value::from(&*value.to_string()),
            Self::Integer(value) => Value::from(&*value.to_string()),
            Self::Float(value) => Value::from(&*key_float(*value)),
            Self::Text(text) => Value::String(Arc::clone(text)),
        })
    }
}

fn number(text: &str) -> Result<Value, BuiltinError> {
    text.parse::<Number>()
        .map(Value::Number)
        .map_err(|error| failed(error.to_string()))
}

/// A whole number in base 2, 8, 10 or 16 that fits 64 bits.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.get(1..)?)
    } else {
        (10, &*lower)
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(digits, base).ok()? * sign;
    let is_signed = i64::try_from(value).is_ok();
    // Only numbers without a sign may use all 64 bits.
    let is_unsigned = u64::try_from(value).is_ok() && !text.starts_with(['+', '-']);
    (is_signed || is_unsigned).then_some(value)
}

fn float(text: &str) -> Option<Scalar> {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let mantissa = rest.split(['e', 'E']).next()?;
    let is_number = rest
        .bytes()
        .all(|byte| is_digit(byte) || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
        && mantissa.bytes().any(is_digit);
    if !is_number {
        return None;
    }
    text.parse::<f64>()
        .ok()
        .filter(|value| value.is_finite())
        .map(Scalar::Float)
}

/// A number as Go's `encoding/json` writes it.
fn json_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        return if text.contains("e-") {
            text
        } else {
            text.replace('e', "e+")
        };
    }
    format!("{value}")
}

/// A number as a key: the shortest digits that tell it from other numbers of 32 bits.
#[expect(
    clippy::cast_possible_truncation,
    reason = "OPA writes keys with 32 bits"
)]
fn key_float(value: f64) -> String {
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    // As many digits as are there count, up to 21 of them.
    if !(-4..21).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    format!("{value}")
}
