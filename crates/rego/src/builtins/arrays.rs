//! Arrays, joined, cut and turned around.

use super::{
    Answer, Builtin, Context, Operands, list,
    signature::{ARRAY, NUMBER},
};
use crate::Value;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("array.concat", &[ARRAY, ARRAY], ARRAY, concat),
    Builtin::new("array.flatten", &[ARRAY], ARRAY, flatten),
    Builtin::new("array.slice", &[ARRAY, NUMBER, NUMBER], ARRAY, slice),
    Builtin::new("array.reverse", &[ARRAY], ARRAY, reverse),
];

fn concat(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (first, second) = (operands.array(0)?, operands.array(1)?);
    if first.is_empty() {
        return Ok(Some(operands.value(1).clone()));
    }
    if second.is_empty() {
        return Ok(Some(operands.value(0).clone()));
    }
    context.make_values(first.len() + second.len())?;
    list([first, second].concat())
}

/// Puts the members of arrays in the place of the arrays, one level deep.
fn flatten(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let items = operands.array(0)?;
    context.spend_values(items.len())?;
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item {
            Value::Array(inner) => {
                context.make_values(inner.len())?;
                flat.extend_from_slice(inner);
            }
            other => flat.push(other.clone()),
        }
    }
    list(flat)
}

/// The members from one place up to, but without, another; places outside are moved to the ends.
fn slice(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let items = operands.array(0)?;
    let (start, stop) = (operands.integer(1)?, operands.integer(2)?);
    let place = |index: i64| usize::try_from(index.max(0)).unwrap_or(usize::MAX);
    let stop = place(stop).min(items.len());
    let part = items.get(place(start).min(stop)..stop).unwrap_or_default();
    context.spend_values(part.len())?;
    list(part.to_vec())
}

fn reverse(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let items = operands.array(0)?;
    context.spend_values(items.len())?;
    list(items.iter().rev().cloned().collect())
}
