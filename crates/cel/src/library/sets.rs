//! Lists taken as sets.

use super::{Cost, Function};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{List, Value, position},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "sets.contains",
        overloads: &["(list<A>, list<A>) -> bool"],
        call: contains,
        cost: Cost::Sets(1),
    },
    Function {
        name: "sets.equivalent",
        overloads: &["(list<A>, list<A>) -> bool"],
        call: equivalent,
        cost: Cost::Sets(2),
    },
    Function {
        name: "sets.intersects",
        overloads: &["(list<A>, list<A>) -> bool"],
        call: intersects,
        cost: Cost::Sets(1),
    },
];

fn has(list: &List<'_>, wanted: &Value<'_>) -> Result<bool, Fault> {
    Ok(position(list.iter(), wanted)?.is_some())
}

fn includes(list: &List<'_>, other: &List<'_>) -> Result<bool, Fault> {
    for element in other.iter() {
        if !has(list, &element)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn contains<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), Value::List(other)] => Ok(Value::Bool(includes(list, other)?)),
        _ => Err(EvalError::overload()),
    }
}

fn equivalent<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), Value::List(other)] => Ok(Value::Bool(
            includes(list, other)? && includes(other, list)?,
        )),
        _ => Err(EvalError::overload()),
    }
}

fn intersects<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), Value::List(other)] = arguments else {
        return Err(EvalError::overload());
    };
    for element in list.iter() {
        if has(other, &element)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}
