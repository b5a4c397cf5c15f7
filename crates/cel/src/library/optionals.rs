//! Values that may be missing.

use super::{Cost, Function};
use crate::{error::EvalError, evaluate::Outcome, value::Value};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "optional.of",
        overloads: &["(A) -> optional<A>"],
        call: of,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "optional.ofNonZeroValue",
        overloads: &["(A) -> optional<A>"],
        call: of_non_zero,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "optional.none",
        overloads: &["() -> optional<A>"],
        call: none,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "value",
        overloads: &["optional<A>.() -> A"],
        call: value,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "hasValue",
        overloads: &["optional<A>.() -> bool"],
        call: has_value,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "or",
        overloads: &["optional<A>.(optional<A>) -> optional<A>"],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "orValue",
        overloads: &["optional<A>.(A) -> A"],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "_[?_]",
        overloads: &[
            "(list<A>, int) -> optional<A>",
            "(optional<list<A>>, int) -> optional<A>",
            "(map<A, B>, A) -> optional<B>",
            "(optional<map<A, B>>, A) -> optional<B>",
        ],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "_[_]",
        overloads: &[
            "(optional<list<A>>, int) -> optional<A>",
            "(optional<map<A, B>>, A) -> optional<B>",
        ],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "first",
        overloads: &["list<A>.() -> optional<A>"],
        call: first,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "last",
        overloads: &["list<A>.() -> optional<A>"],
        call: last,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "optional.unwrap",
        overloads: &["(list<optional<A>>) -> list<A>"],
        call: unwrap,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "unwrapOpt",
        overloads: &["list<optional<A>>.() -> list<A>"],
        call: unwrap,
        cost: Cost::Fixed(1),
    },
];

/// For what is evaluated without a call.
fn unreachable<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    Err(EvalError::overload())
}

fn of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [value] => Ok(Value::some(value.clone())),
        _ => Err(EvalError::overload()),
    }
}

fn of_non_zero<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [value] if value.is_zero() => Ok(Value::Optional(None)),
        [value] => Ok(Value::some(value.clone())),
        _ => Err(EvalError::overload()),
    }
}

fn none<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [] => Ok(Value::Optional(None)),
        _ => Err(EvalError::overload()),
    }
}

fn value<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(Some(value))] => Ok((**value).clone()),
        [Value::Optional(None)] => Err(EvalError::argument("optional.none() dereference")),
        _ => Err(EvalError::overload()),
    }
}

fn has_value<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Optional(value)] => Ok(Value::Bool(value.is_some())),
        _ => Err(EvalError::overload()),
    }
}

fn first<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list)] => Ok(list.get(0).map_or(Value::Optional(None), Value::some)),
        _ => Err(EvalError::overload()),
    }
}

fn last<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::List(list)] => Ok(list
            .len()
            .checked_sub(1)
            .and_then(|index| list.get(index))
            .map_or(Value::Optional(None), Value::some)),
        _ => Err(EvalError::overload()),
    }
}

fn unwrap<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    let mut values = Vec::new();
    for element in list.iter() {
        match element {
            Value::Optional(Some(value)) => values.push((*value).clone()),
            Value::Optional(None) => {}
            other => {
                return Err(EvalError::argument(format!(
                    "value {other} is not optional"
                )));
            }
        }
    }
    Ok(Value::list(values))
}
