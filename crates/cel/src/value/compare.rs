//! Equality and order of values.

use std::cmp::Ordering;

use super::{List, Map, Object, Opaque, Value};
use crate::error::{EvalError, EvalErrorKind, Fault};

/// Values looked at in one comparison. Lists may hold the same list many times over, and so be larger than memory.
const MAX_COMPARED: u32 = 2_000_000;

/// Whether two values are equal. Values of different types are not, numbers aside.
///
/// Fails if they are too large to tell.
pub(crate) fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Fault> {
    Comparer { left: MAX_COMPARED }
        .equal(left, right)
        .ok_or_else(|| {
            EvalError::fault(
                EvalErrorKind::TooLarge,
                "the values are too large to be compared",
            )
        })
}

/// The place of the first element that equals a value.
pub(crate) fn position<'a>(
    elements: impl Iterator<Item = Value<'a>>,
    wanted: &Value<'_>,
) -> Result<Option<usize>, Fault> {
    for (place, element) in elements.enumerate() {
        if equal(&element, wanted)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// Compares until it has looked at too many values, and then gives nothing.
struct Comparer {
    /// How many values it may still look at.
    left: u32,
}

impl Comparer {
    fn equal(&mut self, left: &Value<'_>, right: &Value<'_>) -> Option<bool> {
        self.left = self.left.checked_sub(1)?;
        Some(match (left, right) {
            (Value::Null, Value::Null) | (Value::Optional(None), Value::Optional(None)) => true,
            (Value::Bool(left), Value::Bool(right)) => left == right,
            (Value::String(left), Value::String(right)) => **left == **right,
            (Value::Bytes(left), Value::Bytes(right)) => **left == **right,
            (Value::Timestamp(left), Value::Timestamp(right)) => left == right,
            (Value::Duration(left), Value::Duration(right)) => left == right,
            (Value::Type(left), Value::Type(right)) => left == right,
            (Value::List(left), Value::List(right)) => return self.lists(left, right),
            (Value::Map(left), Value::Map(right)) => return self.maps(left, right),
            (Value::Optional(Some(left)), Value::Optional(Some(right))) => {
                return self.equal(left, right);
            }
            (Value::Object(left), Value::Object(right)) => return self.objects(left, right),
            (Value::Opaque(left), Value::Opaque(right)) => Opaque::equal(left, right),
            _ => numbers(left, right) == Comparison::Ordered(Ordering::Equal),
        })
    }

    fn lists(&mut self, left: &List<'_>, right: &List<'_>) -> Option<bool> {
        if left.len() != right.len() {
            return Some(false);
        }
        for (left, right) in left.iter().zip(right.iter()) {
            if !self.equal(&left, &right)? {
                return Some(false);
            }
        }
        Some(true)
    }

    fn maps(&mut self, left: &Map<'_>, right: &Map<'_>) -> Option<bool> {
        if left.len() != right.len() {
            return Some(false);
        }
        for (key, value) in left.iter() {
            match right.get(&key) {
                Some(other) if self.equal(&value, &other)? => {}
                _ => return Some(false),
            }
        }
        Some(true)
    }

    fn objects(&mut self, left: &Object<'_>, right: &Object<'_>) -> Option<bool> {
        if left.type_name != right.type_name || left.fields.len() != right.fields.len() {
            return Some(false);
        }
        for (name, value) in &left.fields {
            match right.field(name) {
                Some(other) if self.equal(value, other)? => {}
                _ => return Some(false),
            }
        }
        Some(true)
    }
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
