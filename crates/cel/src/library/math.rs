//! Arithmetic beyond the operators.

use std::cmp::Ordering;

use super::{Cost, Function, Implementation};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Value, compare},
};

const EXTREME: &[&str] = &[
    "(double) -> double",
    "(int) -> int",
    "(uint) -> uint",
    "(double, double) -> double",
    "(int, int) -> int",
    "(uint, uint) -> uint",
    "(int, uint) -> dyn",
    "(int, double) -> dyn",
    "(double, int) -> dyn",
    "(double, uint) -> dyn",
    "(uint, int) -> dyn",
    "(uint, double) -> dyn",
    "(list<double>) -> double",
    "(list<int>) -> int",
    "(list<uint>) -> uint",
];
const ROUNDING: &[&str] = &["(double) -> double"];
const QUESTION: &[&str] = &["(double) -> bool"];
const NUMERIC: &[&str] = &["(double) -> double", "(int) -> int", "(uint) -> uint"];
const BITS: &[&str] = &["(int, int) -> int", "(uint, uint) -> uint"];
const SHIFT: &[&str] = &["(int, int) -> int", "(uint, int) -> uint"];

pub(super) const FUNCTIONS: &[Function] = &[
    function("math.@max", EXTREME, greatest),
    function("math.@min", EXTREME, least),
    function("math.ceil", ROUNDING, ceil),
    function("math.floor", ROUNDING, floor),
    function("math.round", ROUNDING, round),
    function("math.trunc", ROUNDING, trunc),
    function("math.isInf", QUESTION, is_infinite),
    function("math.isNaN", QUESTION, is_nan),
    function("math.isFinite", QUESTION, is_finite),
    function("math.abs", NUMERIC, absolute),
    function("math.sign", NUMERIC, sign),
    function("math.bitAnd", BITS, bit_and),
    function("math.bitOr", BITS, bit_or),
    function("math.bitXor", BITS, bit_xor),
    function("math.bitNot", &["(int) -> int", "(uint) -> uint"], bit_not),
    function("math.bitShiftLeft", SHIFT, shift_left),
    function("math.bitShiftRight", SHIFT, shift_right),
    function(
        "math.sqrt",
        &["(double) -> double", "(int) -> double", "(uint) -> double"],
        square_root,
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

fn is_number(value: &Value<'_>) -> bool {
    matches!(value, Value::Int(_) | Value::Uint(_) | Value::Double(_))
}

/// The first of the values that no other is beyond.
fn extreme<'a>(arguments: &[Value<'a>], replaces: Ordering, name: &str) -> Outcome<'a> {
    let values: Vec<Value<'a>> = match arguments {
        [Value::List(list)] => list.iter().collect(),
        values => values.to_vec(),
    };
    let mut values = values.into_iter();
    let mut best = values.next().ok_or_else(|| {
        EvalError::argument(format!("math.{name}(list) argument must not be empty"))
    })?;
    if !is_number(&best) {
        return Err(EvalError::overload());
    }
    for value in values {
        if !is_number(&value) {
            return Err(EvalError::overload());
        }
        if compare(&best, &value).order() == Some(replaces) {
            best = value;
        }
    }
    Ok(best)
}

fn greatest<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, Ordering::Less, "@max")
}

fn least<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, Ordering::Greater, "@min")
}

fn double(arguments: &[Value<'_>]) -> Result<f64, crate::error::Fault> {
    match arguments {
        [Value::Double(value)] => Ok(*value),
        _ => Err(EvalError::overload()),
    }
}

fn ceil<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(double(arguments)?.ceil()))
}

fn floor<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(double(arguments)?.floor()))
}

fn round<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(double(arguments)?.round()))
}

fn trunc<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Double(double(arguments)?.trunc()))
}

fn is_infinite<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(double(arguments)?.is_infinite()))
}

fn is_nan<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(double(arguments)?.is_nan()))
}

fn is_finite<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    Ok(Value::Bool(double(arguments)?.is_finite()))
}

fn absolute<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Double(value)] => Ok(Value::Double(value.abs())),
        [Value::Int(value)] => value
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| EvalError::arithmetic("integer overflow")),
        [Value::Uint(value)] => Ok(Value::Uint(*value)),
        _ => Err(EvalError::overload()),
    }
}

fn sign<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Double(value)] if value.is_nan() => Ok(Value::Double(*value)),
        [Value::Double(value)] if *value == 0.0 => Ok(Value::Double(0.0)),
        [Value::Double(value)] => Ok(Value::Double(value.signum())),
        [Value::Int(value)] => Ok(Value::Int(value.signum())),
        [Value::Uint(value)] => Ok(Value::Uint((*value).min(1))),
        _ => Err(EvalError::overload()),
    }
}

fn bit_and<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => Ok(Value::Int(left & right)),
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(left & right)),
        _ => Err(EvalError::overload()),
    }
}

fn bit_or<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => Ok(Value::Int(left | right)),
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(left | right)),
        _ => Err(EvalError::overload()),
    }
}

fn bit_xor<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => Ok(Value::Int(left ^ right)),
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(left ^ right)),
        _ => Err(EvalError::overload()),
    }
}

fn bit_not<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Int(!value)),
        [Value::Uint(value)] => Ok(Value::Uint(!value)),
        _ => Err(EvalError::overload()),
    }
}

/// Shifts the bits of an integer; those that are shifted out are gone, and there is no sign.
fn shift<'a>(arguments: &[Value<'a>], name: &str, by: fn(u64, u32) -> Option<u64>) -> Outcome<'a> {
    let (bits, count, signed) = match arguments {
        [Value::Int(value), Value::Int(count)] => (value.cast_unsigned(), *count, true),
        [Value::Uint(value), Value::Int(count)] => (*value, *count, false),
        _ => return Err(EvalError::overload()),
    };
    if count < 0 {
        return Err(EvalError::argument(format!(
            "math.{name}() negative offset: {count}"
        )));
    }
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    let shifted = by(bits, count).unwrap_or(0);
    Ok(if signed {
        Value::Int(shifted.cast_signed())
    } else {
        Value::Uint(shifted)
    })
}

fn shift_left<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    shift(arguments, "bitShiftLeft", u64::checked_shl)
}

fn shift_right<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    shift(arguments, "bitShiftRight", u64::checked_shr)
}

#[expect(clippy::cast_precision_loss, reason = "as in every CEL")]
fn square_root<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let value = match arguments {
        [Value::Double(value)] => *value,
        [Value::Int(value)] => *value as f64,
        [Value::Uint(value)] => *value as f64,
        _ => return Err(EvalError::overload()),
    };
    Ok(Value::Double(value.sqrt()))
}
