//! Numbers as Go's JSON gives them to a policy: doubles.

use serde_json::Value;

/// Whole numbers up to this are exact in a double.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A double as a JSON number, without a fraction where it is whole; `None` for infinity and NaN.
pub(crate) fn double(number: f64) -> Option<Value> {
    if number.fract() == 0.0 && number.abs() <= EXACT {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "whole and at most 2^53, so it fits"
        )]
        return Some(Value::from(number as i64));
    }
    serde_json::Number::from_f64(number).map(Value::Number)
}

/// Turns every number below a value into a double.
pub(crate) fn to_doubles(value: &mut Value) {
    match value {
        Value::Number(number) => {
            if let Some(double) = number.as_f64().and_then(double) {
                *value = double;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(to_doubles),
        Value::Object(values) => values.values_mut().for_each(to_doubles),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// What Go's `strconv.ParseFloat(text, 64)` reads, infinity and NaN included.
pub(crate) fn parse_float(text: &str) -> Option<f64> {
    if text.contains('_') {
        return separates_digits(text)
            .then(|| parse_float(&text.replace('_', "")))
            .flatten();
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = unsigned.to_ascii_lowercase();
    if matches!(lower.as_str(), "inf" | "infinity" | "nan") {
        return lower
            .starts_with('i')
            .then_some(f64::INFINITY)
            .or(Some(f64::NAN));
    }
    if lower.starts_with("0x") {
        return parse_hexadecimal(text.starts_with('-'), lower.get(2..)?);
    }
    // Rust's parser takes the same decimal forms: `1`, `1.`, `.5`, `1e9`.
    if !unsigned
        .bytes()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether each underscore stands between digits, or between `0x` and a digit.
fn separates_digits(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    let (base, digits, mut was_digit) = match unsigned.strip_prefix("0x") {
        Some(digits) => (16, digits, true),
        None => (10, unsigned, false),
    };
    let mut was_underscore = false;
    for c in digits.chars() {
        let is_digit = c.is_digit(base);
        if (c == '_' && !was_digit) || (was_underscore && !is_digit) {
            return false;
        }
        was_underscore = c == '_';
        was_digit = is_digit;
    }
    !was_underscore
}

/// Hexadecimal floats: digits, an optional point and a `p` exponent, which must be there.
fn parse_hexadecimal(negative: bool, text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once('p')?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    // More digits than a double holds would need correct rounding, which no configuration asks for.
    if digits.is_empty() || digits.len() > 13 {
        return None;
    }
    let value = u64::from_str_radix(&digits, 16).ok()?;
    let scale = exponent - 4 * i32::try_from(fraction.len()).ok()?;
    #[expect(clippy::cast_precision_loss, reason = "13 digits are 52 bits")]
    let number = (value as f64) * 2f64.powi(scale);
    Some(if negative { -number } else { number }).filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{double, parse_float};

    #[test]
    fn whole_numbers_have_no_fraction() {
        assert_eq!(double(3.0), Some(json!(3)));
        assert_eq!(double(-0.5), Some(json!(-0.5)));
        assert_eq!(double(1e21), Some(json!(1e21)));
        assert_eq!(double(f64::NAN), None);
    }

    #[test]
    fn floats_are_those_of_go() {
        for (text, expected) in [
            ("1", Some(1.0)),
            ("1.", Some(1.0)),
            (".5", Some(0.5)),
            ("+1e3", Some(1000.0)),
            ("0x10p2", Some(64.0)),
            ("-0x1.8p1", Some(-3.0)),
            ("0x10", None),
            ("1_000", Some(1000.0)),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1e999", None),
            ("", None),
            (".", None),
            ("abc", None),
            ("1 ", None),
        ] {
            assert_eq!(parse_float(text), expected, "{text}");
        }
        assert_eq!(parse_float("Inf"), Some(f64::INFINITY));
        assert!(parse_float("nan").is_some_and(f64::is_nan));
    }
}
