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

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    /// It is not written as one.
    Format,
    /// It has more digits than can be kept exactly.
    TooLong,
}

/// The smallest power of ten that is kept.
const NANO: i32 = -9;

/// The most that an amount with a binary suffix may be.
const MAX_BINARY: i128 = i64::MAX as i128;

impl Quantity {
    /// Reads an amount, or says why it is none, or none that can be kept exactly.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        Written::read(text)
            .ok_or(QuantityError::Format)?
            .amount()
            .ok_or(QuantityError::TooLong)
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

/// The parts of an amount as it was written.
struct Written<'t> {
    negative: bool,
    /// Digits before the point, without zeros at the start.
    whole: &'t str,
    /// Digits after the point.
    decimals: &'t str,
    base: Base,
    exponent: i64,
}

impl<'t> Written<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, text.get(1..)?),
            b'+' => (false, text.get(1..)?),
            _ => (false, text),
        };
        let digits_of = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let (whole, rest) = unsigned.split_at_checked(digits_of(unsigned))?;
        let (decimals, suffix) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at_checked(digits_of(rest))?,
            None => ("", rest),
        };
        // To the API server, no digits at all are zero, unless nothing is there.
        let (base, exponent) = suffix_value(suffix)?;
        Some(Self {
            negative,
            whole: whole.trim_start_matches('0'),
            decimals,
            base,
            exponent,
        })
    }

    /// The amount; `None` if it has more digits than can be kept.
    fn amount(&self) -> Option<Quantity> {
        let text = format!("{}{}", self.whole, self.decimals);
        let mut digits: i128 = if text.is_empty() {
            0
        } else {
            text.parse().ok()?
        };
        let length = i32::try_from(text.len()).ok()?;
        let decimal_count = i32::try_from(self.decimals.len()).ok()?;
        let exponent = i32::try_from(self.exponent).ok()?;
        let (mut scale, is_small) = match self.base {
            Base::Ten => {
                let scale = exponent.checked_sub(decimal_count)?;
                (scale, length <= 18 && scale >= NANO)
            }
            // The reference takes care not to overflow, and so keeps less than would fit.
            Base::Two => {
                let factor = 1_i128.checked_shl(u32::try_from(exponent).ok()?)?;
                digits = digits.checked_mul(factor)?;
                let is_small = self.decimals.is_empty() && 15 - length - exponent * 3 / 10 > 0;
                (-decimal_count, is_small)
            }
        };
        if !is_small {
            // Below a billionth, everything counts as one more.
            while scale < NANO {
                let more = digits % 10 != 0;
                digits = digits / 10 + i128::from(more);
                scale += 1;
                if digits <= 1 {
                    scale = NANO;
                }
            }
        }
        let mut amount = Quantity {
            digits,
            scale,
            is_small,
        };
        if !is_small && self.base == Base::Two {
            // A binary amount is at least one, and at most what 64 bits hold.
            let (least, most) = (Quantity::of(1), Quantity::of(MAX_BINARY));
            let bound = if amount.compare(&most).is_gt() {
                Some(most)
            } else if digits > 0 && amount.compare(&least).is_lt() {
                Some(least)
            } else {
                None
            };
            if let Some(bound) = bound {
                amount = Quantity {
                    is_small: false,
                    ..bound
                };
            }
        }
        if self.negative {
            amount.digits = -amount.digits;
        }
        Some(amount)
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    Two,
    Ten,
}

fn suffix_value(suffix: &str) -> Option<(Base, i64)> {
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

impl QuantityError {
    fn fault(self) -> Fault {
        match self {
            Self::Format => EvalError::argument(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            Self::TooLong => {
                EvalError::argument("a quantity of more digits than can be kept exactly")
            }
        }
    }
}

fn quantity<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Quantity::parse(text)
            .map(value)
            .map_err(QuantityError::fault),
        _ => Err(EvalError::overload()),
    }
}

fn is_quantity<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(text)] = arguments else {
        return Err(EvalError::overload());
    };
    match Quantity::parse(text) {
        Ok(_) => Ok(Value::Bool(true)),
        Err(QuantityError::Format) => Ok(Value::Bool(false)),
        Err(error) => Err(error.fault()),
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
