//! Durations: `1h30m`, and in OPA also days, weeks and years of 365 days.

use std::fmt::Write;

use super::super::BuiltinError;

/// Nanoseconds of a duration.
pub(super) fn parse(text: &str) -> Result<i64, BuiltinError> {
    let parsed = if text.contains(['d', 'w', 'y']) {
        in_hours(text).and_then(|text| nanoseconds(&text))
    } else {
        nanoseconds(text)
    };
    parsed.ok_or_else(|| BuiltinError::failed(format!("time: invalid duration {text:?}")))
}

/// Rewrites days, weeks and years as hours; `None` if it is no list of numbers with units.
fn in_hours(text: &str) -> Option<String> {
    let (sign, mut rest) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.get(..1)?, rest),
        None => ("", text),
    };
    if rest.is_empty() {
        return None;
    }
    let mut rewritten = sign.to_owned();
    while !rest.is_empty() {
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b'.')
            .count();
        let (digits, behind) = rest.split_at_checked(length)?;
        if digits.is_empty() {
            return None;
        }
        let unit = ["ms", "us", "µs", "ns"]
            .into_iter()
            .find(|unit| behind.starts_with(unit))
            .or_else(|| {
                behind
                    .get(..1)
                    .filter(|unit| unit.bytes().all(|byte| byte.is_ascii_lowercase()))
            })?;
        let hours = match unit {
            "d" => 24.0,
            "w" => 7.0 * 24.0,
            "y" => 365.0 * 24.0,
            other => {
                rewritten.push_str(digits);
                rewritten.push_str(other);
                rest = behind.get(unit.len()..)?;
                continue;
            }
        };
        let value: f64 = digits.parse().ok()?;
        let _ = write!(rewritten, "{}h", value * hours);
        rest = behind.get(unit.len()..)?;
    }
    Some(rewritten)
}

/// Numbers with units, from hours to nanoseconds.
fn nanoseconds(text: &str) -> Option<i64> {
    const LIMIT: u64 = 1 << 63;
    let (is_negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let (whole, behind) = digits(rest)?;
        let mut value = if whole.is_empty() {
            0
        } else {
            whole.parse().ok().filter(|value| *value <= LIMIT)?
        };
        rest = behind;
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            (fraction, rest) = digits(behind)?;
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let length = rest
            .find(|letter: char| letter == '.' || letter.is_ascii_digit())
            .unwrap_or(rest.len());
        let (unit, behind) = rest.split_at_checked(length)?;
        rest = behind;
        let unit: u64 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        if value > LIMIT / unit {
            return None;
        }
        value *= unit;
        value += part(fraction, unit);
        if value > LIMIT {
            return None;
        }
        total = total.checked_add(value).filter(|total| *total <= LIMIT)?;
    }
    if is_negative {
        // The smallest number has no positive counterpart.
        return Some(total.cast_signed().wrapping_neg());
    }
    i64::try_from(total).ok()
}

fn digits(text: &str) -> Option<(&str, &str)> {
    text.split_at_checked(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A fraction of a unit in nanoseconds, as far as its digits fit 64 bits, computed as Go does.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rounding is that of Go's floating point numbers"
)]
fn part(digits: &str, unit: u64) -> u64 {
    let (mut value, mut scale) = (0_u64, 1.0_f64);
    for digit in digits.bytes() {
        if value > ((1 << 63) - 1) / 10 {
            break;
        }
        let next = value * 10 + u64::from(digit - b'0');
        if next > 1 << 63 {
            break;
        }
        value = next;
        scale *= 10.0;
    }
    (value as f64 * (unit as f64 / scale)) as u64
}
