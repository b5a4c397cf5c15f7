//! Operators of numbers, rounding, ranges and random numbers.

use num_bigint::BigInt;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, bits, list,
    operands::wrong_type,
    sets,
    signature::{NUMBER, SET, STRING, Type, array},
};
use crate::{Number, Value};

const NUMBER_OR_SET: Type = Type::AnyOf(&[NUMBER, SET]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("plus", &[NUMBER, NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.plus(x.number(1)?))
    })
    .infix("+"),
    Builtin::new(
        "minus",
        &[NUMBER_OR_SET, NUMBER_OR_SET],
        NUMBER_OR_SET,
        minus,
    )
    .infix("-"),
    Builtin::new("mul", &[NUMBER, NUMBER], NUMBER, |c, x| {
        let (a, b) = (x.number(0)?, x.number(1)?);
        bits::may_have(c, a.bits() + b.bits())?;
        number(a.times(b))
    })
    .infix("*"),
    Builtin::new("div", &[NUMBER, NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.divided_by(x.number(1)?)?)
    })
    .infix("/"),
    Builtin::new("rem", &[NUMBER, NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.remainder(x.number(1)?)?)
    })
    .infix("%"),
    Builtin::new("ceil", &[NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.ceiling())
    }),
    Builtin::new("floor", &[NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.floor())
    }),
    Builtin::new("round", &[NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.round())
    }),
    Builtin::new("abs", &[NUMBER], NUMBER, |_, x| {
        number(x.number(0)?.absolute())
    }),
    Builtin::new(
        "numbers.range",
        &[NUMBER, NUMBER],
        array(&NUMBER),
        |c, x| range(c, x.big_integer(0)?, &x.big_integer(1)?, &BigInt::from(1)),
    ),
    Builtin::new(
        "numbers.range_step",
        &[NUMBER, NUMBER, NUMBER],
        array(&NUMBER),
        range_step,
    ),
    Builtin {
        is_deterministic: false,
        ..Builtin::new("rand.intn", &[STRING, NUMBER], NUMBER, random)
    },
];

fn number(value: Number) -> Answer {
    Ok(Some(Value::Number(value)))
}

/// The difference of two numbers or two sets.
fn minus(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    match (operands.value(0), operands.value(1)) {
        (Value::Number(a), Value::Number(b)) => number(a.minus(b)),
        (Value::Set(a), Value::Set(b)) => sets::difference(context, a, b),
        (Value::Set(_), other @ Value::Number(_)) => Err(wrong_type(1, other, &["set"])),
        (Value::Number(_) | Value::Set(_), other) => Err(wrong_type(1, other, &["number"])),
        (other, _) => Err(wrong_type(0, other, &["number", "set"])),
    }
}

fn range_step(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (from, to) = (operands.big_integer(0)?, operands.big_integer(1)?);
    let step = operands.big_integer(2)?;
    if step <= BigInt::ZERO {
        return Err(BuiltinError::failed(
            "numbers.range_step: step must be a positive integer",
        ));
    }
    range(context, from, &to, &step)
}

/// The numbers from one to another, both included, upwards or downwards.
fn range(context: &mut Context<'_>, from: BigInt, to: &BigInt, step: &BigInt) -> Answer {
    let is_upwards = from <= *to;
    let mut numbers = Vec::new();
    let longest = from.bits().max(to.bits());
    let bytes = usize::try_from(longest / 3).unwrap_or(usize::MAX);
    let mut next = from;
    while if is_upwards { next <= *to } else { next >= *to } {
        context.make_values(1)?;
        if longest > 63 {
            context.spend_bits(longest)?;
            context.make_bytes(bytes)?;
        }
        numbers.push(Value::Number(Number::from_integer(&next)));
        if is_upwards {
            next += step;
        } else {
            next -= step;
        }
    }
    list(numbers)
}

/// A random number from 0 to n-1, the same for the same text within an evaluation.
fn random(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let name = operands.string(0)?;
    let bound = operands.integer(1)?.unsigned_abs();
    if bound == 0 {
        return number(Number::from(0));
    }
    let key = Value::Array(
        [
            Value::String(name.clone()),
            Value::Number(Number::from_unsigned(bound)),
        ]
        .into(),
    );
    let drawn = context.once("rand.intn", key, |context| {
        Value::Number(Number::from_unsigned(context.random_bits() % bound))
    });
    Ok(Some(drawn))
}
