//! Lists taken as sets.

use super::{Cost, Function};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{List, Value, equal},
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

fn has(list: &List<'_>, wanted: &Value<'_>) -> bool {
    list.iter().any(|element| equal(&element, wanted))
}

fn includes(list: &List<'_>, other: &List<'_>) -> bool {
    other.iter().all(|element| has(list, &element))
}

fn contains<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), Value::List(other)] => Ok(Value::Bool(includes(list, other))),
        _ => Err(EvalError::overload()),
    }
}

fn equivalent<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), Value::List(other)] => {
            Ok(Value::Bool(includes(list, other) && includes(other, list)))
        }
        _ => Err(EvalError::overload()),
    }
}

fn intersects<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), Value::List(other)] => {
            Ok(Value::Bool(list.iter().any(|element| has(other, &element))))
        }
        _ => Err(EvalError::overload()),
    }
}
