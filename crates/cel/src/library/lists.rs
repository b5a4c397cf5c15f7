//! Functions of lists, as the reference's list extension has them.

use std::cmp::Ordering;

use super::{Cost, Function, within_size};
use crate::{
    error::{EvalError, EvalErrorKind, Fault},
    evaluate::Outcome,
    value::{List, MAX_SAFE_DEPTH, Value, compare, is_ordered, position},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "slice",
        overloads: &["list<A>.(int, int) -> list<A>"],
        call: slice,
        cost: Cost::ListResult,
    },
    Function {
        name: "flatten",
        overloads: &[
            "list<list<A>>.() -> list<A>",
            "list<dyn>.(int) -> list<dyn>",
        ],
        call: flatten,
        cost: Cost::Flatten,
    },
    Function {
        name: "sort",
        overloads: &[
            "list<int>.() -> list<int>",
            "list<uint>.() -> list<uint>",
            "list<double>.() -> list<double>",
            "list<bool>.() -> list<bool>",
            "list<duration>.() -> list<duration>",
            "list<timestamp>.() -> list<timestamp>",
            "list<string>.() -> list<string>",
            "list<bytes>.() -> list<bytes>",
        ],
        call: sort,
        cost: Cost::CompareAll(0),
    },
    Function {
        name: "@sortByAssociatedKeys",
        overloads: &[
            "list<A>.(list<int>) -> list<A>",
            "list<A>.(list<uint>) -> list<A>",
            "list<A>.(list<double>) -> list<A>",
            "list<A>.(list<bool>) -> list<A>",
            "list<A>.(list<duration>) -> list<A>",
            "list<A>.(list<timestamp>) -> list<A>",
            "list<A>.(list<string>) -> list<A>",
            "list<A>.(list<bytes>) -> list<A>",
        ],
        call: sort_by_keys,
        cost: Cost::CompareAll(1),
    },
    Function {
        name: "lists.range",
        overloads: &["(int) -> list<int>"],
        call: range,
        cost: Cost::ListResult,
    },
    Function {
        name: "reverse",
        overloads: &["list<A>.() -> list<A>"],
        call: reverse,
        cost: Cost::ListResult,
    },
    Function {
        name: "distinct",
        overloads: &["list<A>.() -> list<A>"],
        call: distinct,
        cost: Cost::CompareAll(0),
    },
];

/// Elements that a list function makes.
const MAX_ELEMENTS: usize = 1_000_000;

fn slice<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), Value::Int(start), Value::Int(end)] = arguments else {
        return Err(EvalError::overload());
    };
    if *start < 0 || *end < 0 {
        return Err(EvalError::argument(format!(
            "cannot slice({start}, {end}), negative indexes not supported"
        )));
    }
    if start > end {
        return Err(EvalError::argument(format!(
            "cannot slice({start}, {end}), start index must be less than or equal to end index"
        )));
    }
    let (Ok(from), Ok(to)) = (usize::try_from(*start), usize::try_from(*end)) else {
        return Err(EvalError::overload());
    };
    if to > list.len() {
        return Err(EvalError::argument(format!(
            "cannot slice({start}, {end}), list is length {}",
            list.len()
        )));
    }
    let elements = list.iter().skip(from).take(to - from).collect();
    Ok(Value::list(elements))
}

fn flatten<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let (list, depth) = match arguments {
        [Value::List(list)] => (list, 1),
        [Value::List(list), Value::Int(depth)] => (list, *depth),
        _ => return Err(EvalError::overload()),
    };
    if depth < 0 {
        return Err(EvalError::argument("level must be non-negative"));
    }
    let depth = usize::try_from(depth)
        .unwrap_or(MAX_SAFE_DEPTH)
        .min(MAX_SAFE_DEPTH);
    let mut flat = Vec::new();
    flatten_into(list, depth, &mut flat)?;
    Ok(Value::list(flat))
}

fn flatten_into<'a>(list: &List<'a>, depth: usize, flat: &mut Vec<Value<'a>>) -> Result<(), Fault> {
    for element in list.iter() {
        match element {
            Value::List(inner) if depth > 0 => flatten_into(&inner, depth - 1, flat)?,
            element => {
                elements_within(flat.len() + 1)?;
                flat.push(element);
            }
        }
    }
    Ok(())
}

fn elements_within(count: usize) -> Result<(), Fault> {
    if count > MAX_ELEMENTS {
        return Err(EvalError::fault(
            EvalErrorKind::TooLarge,
            format!("a list would have more than {MAX_ELEMENTS} elements"),
        ));
    }
    Ok(())
}

fn sort<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    sorted(list, list)
}

fn sort_by_keys<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list), Value::List(keys)] = arguments else {
        return Err(EvalError::overload());
    };
    sorted(list, keys)
}

fn sorted<'a>(list: &List<'a>, keys: &List<'a>) -> Outcome<'a> {
    if list.len() != keys.len() {
        return Err(EvalError::argument(format!(
            "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got {} and {} elements respectively",
            list.len(),
            keys.len()
        )));
    }
    let mut pairs: Vec<(Value<'a>, Value<'a>)> = keys.iter().zip(list.iter()).collect();
    if let Some((first, _)) = pairs.first() {
        let wanted = first.type_name();
        if !is_ordered(first) {
            return Err(EvalError::argument("list elements must be comparable"));
        }
        if pairs.iter().any(|(key, _)| key.type_name() != wanted) {
            return Err(EvalError::argument("list elements must have the same type"));
        }
    }
    pairs.sort_by(|(left, _), (right, _)| compare(left, right).order().unwrap_or(Ordering::Equal));
    Ok(Value::list(
        pairs.into_iter().map(|(_, element)| element).collect(),
    ))
}

fn range<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Int(size)] = arguments else {
        return Err(EvalError::overload());
    };
    if *size < 0 {
        return Err(EvalError::argument(format!(
            "lists.range: size must be non-negative, got {size}"
        )));
    }
    elements_within(usize::try_from(*size).unwrap_or(usize::MAX))?;
    Ok(Value::list((0..*size).map(Value::Int).collect()))
}

fn reverse<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    within_size(list.len())?;
    let mut elements: Vec<Value<'a>> = list.iter().collect();
    elements.reverse();
    Ok(Value::list(elements))
}

fn distinct<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut found: Vec<Value<'a>> = Vec::new();
    for element in list.iter() {
        if position(found.iter().cloned(), &element)?.is_none() {
            found.push(element);
        }
    }
    Ok(Value::list(found))
}
