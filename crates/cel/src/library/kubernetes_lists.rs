//! Functions of lists that Kubernetes adds.

use std::cmp::Ordering;

use super::{Cost, Function};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Duration, Value, compare, equal, is_ordered, position},
};

const COMPARABLE: &[&str] = &[
    "list<int>.() -> int",
    "list<uint>.() -> uint",
    "list<double>.() -> double",
    "list<bool>.() -> bool",
    "list<duration>.() -> duration",
    "list<timestamp>.() -> timestamp",
    "list<string>.() -> string",
    "list<bytes>.() -> bytes",
];

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "isSorted",
        overloads: &[
            "list<int>.() -> bool",
            "list<uint>.() -> bool",
            "list<double>.() -> bool",
            "list<bool>.() -> bool",
            "list<duration>.() -> bool",
            "list<timestamp>.() -> bool",
            "list<string>.() -> bool",
            "list<bytes>.() -> bool",
        ],
        call: is_sorted,
        cost: Cost::Tree,
    },
    Function {
        name: "sum",
        overloads: &["list<int>.() -> int"],
        call: sum_int,
        cost: Cost::Tree,
    },
    Function {
        name: "sum",
        overloads: &["list<uint>.() -> uint"],
        call: sum_uint,
        cost: Cost::Tree,
    },
    Function {
        name: "sum",
        overloads: &["list<double>.() -> double"],
        call: sum_double,
        cost: Cost::Tree,
    },
    Function {
        name: "sum",
        overloads: &["list<duration>.() -> duration"],
        call: sum_duration,
        cost: Cost::Tree,
    },
    Function {
        name: "max",
        overloads: COMPARABLE,
        call: max,
        cost: Cost::Tree,
    },
    Function {
        name: "min",
        overloads: COMPARABLE,
        call: min,
        cost: Cost::Tree,
    },
    Function {
        name: "indexOf",
        overloads: &["list<A>.(A) -> int"],
        call: index_of,
        cost: Cost::Tree,
    },
    Function {
        name: "lastIndexOf",
        overloads: &["list<A>.(A) -> int"],
        call: last_index_of,
        cost: Cost::Tree,
    },
];

pub(super) const INCLUDES: &[Function] = &[Function {
    name: "includes",
    overloads: &["dyn.(dyn) -> bool"],
    call: includes,
    cost: Cost::Tree,
}];

fn is_sorted<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut previous: Option<Value<'a>> = None;
    for element in list.iter() {
        if !is_ordered(&element) {
            return Err(EvalError::overload());
        }
        if let Some(previous) = &previous
            && compare(previous, &element).order() == Some(Ordering::Greater)
        {
            return Ok(Value::Bool(false));
        }
        previous = Some(element);
    }
    Ok(Value::Bool(true))
}

/// Sums with the addition of the language, from the zero of the type.
fn sum<'a>(arguments: &[Value<'a>], zero: Value<'a>) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut total = zero;
    for element in list.iter() {
        total = super::operators::add(&[total, element])?;
    }
    Ok(total)
}

fn sum_int<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    sum(arguments, Value::Int(0))
}

fn sum_uint<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    sum(arguments, Value::Uint(0))
}

fn sum_double<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    sum(arguments, Value::Double(0.0))
}

fn sum_duration<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    sum(arguments, Value::Duration(Duration::from_nanoseconds(0)))
}

fn extreme<'a>(arguments: &[Value<'a>], name: &str, replaces: Ordering) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut result: Option<Value<'a>> = None;
    for element in list.iter() {
        if !is_ordered(&element) {
            return Err(EvalError::overload());
        }
        result = match result {
            // What cannot be compared with the best so far does not replace it.
            Some(best) => match compare(&best, &element).order() {
                Some(order) if order == replaces => Some(element),
                _ => Some(best),
            },
            None => Some(element),
        };
    }
    result.ok_or_else(|| EvalError::argument(format!("{name} called on empty list")))
}

fn max<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, "max", Ordering::Less)
}

fn min<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    extreme(arguments, "min", Ordering::Greater)
}

fn place(found: Option<usize>) -> Value<'static> {
    Value::Int(
        found
            .and_then(|index| i64::try_from(index).ok())
            .unwrap_or(-1),
    )
}

fn index_of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), wanted] = arguments else {
        return Err(EvalError::overload());
    };
    Ok(place(position(list.iter(), wanted)?))
}

fn last_index_of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), wanted] = arguments else {
        return Err(EvalError::overload());
    };
    let backwards = (0..list.len()).rev().filter_map(|index| list.get(index));
    let found = position(backwards, wanted)?;
    Ok(place(found.map(|index| list.len() - 1 - index)))
}

fn includes<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list), wanted] => Ok(Value::Bool(position(list.iter(), wanted)?.is_some())),
        [value, wanted] => equal(value, wanted).map(Value::Bool),
        _ => Err(EvalError::overload()),
    }
}
