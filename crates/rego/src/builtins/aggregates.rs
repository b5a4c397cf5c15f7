//! One value of many: counts, sums, extremes.

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, bits, boolean, list,
    operands::{wrong_member, wrong_type},
    signature::{ANY, ARRAY, BOOLEAN, LIST, NUMBER, OBJECT, SET, STRING, Type, array},
};
use crate::{Number, Value, number};

const COUNTED: Type = Type::AnyOf(&[STRING, ARRAY, OBJECT, SET]);
const NUMBERS: Type = Type::AnyOf(&[array(&NUMBER), Type::Set(&NUMBER)]);

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("count", &[COUNTED], NUMBER, count),
    Builtin::new("sum", &[NUMBERS], NUMBER, |c, x| {
        let numbers = numbers(c, x)?;
        Ok(Some(Value::Number(number::sum(numbers.iter().copied()))))
    }),
    Builtin::new("product", &[NUMBERS], NUMBER, |c, x| {
        let numbers = numbers(c, x)?;
        bits::may_have(c, numbers.iter().map(|number| number.bits()).sum())?;
        Ok(Some(Value::Number(number::product(
            numbers.iter().copied(),
        ))))
    }),
    Builtin::new("max", &[LIST], ANY, |c, x| {
        Ok(members(c, x)?.iter().max().cloned())
    }),
    Builtin::new("min", &[LIST], ANY, |c, x| {
        // The last of equal ones, as OPA gives.
        let least = members(c, x)?.iter().rev().min().cloned();
        Ok(least)
    }),
    Builtin::new("sort", &[LIST], ARRAY, sort),
    Builtin::new("any", &[LIST], BOOLEAN, |_, x| {
        boolean(
            x.members(0, &["array", "set"])?
                .contains(&Value::Bool(true)),
        )
    })
    .deprecated(),
    Builtin::new("all", &[LIST], BOOLEAN, |_, x| {
        let members = x.members(0, &["array", "set"])?;
        boolean(members.iter().all(|member| *member == Value::Bool(true)))
    })
    .deprecated(),
];

fn count(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let count = match operands.value(0) {
        Value::Array(items) => items.len(),
        Value::Object(object) => object.entries().len(),
        Value::Set(set) => set.members().len(),
        Value::String(text) => {
            context.spend_bytes(text.len())?;
            text.chars().count()
        }
        other => {
            return Err(wrong_type(0, other, &["array", "object", "set", "string"]));
        }
    };
    Ok(Some(Value::Number(Number::from_count(count))))
}

fn members<'a>(
    context: &mut Context<'_>,
    operands: Operands<'a>,
) -> Result<&'a [Value], BuiltinError> {
    let members = operands.members(0, &["set", "array"])?;
    context.spend_values(members.len())?;
    Ok(members)
}

fn numbers<'a>(
    context: &mut Context<'_>,
    operands: Operands<'a>,
) -> Result<Vec<&'a Number>, BuiltinError> {
    members(context, operands)?
        .iter()
        .map(|member| match member {
            Value::Number(number) => {
                context.spend_bits(number.bits())?;
                Ok(number)
            }
            other => Err(wrong_member(0, operands.value(0), other, &["number"])),
        })
        .collect()
}

fn sort(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut items = members(context, operands)?.to_vec();
    // A set is sorted already.
    if matches!(operands.value(0), Value::Array(_)) {
        items.sort();
    }
    list(items)
}
