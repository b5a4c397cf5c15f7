//! `==`, `<`, `in` and their kin.

use std::cmp::Ordering;

use super::{
    Answer, Availability, Builtin, Context, Operands, boolean,
    signature::{ANY, BOOLEAN},
};
use crate::Value;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::declared("eq", &[ANY, ANY], BOOLEAN, Availability::Evaluator).infix("="),
    Builtin::declared("assign", &[ANY, ANY], BOOLEAN, Availability::Evaluator).infix(":="),
    Builtin::new("internal.member_2", &[ANY, ANY], BOOLEAN, member).infix("in"),
    Builtin::new(
        "internal.member_3",
        &[ANY, ANY, ANY],
        BOOLEAN,
        member_with_key,
    )
    .infix("in"),
    Builtin::new("gt", &[ANY, ANY], BOOLEAN, |_, x| boolean(order(x).is_gt())).infix(">"),
    Builtin::new("gte", &[ANY, ANY], BOOLEAN, |_, x| {
        boolean(order(x).is_ge())
    })
    .infix(">="),
    Builtin::new("lt", &[ANY, ANY], BOOLEAN, |_, x| boolean(order(x).is_lt())).infix("<"),
    Builtin::new("lte", &[ANY, ANY], BOOLEAN, |_, x| {
        boolean(order(x).is_le())
    })
    .infix("<="),
    Builtin::new("neq", &[ANY, ANY], BOOLEAN, |_, x| {
        boolean(order(x).is_ne())
    })
    .infix("!="),
    Builtin::new("equal", &[ANY, ANY], BOOLEAN, |_, x| {
        boolean(order(x).is_eq())
    })
    .infix("=="),
];

fn order(operands: Operands<'_>) -> Ordering {
    operands.value(0).cmp(operands.value(1))
}

/// `x in xs`
fn member(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (wanted, collection) = (operands.value(0), operands.value(1));
    boolean(match collection {
        Value::Set(set) => set.contains(wanted),
        Value::Array(items) => {
            context.spend_values(items.len())?;
            items.contains(wanted)
        }
        Value::Object(object) => {
            context.spend_values(object.entries().len())?;
            object.entries().iter().any(|(_, value)| value == wanted)
        }
        _ => false,
    })
}

/// `k, v in xs`
fn member_with_key(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (key, wanted, collection) = (operands.value(0), operands.value(1), operands.value(2));
    boolean(match collection {
        Value::Set(set) => set.contains(key) && key == wanted,
        Value::Array(items) => index(key).and_then(|index| items.get(index)) == Some(wanted),
        Value::Object(object) => object.get(key) == Some(wanted),
        _ => false,
    })
}

/// The place in an array that a value names.
pub(super) fn index(value: &Value) -> Option<usize> {
    match value {
        Value::Number(number) => usize::try_from(number.as_i64()?).ok(),
        _ => None,
    }
}
