//! Equality and order of values.

use std::cmp::Ordering;

use super::{List, Map, Opaque, Value};

/// Whether two values are equal. Values of different types are not, numbers aside.
pub(crate) fn equal(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left, right) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(left), Value::Bool(right)) => left == right,
        (Value::String(left), Value::String(right)) => **left == **right,
        (Value::Bytes(left), Value::Bytes(right)) => **left == **right,
        (Value::Timestamp(left), Value::Timestamp(right)) => left == right,
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Type(left), Value::Type(right)) => left == right,
        (Value::List(left), Value::List(right)) => lists(left, right),
        (Value::Map(left), Value::Map(right)) => maps(left, right),
        (Value::Optional(left), Value::Optional(right)) => match (left, right) {
            (None, None) => true,
            (Some(left), Some(right)) => equal(left, right),
            _ => false,
        },
        (Value::Object(left), Value::Object(right)) => {
            left.type_name == right.type_name
                && left.fields.len() == right.fields.len()
                && left
                    .fields
                    .iter()
                    .all(|(name, value)| right.field(name).is_some_and(|other| equal(value, other)))
        }
        (Value::Opaque(left), Value::Opaque(right)) => Opaque::equal(left, right),
        _ => numbers(left, right) == Comparison::Ordered(Ordering::Equal),
    }
}

fn lists(left: &List<'_>, right: &List<'_>) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right.iter())
            .all(|(left, right)| equal(&left, &right))
}

fn maps(left: &Map<'_>, right: &Map<'_>) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .all(|(key, value)| right.get(&key).is_some_and(|other| equal(&value, &other)))
}

/// How two values compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Ordered(Ordering),
    /// One of them is not a number: nothing is less, greater or equal.
    NotANumber,
    /// Their types have no order, or not with each other.
    Undefined,
}

impl Comparison {
    /// The order, if there is one.
    pub(crate) fn order(self) -> Option<Ordering> {
        match self {
            Self::Ordered(order) => Some(order),
            _ => None,
        }
    }
}

impl From<Option<Ordering>> for Comparison {
    /// Of doubles.
    fn from(order: Option<Ordering>) -> Self {
        order.map_or(Self::NotANumber, Self::Ordered)
    }
}

/// Whether values of its type have an order.
pub(crate) fn is_ordered(value: &Value<'_>) -> bool {
    compare(value, value) != Comparison::Undefined
}

/// The order of two values of an ordered type.
pub(crate) fn compare(left: &Value<'_>, right: &Value<'_>) -> Comparison {
    Comparison::Ordered(match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        (Value::String(left), Value::String(right)) => (**left).cmp(&**right),
        (Value::Bytes(left), Value::Bytes(right)) => (**left).cmp(&**right),
        (Value::Timestamp(left), Value::Timestamp(right)) => left.cmp(right),
        (Value::Duration(left), Value::Duration(right)) => left.cmp(right),
        _ => return numbers(left, right),
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the reference rounds an integer when it compares it with a double"
)]
fn numbers(left: &Value<'_>, right: &Value<'_>) -> Comparison {
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
        (Value::Uint(left), Value::Uint(right)) => Some(left.cmp(right)),
        (Value::Int(left), Value::Uint(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Uint(left), Value::Int(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
        (Value::Double(left), Value::Double(right)) => left.partial_cmp(right),
        (Value::Int(left), Value::Double(right)) => (*left as f64).partial_cmp(right),
        (Value::Uint(left), Value::Double(right)) => (*left as f64).partial_cmp(right),
        (Value::Double(left), Value::Int(right)) => left.partial_cmp(&(*right as f64)),
        (Value::Double(left), Value::Uint(right)) => left.partial_cmp(&(*right as f64)),
        _ => return Comparison::Undefined,
    };
    order.into()
}
