//! Amounts as Kubernetes writes them, exact: `250m`, `1.5Gi`, `1e3`.
//!
//! See: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>

use std::{cmp::Ordering, fmt, sync::Arc};

use super::{Cost, Function, Implementation};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Opaque, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "quantity",
        overloads: &["(string) -> Quantity"],
        call: quantity,
        cost: Cost::Scan,
    },
    Function {
        name: "isQuantity",
        overloads: &["(string) -> bool"],
        call: is_quantity,
        cost: Cost::Scan,
    },
    function("sign", &["(Quantity) -> int"], sign),
    function(
        "isGreaterThan",
        &["Quantity.(Quantity) -> bool"],
        is_greater,
    ),
    function("isLessThan", &["Quantity.(Quantity) -> bool"], is_less),
    function("compareTo", &["Quantity.(Quantity) -> int"], compare_to),
    function("asApproximateFloat", &["Quantity.() -> double"], as_float),
    function("asInteger", &["Quantity.() -> int"], as_integer),
    function("isInteger", &["Quantity.() -> bool"], is_integer),
    function(
        "add",
        &[
            "Quantity.(Quantity) -> Quantity",
            "Quantity.(int) -> Quantity",
        ],
        add,
    ),
    function(
        "sub",
        &[
            "Quantity.(Quantity) -> Quantity",
            "Quantity.(int) -> Quantity",
        ],
        sub,
    ),
];

const fn function(
    name: &'static str,
    overloads: &'static [&'static str],
    call: Implementation,
) -> Function {
    Function {
        name,
        overloads,
        call,
        cost: Cost::Fixed(1),
    }
}

/// An amount: digits times a power of ten.
#[derive(Clone, Debug)]
pub struct Quantity {
    digits: i128,
    /// The power of ten; at least -9.
    scale: i32,
    /// Whether the API server would keep it in 64 bits; else it is never an integer to it.
    is_small: bool,
}

/// The smallest power of ten that is kept.
const NANO: i32 = -9;

/// The most that an amount with a binary suffix may be.
const MAX_BINARY: i128 = i64::MAX as i128;

impl Quantity {
    /// Reads an amount. `None` if it is none, or has more digits than can be kept exactly.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let whole_length = unsigned.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = unsigned.split_at_checked(whole_length)?;
        let (decimals, suffix) = match rest.strip_prefix('.') {
            Some(rest) => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                rest.split_at_checked(length)?
            }
            None => ("", rest),
        };
        // A point alone is zero to the API server.
        if whole.is_empty() && decimals.is_empty() && !rest.starts_with('.') {
            return None;
        }
        let (base, exponent) = suffix_value(suffix)?;
        let whole = whole.trim_start_matches('0');
        let digits_text = format!("{whole}{decimals}");
        let mut digits: i128 = if digits_text.is_empty() {
            0
        } else {
            digits_text.parse().ok()?
        };
        let decimal_count = i32::try_from(decimals.len()).ok()?;
        let length = i32::try_from(digits_text.len()).ok()?;
        let (mut scale, is_binary) = match base {
            Base::Ten => (exponent.checked_sub(decimal_count)?, false),
            Base::Two => (-decimal_count, true),
        };
        let is_small = match base {
            Base::Ten => length <= 18 && scale >= NANO,
            // 1024 has more digits than the reference counts for it; it is careful here.
            Base::Two => decimals.is_empty() && 15 - length - exponent * 3 / 10 > 0,
        };
        if is_binary {
            digits = digits.checked_mul(1_i128.checked_shl(u32::try_from(exponent).ok()?)?)?;
        }
        let mut amount = Self {
            digits,
            scale,
            is_small,
        };
        if !is_small {
            // Beyond a billionth, everything counts as one more; a binary amount is at least one.
            while scale < NANO {
                let more = amount.digits % 10 != 0;
                amount.digits = amount.digits / 10 + i128::from(more);
                scale += 1;
            }
            amount.scale = scale;
            if is_binary {
                let most = Self::of(MAX_BINARY);
                let one = Self::of(1);
                if amount.compare(&most).is_gt() {
                    amount = Self {
                        is_small: false,
                        ..most
                    };
                } else if amount.digits > 0 && amount.compare(&one).is_lt() {
                    amount = Self {
                        is_small: false,
                        ..one
                    };
                }
            }
        }
        if negative {
            amount.digits = -amount.digits;
        }
        Some(amount)
    }

    fn of(value: i128) -> Self {
        Self {
            digits: value,
            scale: 0,
            is_small: true,
        }
    }

    /// The order of two amounts.
    pub fn compare(&self, other: &Self) -> Ordering {
        let signs = self.digits.signum().cmp(&other.digits.signum());
        if signs.is_ne() || self.digits == 0 {
            return signs;
        }
        let scale = self.scale.min(other.scale);
        match (self.at_scale(scale), other.at_scale(scale)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Only the one with the larger scale can leave the range, and then it is the larger by far.
            (None, _) if self.digits > 0 => Ordering::Greater,
            (None, _) => Ordering::Less,
            (_, None) if self.digits > 0 => Ordering::Less,
            (_, None) => Ordering::Greater,
        }
    }

    fn at_scale(&self, scale: i32) -> Option<i128> {
        let power = u32::try_from(self.scale.checked_sub(scale)?).ok()?;
        self.digits.checked_mul(10_i128.checked_pow(power)?)
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        if self.digits == 0 && self.is_small && other.is_small {
            return Some(other.clone());
        }
        if other.digits == 0 && self.is_small && other.is_small {
            return Some(self.clone());
        }
        let scale = self.scale.min(other.scale);
        let left = self.at_scale(scale)?;
        let right = other.at_scale(scale)?;
        let digits = left.checked_add(right)?;
        let fits = |value: i128| i64::try_from(value).is_ok();
        Some(Self {
            digits,
            scale,
            is_small: self.is_small && other.is_small && fits(left) && fits(right) && fits(digits),
        })
    }

    fn negated(&self) -> Self {
        Self {
            digits: -self.digits,
            ..self.clone()
        }
    }

    /// The amount as an integer, where the API server sees one.
    pub fn as_integer(&self) -> Option<i64> {
        if !self.is_small || self.scale < 0 {
            return None;
        }
        self.at_scale(0).and_then(|value| i64::try_from(value).ok())
    }

    #[expect(clippy::cast_precision_loss, reason = "approximate, as its name says")]
    fn as_float(&self) -> f64 {
        let digits = self.digits as f64;
        if self.scale == 0 {
            digits
        } else {
            digits * 10_f64.powi(self.scale)
        }
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other).is_eq()
    }
}

impl fmt::Display for Quantity {
    /// With the largest suffix that leaves an integer.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SUFFIXES: [(&str, i32); 10] = [
            ("E", 18),
            ("P", 15),
            ("T", 12),
            ("G", 9),
            ("M", 6),
            ("k", 3),
            ("", 0),
            ("m", -3),
            ("u", -6),
            ("n", -9),
        ];
        if self.digits == 0 {
            return f.write_str("0");
        }
        let (mut digits, mut scale) = (self.digits, self.scale);
        while digits % 10 == 0 {
            digits /= 10;
            scale += 1;
        }
        for (suffix, power) in SUFFIXES {
            if let Some(digits) = u32::try_from(scale - power)
                .ok()
                .and_then(|power| digits.checked_mul(10_i128.checked_pow(power)?))
            {
                return write!(f, "{digits}{suffix}");
            }
        }
        write!(f, "{digits}e{scale}")
    }
}

enum Base {
    Two,
    Ten,
}

fn suffix_value(suffix: &str) -> Option<(Base, i32)> {
    Some(match suffix {
        "" => (Base::Ten, 0),
        "n" => (Base::Ten, -9),
        "u" => (Base::Ten, -6),
        "m" => (Base::Ten, -3),
        "k" => (Base::Ten, 3),
        "M" => (Base::Ten, 6),
        "G" => (Base::Ten, 9),
        "T" => (Base::Ten, 12),
        "P" => (Base::Ten, 15),
        "E" => (Base::Ten, 18),
        "Ki" => (Base::Two, 10),
        "Mi" => (Base::Two, 20),
        "Gi" => (Base::Two, 30),
        "Ti" => (Base::Two, 40),
        "Pi" => (Base::Two, 50),
        "Ei" => (Base::Two, 60),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            (Base::Ten, exponent.parse().ok()?)
        }
    })
}

fn value<'a>(quantity: Quantity) -> Value<'a> {
    Value::Opaque(Opaque::Quantity(Arc::new(quantity)))
}

fn unparsable() -> Fault {
    EvalError::argument(
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )
}

fn quantity<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Quantity::parse(text).map(value).ok_or_else(unparsable),
        _ => Err(EvalError::overload()),
    }
}

fn is_quantity<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::Bool(Quantity::parse(text).is_some())),
        _ => Err(EvalError::overload()),
    }
}

fn one<'v>(arguments: &'v [Value<'_>]) -> Result<&'v Quantity, Fault> {
    match arguments {
        [Value::Opaque(Opaque::Quantity(quantity))] => Ok(quantity),
        _ => Err(EvalError::overload()),
    }
}

fn two<'v>(arguments: &'v [Value<'_>]) -> Result<(&'v Quantity, &'v Quantity), Fault> {
    match arguments {
        [
            Value::Opaque(Opaque::Quantity(left)),
            Value::Opaque(Opaque::Quantity(right)),
        ] => Ok((left, right)),
        _ => Err(EvalError::overload()),
    }
}

fn sign<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Int(match one(arguments)?.digits.signum() {
        1 => 1,
        -1 => -1,
        _ => 0,
    }))
}

fn is_greater<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = two(arguments)?;
    Ok(Value::Bool(left.compare(right).is_gt()))
}

fn is_less<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = two(arguments)?;
    Ok(Value::Bool(left.compare(right).is_lt()))
}

fn compare_to<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = two(arguments)?;
    Ok(Value::Int(left.compare(right) as i64))
}

fn as_float<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(one(arguments)?.as_float()))
}

fn as_integer<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    one(arguments)?
        .as_integer()
        .map(Value::Int)
        .ok_or_else(|| EvalError::argument("cannot convert value to integer"))
}

fn is_integer<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(one(arguments)?.as_integer().is_some()))
}

fn operands(arguments: &[Value<'_>]) -> Result<(Quantity, Quantity), Fault> {
    match arguments {
        [
            Value::Opaque(Opaque::Quantity(left)),
            Value::Opaque(Opaque::Quantity(right)),
        ] => Ok(((**left).clone(), (**right).clone())),
        [Value::Opaque(Opaque::Quantity(left)), Value::Int(right)] => {
            Ok(((**left).clone(), Quantity::of((*right).into())))
        }
        _ => Err(EvalError::overload()),
    }
}

fn too_large() -> Fault {
    EvalError::arithmetic("quantity overflow")
}

fn add<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = operands(arguments)?;
    left.plus(&right).map(value).ok_or_else(too_large)
}

fn sub<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (left, right) = operands(arguments)?;
    left.plus(&right.negated()).map(value).ok_or_else(too_large)
}
