//! The static types of CEL.

use std::{fmt, sync::Arc};

/// What is known of a value before it is there.
///
/// Displayed in the words of the API server: `list(int)`, `google.protobuf.Timestamp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Anything; checked when it is there.
    Dyn,
    /// What a failed part of an expression has: it fits everywhere, so that one mistake is told once.
    Error,
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool,
    /// A signed integer of 64 bits.
    Int,
    /// An unsigned integer of 64 bits.
    Uint,
    /// A floating point number of 64 bits.
    Double,
    /// Text.
    String,
    /// Bytes.
    Bytes,
    /// A moment.
    Timestamp,
    /// A length of time.
    Duration,
    /// A list of such elements.
    List(Arc<Type>),
    /// A map from such keys to such values.
    Map(Arc<Type>, Arc<Type>),
    /// A value that may be missing.
    Optional(Arc<Type>),
    /// A type as a value: `int` has the type `type(int)`.
    Type(Arc<Type>),
    /// A type known by its name: of an object with fields, or one that only functions know, `kubernetes.Quantity`.
    Object(Arc<str>),
    /// A type that a call decides: `A` in `list(A)`.
    Param(u32),
}

impl Type {
    /// A list of elements of this type.
    pub fn list(element: Self) -> Self {
        Self::List(Arc::new(element))
    }

    /// A map from keys of one type to values of another.
    pub fn map(key: Self, value: Self) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// A value of this type that may be missing.
    pub fn optional(value: Self) -> Self {
        Self::Optional(Arc::new(value))
    }

    /// The type of that name.
    pub fn object(name: &str) -> Self {
        Self::Object(name.into())
    }

    /// The type as a value has it at run time, by name.
    pub(crate) fn runtime_name(&self) -> Arc<str> {
        match self {
            Self::List(_) => "list".into(),
            Self::Map(..) => "map".into(),
            Self::Type(_) => "type".into(),
            Self::Optional(_) => "optional_type".into(),
            Self::Object(name) => Arc::clone(name),
            other => other.to_string().into(),
        }
    }

    pub(crate) fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn | Self::Error)
    }

    /// As messages of the checker write it: short names for times and null.
    pub(crate) fn spoken(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Timestamp => "timestamp".to_owned(),
            Self::Duration => "duration".to_owned(),
            Self::List(element) => format!("list({})", element.spoken()),
            Self::Map(key, value) => format!("map({}, {})", key.spoken(), value.spoken()),
            Self::Optional(value) => format!("optional_type({})", value.spoken()),
            Self::Type(inner) => format!("type({})", inner.spoken()),
            Self::Error => "!error!".to_owned(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Error => f.write_str("error"),
            Self::Null => f.write_str("null_type"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Uint => f.write_str("uint"),
            Self::Double => f.write_str("double"),
            Self::String => f.write_str("string"),
            Self::Bytes => f.write_str("bytes"),
            Self::Timestamp => f.write_str("google.protobuf.Timestamp"),
            Self::Duration => f.write_str("google.protobuf.Duration"),
            Self::List(element) => write!(f, "list({element})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(value) => write!(f, "optional_type({value})"),
            Self::Type(inner) => match &**inner {
                // The type of types that say nothing more.
                Self::Type(unknown) if unknown.is_dyn() => f.write_str("type(type)"),
                inner => write!(f, "type({inner})"),
            },
            Self::Object(name) => f.write_str(name),
            Self::Param(number) => {
                // The letters of declarations come first, then what calls made of them.
                match u8::try_from(*number).ok().filter(|letter| *letter < 26) {
                    Some(letter) => write!(f, "{}", char::from(b'A' + letter)),
                    None => write!(f, "_var{number}"),
                }
            }
        }
    }
}
