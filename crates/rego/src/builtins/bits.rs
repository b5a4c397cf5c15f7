//! Whole numbers as bits, of any length, negative ones as if in two's complement.

use num_bigint::BigInt;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, operands::refused, signature::NUMBER,
};
use crate::{Number, Value};

/// The bits that a number may be made of.
const MAX_BITS: u64 = 1 << 20;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("bits.or", &[NUMBER, NUMBER], NUMBER, |_, x| {
        whole(&(x.big_integer(0)? | x.big_integer(1)?))
    }),
    Builtin::new("bits.and", &[NUMBER, NUMBER], NUMBER, |_, x| {
        whole(&(x.big_integer(0)? & x.big_integer(1)?))
    }),
    Builtin::new("bits.xor", &[NUMBER, NUMBER], NUMBER, |_, x| {
        whole(&(x.big_integer(0)? ^ x.big_integer(1)?))
    }),
    Builtin::new("bits.negate", &[NUMBER], NUMBER, |_, x| {
        whole(&!x.big_integer(0)?)
    }),
    Builtin::new("bits.lsh", &[NUMBER, NUMBER], NUMBER, shift_left),
    Builtin::new("bits.rsh", &[NUMBER, NUMBER], NUMBER, shift_right),
];

fn whole(value: &BigInt) -> Answer {
    Ok(Some(Value::Number(Number::from_integer(value))))
}

/// Pays for a number of so many bits that is about to be made, and refuses one that is too long.
pub(super) fn may_have(context: &mut Context<'_>, bits: u64) -> Result<(), BuiltinError> {
    if bits > MAX_BITS {
        return Err(BuiltinError::halt(
            "a number would have more than a million bits",
        ));
    }
    context.spend_bits(bits)
}

/// The value to shift, and by how much.
fn shift(operands: Operands<'_>) -> Result<(BigInt, u64), BuiltinError> {
    let (value, distance) = (operands.big_integer(0)?, operands.big_integer(1)?);
    if distance < BigInt::ZERO {
        return Err(refused(
            1,
            "must be an unsigned integer number but got a negative integer",
        ));
    }
    Ok((value, u64::try_from(distance).unwrap_or(u64::MAX)))
}

fn shift_left(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (value, distance) = shift(operands)?;
    if value == BigInt::ZERO {
        return whole(&value);
    }
    let bits = value.bits().saturating_add(distance);
    may_have(context, bits)?;
    whole(&(value << distance))
}

fn shift_right(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (value, distance) = shift(operands)?;
    whole(&(value >> distance))
}
