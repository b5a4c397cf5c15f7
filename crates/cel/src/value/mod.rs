//! Values: JSON where it lies, and what expressions make of it.

mod collection;
mod compare;
mod json;
mod opaque;
mod show;
mod text;
pub(crate) mod time;

use std::sync::Arc;

use crate::ty::Type;

pub(crate) use self::{
    collection::{Entries, whole},
    compare::{Comparison, compare, equal, is_ordered, position},
    json::MAX_SAFE_DEPTH,
};
pub use self::{
    collection::{List, Map},
    opaque::Opaque,
    text::{Blob, Text},
    time::{Duration, Timestamp},
};

/// A value of an expression. Borrows strings, lists and maps from the JSON that they came from.
#[derive(Clone, Debug)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A floating point number.
    Double(f64),
    /// Text.
    String(Text<'a>),
    /// Bytes.
    Bytes(Blob<'a>),
    /// A list.
    List(List<'a>),
    /// A map.
    Map(Map<'a>),
    /// A moment.
    Timestamp(Timestamp),
    /// A length of time.
    Duration(Duration),
    /// A type, by its name.
    Type(Arc<str>),
    /// A value that may be missing.
    Optional(Option<Arc<Value<'a>>>),
    /// An object that an expression constructed: `Object{...}`.
    Object(Arc<Object<'a>>),
    /// A value that only functions look into: quantities, addresses, versions, the authorizer.
    Opaque(Opaque<'a>),
}

/// An object that an expression constructed.
#[derive(Clone, Debug)]
pub struct Object<'a> {
    /// The name of its type, `Object.spec` for example.
    pub type_name: Arc<str>,
    /// Its fields, in the order of the expression.
    pub fields: Vec<(Arc<str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    /// The value of a field.
    pub fn field(&self, name: &str) -> Option<&Value<'a>> {
        self.fields
            .iter()
            .find(|(field, _)| **field == *name)
            .map(|(_, value)| value)
    }
}

impl<'a> Value<'a> {
    /// Text of its own.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// A list of its own.
    pub fn list(elements: Vec<Self>) -> Self {
        Self::List(List::Shared(Arc::new(elements)))
    }

    /// A map of its own; of two equal keys the later counts. `None` if something is no key.
    pub fn map(entries: Vec<(Self, Self)>) -> Option<Self> {
        let mut map = Entries::default();
        for (key, value) in entries {
            map.set(key, value)?;
        }
        Some(Self::Map(Map::Shared(Arc::new(map))))
    }

    pub(crate) fn some(value: Self) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// The name of the value's type, as `type(value)` gives it.
    pub fn type_name(&self) -> Arc<str> {
        match self {
            Self::Object(object) => Arc::clone(&object.type_name),
            other => other.static_type_name().into(),
        }
    }

    fn static_type_name(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::String(_) => "string",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Timestamp(_) => "google.protobuf.Timestamp",
            Self::Duration(_) => "google.protobuf.Duration",
            Self::Type(_) => "type",
            Self::Optional(_) => "optional_type",
            Self::Object(_) => "object",
            Self::Opaque(opaque) => opaque.type_name(),
        }
    }

    /// Whether it is of a type, looking at no more of it than its first element.
    pub(crate) fn is_of(&self, ty: &Type) -> bool {
        match (ty, self) {
            (Type::Dyn | Type::Error | Type::Param(_), _)
            | (Type::Null, Self::Null)
            | (Type::Bool, Self::Bool(_))
            | (Type::Int, Self::Int(_))
            | (Type::Uint, Self::Uint(_))
            | (Type::Double, Self::Double(_))
            | (Type::String, Self::String(_))
            | (Type::Bytes, Self::Bytes(_))
            | (Type::Timestamp, Self::Timestamp(_))
            | (Type::Duration, Self::Duration(_))
            | (Type::Optional(_), Self::Optional(_))
            | (Type::Type(_), Self::Type(_)) => true,
            (Type::List(element), Self::List(list)) => {
                list.get(0).is_none_or(|first| first.is_of(element))
            }
            (Type::Map(key, value), Self::Map(map)) => map
                .iter()
                .next()
                .is_none_or(|(first, second)| first.is_of(key) && second.is_of(value)),
            (Type::Object(name), Self::Opaque(opaque)) => **name == *opaque.type_name(),
            (Type::Object(name), Self::Object(object)) => *name == object.type_name,
            _ => false,
        }
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The truth value, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The same value, borrowed: nothing of it is counted or copied.
    pub(crate) fn borrowed(&'a self) -> Self {
        match self {
            Self::String(text) => Self::String(Text::Borrowed(text)),
            Self::Bytes(bytes) => Self::Bytes(Blob::Borrowed(bytes)),
            Self::List(List::Shared(elements)) => Self::List(List::Borrowed(elements)),
            Self::Map(Map::Shared(entries)) => Self::Map(Map::Borrowed(entries)),
            other => other.clone(),
        }
    }

    /// What the reference calls its size: characters, bytes, elements; 1 for all that has none.
    pub(crate) fn cost_size(&self) -> u64 {
        let size = match self {
            Self::String(text) => text.character_count(),
            Self::Bytes(bytes) => bytes.len(),
            Self::List(list) => list.len(),
            Self::Map(map) => map.len(),
            Self::Opaque(opaque) => opaque.cost_size(),
            _ => 1,
        };
        size as u64
    }

    /// Whether it is empty, zero, false or null.
    pub(crate) fn is_zero(&self) -> bool {
        match self {
            Self::Null
            | Self::Bool(false)
            | Self::Int(0)
            | Self::Uint(0)
            | Self::Optional(None) => true,
            Self::Double(value) => *value == 0.0,
            Self::String(text) => text.is_empty(),
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::List(list) => list.len() == 0,
            Self::Map(map) => map.len() == 0,
            Self::Duration(duration) => duration.nanoseconds() == 0,
            Self::Timestamp(moment) => moment.is_zero(),
            Self::Object(object) => object.fields.is_empty(),
            Self::Optional(Some(_))
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Uint(_)
            | Self::Type(_)
            | Self::Opaque(_) => false,
        }
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::String(Text::Borrowed(text))
    }
}
