//! Sets: what they share, what they have together, what one has more.

use std::sync::Arc;

use super::{
    Answer, Builtin, Context, Operands,
    operands::wrong_type,
    signature::{SET, Type},
};
use crate::{Set, Value};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("and", &[SET, SET], SET, |c, x| {
        intersection(c, x.set(0)?, x.set(1)?)
    })
    .infix("&"),
    Builtin::new("or", &[SET, SET], SET, or).infix("|"),
    Builtin::new("set_diff", &[SET, SET], SET, |c, x| {
        difference(c, x.set(0)?, x.set(1)?)
    })
    .deprecated(),
    Builtin::new("intersection", &[Type::Set(&SET)], SET, intersection_of_all),
    Builtin::new("union", &[Type::Set(&SET)], SET, union_of_all),
];

fn set(members: Vec<Value>) -> Answer {
    Ok(Some(Value::Set(Arc::new(Set::from_members(members)))))
}

/// The members of the first that the second does not have.
pub(super) fn difference(context: &mut Context<'_>, first: &Set, second: &Set) -> Answer {
    context.spend_values(first.members().len())?;
    let mut rest = first.members().to_vec();
    rest.retain(|member| !second.contains(member));
    set(rest)
}

fn intersection(context: &mut Context<'_>, first: &Set, second: &Set) -> Answer {
    let (few, many) = if first.members().len() <= second.members().len() {
        (first, second)
    } else {
        (second, first)
    };
    context.spend_values(few.members().len())?;
    let mut shared = few.members().to_vec();
    shared.retain(|member| many.contains(member));
    set(shared)
}

fn or(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (first, second) = (operands.set(0)?, operands.set(1)?);
    if first.members().is_empty() {
        return Ok(Some(Value::Set(Arc::clone(second))));
    }
    if second.members().is_empty() {
        return Ok(Some(Value::Set(Arc::clone(first))));
    }
    context.spend_values(first.members().len() + second.members().len())?;
    set([first.members(), second.members()].concat())
}

fn intersection_of_all(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut sets = operands.set(0)?.members().iter();
    let mut shared = match sets.next() {
        None => return set(Vec::new()),
        Some(Value::Set(first)) => first.members().to_vec(),
        Some(other) => return Err(wrong_type(0, other, &["set"])),
    };
    for other in sets {
        let Value::Set(other) = other else {
            return Err(wrong_type(0, other, &["set"]));
        };
        context.spend_values(shared.len())?;
        shared.retain(|member| other.contains(member));
    }
    set(shared)
}

fn union_of_all(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let mut members = Vec::new();
    for one in operands.set(0)?.members() {
        let Value::Set(one) = one else {
            return Err(wrong_type(0, one, &["set"]));
        };
        context.spend_values(one.members().len())?;
        members.extend_from_slice(one.members());
    }
    set(members)
}
