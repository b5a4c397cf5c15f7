//! What a scalar means, as go-yaml version 2 resolves it.

use serde_json::Value;

use crate::number::double;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Integer(i64),
    /// Beyond the range of signed integers.
    Unsigned(u64),
    Float(f64),
    Text(String),
}

/// The prefix that `!!` stands for.
const CORE: &str = "tag:yaml.org,2002:";

/// Resolves a scalar. Only plain ones and tagged ones are anything but text.
pub(super) fn resolve(text: &str, is_plain: bool, tag: Option<&str>) -> Result<Scalar, String> {
    let short = match tag {
        None if is_plain => None,
        None => return Ok(Scalar::Text(text.to_owned())),
        Some(tag) => Some(
            tag.strip_prefix("!!")
                .or_else(|| tag.strip_prefix(CORE))
                .unwrap_or(tag),
        ),
    };
    let wrong = || Err(format!("cannot decode {text:?} as {}", tag.unwrap_or("")));
    match short {
        None => Ok(implicit(text)),
        Some("binary") => match base64(text) {
            Some(bytes) => Ok(Scalar::Text(String::from_utf8_lossy(&bytes).into_owned())),
            None => wrong(),
        },
        Some("bool") => match implicit(text) {
            found @ Scalar::Bool(_) => Ok(found),
            _ => wrong(),
        },
        Some("int") => match implicit(text) {
            found @ (Scalar::Integer(_) | Scalar::Unsigned(_)) => Ok(found),
            _ => wrong(),
        },
        Some("float") => match implicit(text) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "go-yaml converts in the same way"
            )]
            Scalar::Integer(number) => Ok(Scalar::Float(number as f64)),
            found @ Scalar::Float(_) => Ok(found),
            _ => wrong(),
        },
        Some("null") => match implicit(text) {
            Scalar::Null => Ok(Scalar::Null),
            _ => wrong(),
        },
        // Text is what `!!str` asks for, what times stay, and what a tag nobody knows leaves.
        Some(_) => Ok(Scalar::Text(text.to_owned())),
    }
}

fn implicit(text: &str) -> Scalar {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Scalar::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    match text.bytes().next() {
        Some(b'.') => {
            if let Some(number) = crate::number::parse_float(text) {
                return Scalar::Float(number);
            }
        }
        Some(b'+' | b'-' | b'0'..=b'9') if !is_time(text) => {
            let plain = text.replace('_', "");
            if let Some(number) = integer(&plain) {
                return number;
            }
            if is_float(&plain)
                && let Ok(number) = plain.parse::<f64>()
                && number.is_finite()
            {
                return Scalar::Float(number);
            }
        }
        _ => {}
    }
    Scalar::Text(text.to_owned())
}

/// Integers as Go's `strconv` reads them with base 0: `0x`, `0o`, `0b`, and a leading 0 for octal.
fn integer(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = if let Some(digits) = lower.strip_prefix("0x") {
        (16, digits)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        (8, digits)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        (2, digits)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, lower.get(1..)?)
    } else {
        (10, lower.as_str())
    };
    if digits.is_empty() || !digits.bytes().all(|digit| char::from(digit).is_digit(base)) {
        return None;
    }
    let number = i128::from(u64::from_str_radix(digits, base).ok()?) * sign;
    if let Ok(number) = i64::try_from(number) {
        return Some(Scalar::Integer(number));
    }
    // Go reads no sign before what only fits unsigned.
    if text.starts_with(['+', '-']) {
        return None;
    }
    u64::try_from(number).ok().map(Scalar::Unsigned)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = text
        .split_once(['e', 'E'])
        .map_or((text, None), |(mantissa, exponent)| {
            (mantissa, Some(exponent))
        });
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_mantissa =
        digits(whole) && digits(fraction) && (!whole.is_empty() || !fraction.is_empty());
    let is_exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    is_mantissa && is_exponent
}

/// Whether a text starts as a date does; those stay text, as anything that is no number does.
fn is_time(text: &str) -> bool {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    digits == 4 && text.as_bytes().get(4) == Some(&b'-')
}

impl Scalar {
    /// The scalar as a JSON value. Infinity and NaN have none.
    pub(super) fn value(self) -> Result<Value, String> {
        #[expect(clippy::cast_precision_loss, reason = "policies see doubles")]
        let number = match self {
            Self::Null => return Ok(Value::Null),
            Self::Bool(value) => return Ok(Value::Bool(value)),
            Self::Text(text) => return Ok(Value::String(text)),
            Self::Integer(number) => number as f64,
            Self::Unsigned(number) => number as f64,
            Self::Float(number) => number,
        };
        double(number).ok_or_else(|| format!("{number} has no place in JSON, which policies see"))
    }

    /// The scalar as a key of an object.
    pub(super) fn key(&self) -> Result<String, String> {
        Ok(match self {
            Self::Text(text) => text.clone(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Float(number) => float_key(*number),
            Self::Null => return Err("null cannot be a key".to_owned()),
            Self::Unsigned(number) => return Err(format!("{number} is too large for a key")),
        })
    }
}

/// A float as Go's `strconv.FormatFloat(number, 'g', -1, 32)` writes it.
fn float_key(number: f64) -> String {
    if number.is_nan() {
        return ".nan".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the library writes 32 bits"
    )]
    let number = number as f32;
    if number.is_infinite() {
        return if number > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Standard base64, line breaks ignored.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut bits = 0_u32;
    let mut count = 0;
    let mut padding = 0;
    let mut length = 0;
    for byte in text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')) {
        length += 1;
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                continue;
            }
            _ => return None,
        };
        if padding > 0 {
            return None;
        }
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    (length % 4 == 0 && padding <= 2).then_some(bytes)
}
