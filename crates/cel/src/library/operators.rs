//! Operators, `size`, `type`, `dyn`.

use std::cmp::Ordering;

use super::{Cost, Function, within_size};
use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Blob, Comparison, List, Text, Value, compare, equal, position},
};

pub(super) const FUNCTIONS: &[Function] = &[
    Function {
        name: "_==_",
        overloads: &["(A, A) -> bool"],
        call: equals,
        cost: Cost::Equality,
    },
    Function {
        name: "_!=_",
        overloads: &["(A, A) -> bool"],
        call: differs,
        cost: Cost::Smaller,
    },
    Function {
        name: "_?_:_",
        overloads: &["(bool, A, A) -> A"],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "_[_]",
        overloads: &["(list<A>, int) -> A", "(map<A, B>, A) -> B"],
        call: unreachable,
        cost: Cost::Fixed(0),
    },
    Function {
        name: "!_",
        overloads: &["(bool) -> bool"],
        call: unreachable,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "-_",
        overloads: &["(int) -> int", "(double) -> double"],
        call: negate,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "_+_",
        overloads: &["(bytes, bytes) -> bytes"],
        call: add_bytes,
        cost: Cost::Sum,
    },
    Function {
        name: "_+_",
        overloads: &["(string, string) -> string"],
        call: add_text,
        cost: Cost::Sum,
    },
    Function {
        name: "_+_",
        overloads: &[
            "(double, double) -> double",
            "(int, int) -> int",
            "(list<A>, list<A>) -> list<A>",
            "(duration, duration) -> duration",
            "(duration, timestamp) -> timestamp",
            "(timestamp, duration) -> timestamp",
            "(uint, uint) -> uint",
        ],
        call: add,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "_-_",
        overloads: &[
            "(double, double) -> double",
            "(duration, duration) -> duration",
            "(int, int) -> int",
            "(timestamp, duration) -> timestamp",
            "(timestamp, timestamp) -> duration",
            "(uint, uint) -> uint",
        ],
        call: subtract,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "_*_",
        overloads: &[
            "(double, double) -> double",
            "(int, int) -> int",
            "(uint, uint) -> uint",
        ],
        call: multiply,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "_/_",
        overloads: &[
            "(double, double) -> double",
            "(int, int) -> int",
            "(uint, uint) -> uint",
        ],
        call: divide,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "_%_",
        overloads: &["(int, int) -> int", "(uint, uint) -> uint"],
        call: modulo,
        cost: Cost::Fixed(1),
    },
    ordering("_<_", less),
    text_ordering("_<_", less),
    ordering("_<=_", less_or_equal),
    text_ordering("_<=_", less_or_equal),
    ordering("_>_", greater),
    text_ordering("_>_", greater),
    ordering("_>=_", greater_or_equal),
    text_ordering("_>=_", greater_or_equal),
    Function {
        name: "@in",
        overloads: &["(A, list<A>) -> bool"],
        call: in_list,
        cost: Cost::InList,
    },
    Function {
        name: "@in",
        overloads: &["(A, map<A, B>) -> bool"],
        call: in_map,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "size",
        overloads: &[
            "(bytes) -> int",
            "bytes.() -> int",
            "(list<A>) -> int",
            "list<A>.() -> int",
            "(map<A, B>) -> int",
            "map<A, B>.() -> int",
            "(string) -> int",
            "string.() -> int",
        ],
        call: size,
        cost: Cost::Fixed(1),
    },
    Function {
        name: "type",
        overloads: &["(A) -> type<A>"],
        call: type_of,
        cost: Cost::Fixed(1),
    },
];

const fn ordering(name: &'static str, call: super::Implementation) -> Function {
    Function {
        name,
        overloads: &[
            "(bool, bool) -> bool",
            "(int, int) -> bool",
            "mixed (int, double) -> bool",
            "mixed (int, uint) -> bool",
            "(uint, uint) -> bool",
            "mixed (uint, double) -> bool",
            "mixed (uint, int) -> bool",
            "(double, double) -> bool",
            "mixed (double, int) -> bool",
            "mixed (double, uint) -> bool",
            "(timestamp, timestamp) -> bool",
            "(duration, duration) -> bool",
        ],
        call,
        cost: Cost::Fixed(1),
    }
}

/// The same operators over text and bytes, whose cost depends on their length.
const fn text_ordering(name: &'static str, call: super::Implementation) -> Function {
    Function {
        name,
        overloads: &["(string, string) -> bool", "(bytes, bytes) -> bool"],
        call,
        cost: Cost::Smaller,
    }
}

/// For what is evaluated without a call.
fn unreachable<'a>(_: &[Value<'a>]) -> Outcome<'a> {
    Err(EvalError::overload())
}

fn equals<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    same(arguments).map(Value::Bool)
}

fn differs<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    same(arguments).map(|same| Value::Bool(!same))
}

fn same(arguments: &[Value<'_>]) -> Result<bool, crate::error::Fault> {
    match arguments {
        // Types of the Kubernetes library compare with their like only.
        [Value::Opaque(left), Value::Opaque(right)] if left.type_name() != right.type_name() => {
            Err(EvalError::overload())
        }
        [Value::Opaque(_), right] if !matches!(right, Value::Opaque(_)) => {
            Err(EvalError::overload())
        }
        [left, right] => equal(left, right),
        _ => Err(EvalError::overload()),
    }
}

fn order(
    arguments: &[Value<'_>],
    holds: fn(Ordering) -> bool,
) -> Result<Value<'static>, crate::error::Fault> {
    let [left, right] = arguments else {
        return Err(EvalError::overload());
    };
    match compare(left, right) {
        Comparison::Undefined => Err(EvalError::overload()),
        Comparison::NotANumber => Ok(Value::Bool(false)),
        Comparison::Ordered(order) => Ok(Value::Bool(holds(order))),
    }
}

fn less<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    order(arguments, Ordering::is_lt)
}

fn less_or_equal<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    order(arguments, Ordering::is_le)
}

fn greater<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    order(arguments, Ordering::is_gt)
}

fn greater_or_equal<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    order(arguments, Ordering::is_ge)
}

fn negate<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(value)] => value.checked_neg().map(Value::Int).ok_or_else(int_overflow),
        [Value::Double(value)] => Ok(Value::Double(-value)),
        _ => Err(EvalError::overload()),
    }
}

fn add_bytes<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::Bytes(left), Value::Bytes(right)] = arguments else {
        return Err(EvalError::overload());
    };
    within_size(left.len().saturating_add(right.len()))?;
    let sum: Vec<u8> = left.iter().chain(right.iter()).copied().collect();
    Ok(Value::Bytes(Blob::Shared(sum.into())))
}

fn add_text<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [Value::String(left), Value::String(right)] = arguments else {
        return Err(EvalError::overload());
    };
    within_size(left.len().saturating_add(right.len()))?;
    let mut sum = String::with_capacity(left.len() + right.len());
    sum.push_str(left);
    sum.push_str(right);
    Ok(Value::String(Text::Shared(sum.into())))
}

pub(super) fn add<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => left
            .checked_add(*right)
            .map(Value::Int)
            .ok_or_else(int_overflow),
        [Value::Uint(left), Value::Uint(right)] => left
            .checked_add(*right)
            .map(Value::Uint)
            .ok_or_else(uint_overflow),
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left + right)),
        [Value::List(left), Value::List(right)] => {
            if left.len() == 0 {
                return Ok(Value::List(right.clone()));
            }
            if right.len() == 0 {
                return Ok(Value::List(left.clone()));
            }
            within_size(left.len().saturating_add(right.len()))?;
            Ok(Value::List(List::Shared(
                left.iter().chain(right.iter()).collect::<Vec<_>>().into(),
            )))
        }
        [Value::Duration(left), Value::Duration(right)] => left
            .plus(*right)
            .map(Value::Duration)
            .ok_or_else(duration_overflow),
        [Value::Duration(duration), Value::Timestamp(moment)]
        | [Value::Timestamp(moment), Value::Duration(duration)] => moment
            .plus(*duration)
            .map(Value::Timestamp)
            .ok_or_else(timestamp_overflow),
        _ => Err(EvalError::overload()),
    }
}

fn subtract<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => left
            .checked_sub(*right)
            .map(Value::Int)
            .ok_or_else(int_overflow),
        [Value::Uint(left), Value::Uint(right)] => left
            .checked_sub(*right)
            .map(Value::Uint)
            .ok_or_else(uint_overflow),
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left - right)),
        [Value::Duration(left), Value::Duration(right)] => left
            .minus(*right)
            .map(Value::Duration)
            .ok_or_else(duration_overflow),
        [Value::Timestamp(moment), Value::Duration(duration)] => moment
            .minus(*duration)
            .map(Value::Timestamp)
            .ok_or_else(timestamp_overflow),
        [Value::Timestamp(left), Value::Timestamp(right)] => left
            .since(*right)
            .map(Value::Duration)
            .ok_or_else(duration_overflow),
        _ => Err(EvalError::overload()),
    }
}

fn multiply<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => left
            .checked_mul(*right)
            .map(Value::Int)
            .ok_or_else(int_overflow),
        [Value::Uint(left), Value::Uint(right)] => left
            .checked_mul(*right)
            .map(Value::Uint)
            .ok_or_else(uint_overflow),
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left * right)),
        _ => Err(EvalError::overload()),
    }
}

fn divide<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvalError::arithmetic("division by zero"))
        }
        [Value::Int(left), Value::Int(right)] => left
            .checked_div(*right)
            .map(Value::Int)
            .ok_or_else(int_overflow),
        [Value::Uint(left), Value::Uint(right)] => left
            .checked_div(*right)
            .map(Value::Uint)
            .ok_or_else(uint_overflow),
        [Value::Double(left), Value::Double(right)] => Ok(Value::Double(left / right)),
        _ => Err(EvalError::overload()),
    }
}

fn modulo<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::Int(_), Value::Int(0)] | [Value::Uint(_), Value::Uint(0)] => {
            Err(EvalError::arithmetic("modulus by zero"))
        }
        [Value::Int(left), Value::Int(right)] => left
            .checked_rem(*right)
            .map(Value::Int)
            .ok_or_else(int_overflow),
        [Value::Uint(left), Value::Uint(right)] => left
            .checked_rem(*right)
            .map(Value::Uint)
            .ok_or_else(uint_overflow),
        _ => Err(EvalError::overload()),
    }
}

fn in_list<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [value, Value::List(list)] = arguments else {
        return Err(EvalError::overload());
    };
    Ok(Value::Bool(position(list.iter(), value)?.is_some()))
}

fn in_map<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let [key, Value::Map(map)] = arguments else {
        return Err(EvalError::overload());
    };
    Ok(Value::Bool(map.get(key).is_some()))
}

fn size<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    let size = match arguments {
        [Value::String(text)] => text.character_count(),
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len(),
        _ => return Err(EvalError::overload()),
    };
    Ok(Value::Int(i64::try_from(size).unwrap_or(i64::MAX)))
}

fn type_of<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [value] => Ok(Value::Type(value.type_name())),
        _ => Err(EvalError::overload()),
    }
}

fn int_overflow() -> crate::error::Fault {
    EvalError::arithmetic("integer overflow")
}

fn uint_overflow() -> crate::error::Fault {
    EvalError::arithmetic("unsigned integer overflow")
}

fn duration_overflow() -> crate::error::Fault {
    EvalError::arithmetic("duration overflow")
}

fn timestamp_overflow() -> crate::error::Fault {
    EvalError::arithmetic("timestamp overflow")
}
