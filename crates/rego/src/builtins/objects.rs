//! Objects: members by key or path, unions, parts.

use std::sync::Arc;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, boolean,
    comparison::index,
    operands::{wrong_member, wrong_type},
    signature::{ANY, BOOLEAN, COLLECTION, OBJECT, SET, array},
};
use crate::{Object, Set, Value};

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new("object.union", &[OBJECT, OBJECT], OBJECT, |c, x| {
        let union = union(c, x.object(0)?, x.object(1)?)?;
        Ok(Some(Value::Object(union)))
    }),
    Builtin::new("object.union_n", &[array(&OBJECT)], OBJECT, union_of_all),
    Builtin::new("object.remove", &[OBJECT, COLLECTION], OBJECT, |c, x| {
        keep(c, x, |is_named| !is_named)
    }),
    Builtin::new("object.filter", &[OBJECT, COLLECTION], OBJECT, |c, x| {
        keep(c, x, |is_named| is_named)
    }),
    Builtin::new("object.get", &[OBJECT, ANY, ANY], ANY, get),
    Builtin::new("object.keys", &[OBJECT], SET, keys),
    Builtin::new("object.subset", &[COLLECTION, COLLECTION], BOOLEAN, subset),
];

/// The member of a collection under a key, as a reference finds it.
fn member<'v>(collection: &'v Value, key: &Value) -> Option<&'v Value> {
    match collection {
        Value::Object(object) => object.get(key),
        Value::Array(items) => items.get(index(key)?),
        Value::Set(set) => {
            let place = set.members().binary_search(key).ok()?;
            set.members().get(place)
        }
        _ => None,
    }
}

/// The member under a key, or along a path of keys, or the default.
fn get(_: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let object = operands.object(0)?;
    let found = match operands.value(1) {
        Value::Array(path) => path
            .iter()
            .try_fold(operands.value(0), |value, key| member(value, key)),
        key => object.get(key),
    };
    Ok(Some(found.unwrap_or_else(|| operands.value(2)).clone()))
}

fn keys(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let entries = operands.object(0)?.entries();
    context.spend_values(entries.len())?;
    let keys = entries.iter().map(|(key, _)| key.clone()).collect();
    Ok(Some(Value::Set(Arc::new(Set::from_members(keys)))))
}

/// The members whose keys are, or are not, among those named.
fn keep(context: &mut Context<'_>, operands: Operands<'_>, wanted: fn(bool) -> bool) -> Answer {
    let object = operands.object(0)?;
    let keys = match operands.value(1) {
        Value::Array(items) => Set::from_members(items.to_vec()),
        Value::Set(set) => (**set).clone(),
        Value::Object(object) => Set::from_members(
            object
                .entries()
                .iter()
                .map(|(key, _)| key.clone())
                .collect(),
        ),
        other => return Err(wrong_type(1, other, &["object", "set", "array"])),
    };
    context.spend_values(object.entries().len() + keys.members().len())?;
    let kept = object
        .entries()
        .iter()
        .filter(|(key, _)| wanted(keys.contains(key)))
        .cloned()
        .collect();
    Ok(Some(Value::Object(Arc::new(Object::from_entries(kept)))))
}

/// Both objects' members; of those in both the second's, or their union if both are objects.
fn union(
    context: &mut Context<'_>,
    first: &Arc<Object>,
    second: &Arc<Object>,
) -> Result<Arc<Object>, BuiltinError> {
    if first.entries().is_empty() {
        return Ok(Arc::clone(second));
    }
    if second.entries().is_empty() {
        return Ok(Arc::clone(first));
    }
    context.spend_values(first.entries().len() + second.entries().len())?;
    let mut entries = Vec::with_capacity(first.entries().len() + second.entries().len());
    let (mut left, mut right) = (first.entries().iter(), second.entries().iter());
    let (mut a, mut b) = (left.next(), right.next());
    loop {
        match (a, b) {
            (Some(x), Some(y)) if x.0 == y.0 => {
                let value = match (&x.1, &y.1) {
                    (Value::Object(old), Value::Object(new)) => {
                        Value::Object(union(context, old, new)?)
                    }
                    (_, new) => new.clone(),
                };
                entries.push((x.0.clone(), value));
                (a, b) = (left.next(), right.next());
            }
            (Some(x), y) if y.is_none_or(|y| x.0 < y.0) => {
                entries.push(x.clone());
                a = left.next();
            }
            (_, Some(y)) => {
                entries.push(y.clone());
                b = right.next();
            }
            _ => break,
        }
    }
    Ok(Arc::new(Object::from_entries(entries)))
}

fn union_of_all(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let list = operands.value(0);
    let mut all = Arc::new(Object::default());
    for item in operands.array(0)? {
        let Value::Object(object) = item else {
            return Err(wrong_member(0, list, item, &["object"]));
        };
        all = union(context, &all, object)?;
    }
    Ok(Some(Value::Object(all)))
}

fn subset(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let (whole, part) = (operands.value(0), operands.value(1));
    if let (Value::Array(items), Value::Set(wanted)) = (whole, part) {
        context.spend_values(items.len())?;
        return boolean(array_has_members(items, wanted));
    }
    if !matches!(
        (whole, part),
        (Value::Object(_), Value::Object(_))
            | (Value::Set(_), Value::Set(_))
            | (Value::Array(_), Value::Array(_))
    ) {
        return Err(BuiltinError::operand(
            "both arguments object.subset must be of the same type or array and set",
        ));
    }
    boolean(is_part(context, whole, part)?)
}

/// Whether an array has all members of a set. Members that stand in the array twice count twice, and an empty
/// set is part of an array only if that has a member, as in OPA.
fn array_has_members(items: &[Value], wanted: &Set) -> bool {
    let mut missing = i64::try_from(wanted.members().len()).unwrap_or(i64::MAX);
    items.iter().any(|item| {
        if wanted.contains(item) {
            missing -= 1;
        }
        missing == 0
    })
}

fn is_part(context: &mut Context<'_>, whole: &Value, part: &Value) -> Result<bool, BuiltinError> {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => {
            context.spend_values(part.entries().len())?;
            for (key, wanted) in part.entries() {
                match whole.get(key) {
                    Some(value) if value == wanted || is_part(context, value, wanted)? => {}
                    _ => return Ok(false),
                }
            }
            Ok(true)
        }
        (Value::Set(whole), Value::Set(part)) => {
            context.spend_values(part.members().len())?;
            Ok(part.members().iter().all(|member| whole.contains(member)))
        }
        (Value::Array(whole), Value::Array(part)) => {
            context.spend_values(whole.len().saturating_mul(part.len().max(1)))?;
            Ok(is_run(whole, part))
        }
        _ => Ok(false),
    }
}

/// Whether the members of one array stand in another, one behind the other.
fn is_run(whole: &[Value], part: &[Value]) -> bool {
    part.is_empty() || whole.windows(part.len()).any(|run| run == part)
}
