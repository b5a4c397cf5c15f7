//! `units.parse` and `units.parse_bytes`: amounts with a suffix, as `10Gi`.

use num_bigint::{BigInt, BigUint, Sign};

use super::{
    Answer, Builtin, BuiltinError, Context, Operands,
    signature::{NUMBER, STRING},
};
use crate::{Number, Value};

/// Digits of an exponent.
const MAX_EXPONENT_DIGITS: usize = 6;
/// Digits that a result may have; far more than any amount.
const MAX_DIGITS: i64 = 100_000;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("units.parse", &[STRING], NUMBER, parse),
    Builtin::new("units.parse_bytes", &[STRING], NUMBER, parse_bytes),
];

fn failed(builtin: &str, what: &str) -> BuiltinError {
    BuiltinError::failed(format!("{builtin}: {what}"))
}

/// The number at the start and the unit behind it. Quotes are left out.
fn split(builtin: &str, text: &str) -> Result<(String, String), BuiltinError> {
    let text = text.replace('"', "");
    if text.contains(' ') {
        return Err(failed(builtin, "spaces not allowed in resource strings"));
    }
    let at = unit_at(&text).ok_or_else(|| failed(builtin, "exponent too large"))?;
    let (number, unit) = text.split_at_checked(at).unwrap_or((&text, ""));
    if number.is_empty() {
        return Err(failed(
            builtin,
            if builtin == "units.parse" {
                "no amount provided"
            } else {
                "no byte amount provided"
            },
        ));
    }
    Ok((number.to_owned(), unit.to_owned()))
}

/// Where the unit starts; `None` if an exponent has too many digits.
fn unit_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
    let mut index = 0;
    while index < bytes.len() {
        match at(index) {
            b'e' | b'E' => {
                let next = at(index + 1);
                if !next.is_ascii_digit() && !matches!(next, b'+' | b'-') {
                    return Some(index);
                }
                if matches!(next, b'+' | b'-') {
                    index += 1;
                }
                let digits = bytes
                    .iter()
                    .skip(index + 1)
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                if digits > MAX_EXPONENT_DIGITS {
                    return None;
                }
            }
            b'0'..=b'9' | b'.' | b'+' | b'-' => {}
            _ => return Some(index),
        }
        index += 1;
    }
    Some(bytes.len())
}

/// A decimal fraction: digits and the power of ten they are multiplied with.
fn decimal(text: &str) -> Option<(BigInt, i64)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix('+').unwrap_or(exponent);
            if digits.starts_with('+') {
                return None;
            }
            (mantissa, digits.parse::<i64>().ok()?)
        }
        None => (text, 0),
    };
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => (Sign::Minus, rest),
        None => (Sign::Plus, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let value = BigUint::parse_bytes(digits.as_bytes(), 10)?;
    let exponent = exponent.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    Some((BigInt::from_biguint(sign, value), exponent))
}

/// An amount in units of Kubernetes; `m` is a thousandth, `M` a million.
fn parse(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    const NAME: &str = "units.parse";
    let text = operands.string(0)?;
    context.spend_bytes(text.len())?;
    let (number, unit) = split(NAME, text)?;
    let mut letters = unit.chars();
    let unit: String = letters
        .next()
        .into_iter()
        .chain(letters.as_str().to_lowercase().chars())
        .collect();
    let scale = |exponent: u32| BigInt::from(10).pow(exponent);
    let binary = |exponent: u32| BigInt::from(1) << exponent;
    let factor = match unit.as_str() {
        "m" | "" => BigInt::from(1),
        "k" | "K" => scale(3),
        "ki" | "Ki" => binary(10),
        "M" => scale(6),
        "mi" | "Mi" => binary(20),
        "g" | "G" => scale(9),
        "gi" | "Gi" => binary(30),
        "t" | "T" => scale(12),
        "ti" | "Ti" => binary(40),
        "p" | "P" => scale(15),
        "pi" | "Pi" => binary(50),
        "e" | "E" => scale(18),
        "ei" | "Ei" => binary(60),
        other => return Err(failed(NAME, &format!("unit {other} not recognized"))),
    };
    let (mut value, mut exponent) =
        decimal(&number).ok_or_else(|| failed(NAME, "could not parse amount to a number"))?;
    value *= factor;
    if value != BigInt::ZERO && exponent.abs() > MAX_DIGITS {
        return Err(BuiltinError::halt(
            "units.parse: the amount has too many digits",
        ));
    }
    context.spend(exponent.unsigned_abs() / 16)?;
    let mut denominator = BigInt::from(1);
    if unit == "m" {
        // OPA takes the floating point number next to a thousandth.
        let (numerator, power) = thousandth();
        value *= numerator;
        denominator = BigInt::from(1) << power;
    }
    if exponent > 0 {
        value *= BigInt::from(10).pow(u32::try_from(exponent).unwrap_or(0));
        exponent = 0;
    }
    denominator *= BigInt::from(10).pow(u32::try_from(-exponent).unwrap_or(0));
    if &value % &denominator == BigInt::ZERO {
        return Ok(Some(Value::Number(Number::from_integer(
            &(value / denominator),
        ))));
    }
    number_with_ten_digits(&value, &denominator)
}

/// The mantissa and the negative exponent of the `f64` next to 0.001.
const fn thousandth() -> (u64, u32) {
    let bits = 0.001_f64.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    (mantissa, 1075 - ((bits >> 52) & 0x7ff) as u32)
}

/// A fraction with ten digits behind the point, halves away from zero.
fn number_with_ten_digits(value: &BigInt, denominator: &BigInt) -> Answer {
    let scaled = value.magnitude() * BigUint::from(10u8).pow(10);
    let denominator = denominator.magnitude();
    let mut digits = &scaled / denominator;
    if (scaled % denominator) * 2u8 >= *denominator {
        digits += 1u8;
    }
    let digits = format!("{:0>11}", digits.to_string());
    let (whole, fraction) = digits
        .split_at_checked(digits.len() - 10)
        .unwrap_or(("0", &digits));
    let sign = if value.sign() == Sign::Minus { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
        .parse()
        .map(|number| Some(Value::Number(number)))
        .map_err(|_| failed("units.parse", "could not parse amount to a number"))
}

/// A number of bytes; all units in any case, what is less than a byte is left out.
fn parse_bytes(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    const NAME: &str = "units.parse_bytes";
    let text = operands.string(0)?;
    context.spend_bytes(text.len())?;
    let (number, unit) = split(NAME, &text.to_lowercase())?;
    let factor = match unit.as_str() {
        "" => 1,
        "kb" | "k" => 1_000,
        "kib" | "ki" => 1 << 10,
        "mb" | "m" => 1_000_000,
        "mib" | "mi" => 1 << 20,
        "gb" | "g" => 1_000_000_000,
        "gib" | "gi" => 1 << 30,
        "tb" | "t" => 1_000_000_000_000,
        "tib" | "ti" => 1 << 40,
        "pb" | "p" => 1_000_000_000_000_000,
        "pib" | "pi" => 1 << 50,
        "eb" | "e" => 1_000_000_000_000_000_000,
        "eib" | "ei" => 1 << 60,
        other => {
            return Err(failed(NAME, &format!("byte unit {other} not recognized")));
        }
    };
    let amount: Number = decimal(&number)
        .and_then(|_| number.parse().ok())
        .ok_or_else(|| failed(NAME, "could not parse byte amount to a number"))?;
    let bytes = amount.binary_times(factor).truncated();
    Ok(Some(Value::Number(Number::from_integer(&bytes))))
}
