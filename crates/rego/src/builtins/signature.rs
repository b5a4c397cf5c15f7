//! The types that builtins declare, as OPA's type checker knows them.

use std::fmt;

/// A type in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any value.
    Any,
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A value of one of several types.
    AnyOf(&'static [Type]),
    /// An array.
    Array {
        /// The types of its first members, all of which are there.
        first: &'static [Type],
        /// The type of the members behind them; `None` if there are none.
        rest: Option<&'static Type>,
    },
    /// An object.
    Object {
        /// Members that are there, by key.
        members: &'static [(&'static str, Type)],
        /// The types of other keys and values; `None` if there are none.
        rest: Option<(&'static Type, &'static Type)>,
    },
    /// A set.
    Set(&'static Type),
}

/// Any value.
pub(super) const ANY: Type = Type::Any;
/// `null`.
pub(super) const NULL: Type = Type::Null;
/// `true` or `false`.
pub(super) const BOOLEAN: Type = Type::Boolean;
/// A number.
pub(super) const NUMBER: Type = Type::Number;
/// A string.
pub(super) const STRING: Type = Type::String;
/// An array of anything.
pub(super) const ARRAY: Type = array(&ANY);
/// An array of strings.
pub(super) const STRING_ARRAY: Type = array(&STRING);
/// A set of anything.
pub(super) const SET: Type = Type::Set(&ANY);
/// A set of strings.
pub(super) const STRING_SET: Type = Type::Set(&STRING);
/// An object of anything.
pub(super) const OBJECT: Type = object(&ANY, &ANY);
/// An object whose keys are strings.
pub(super) const STRING_OBJECT: Type = object(&STRING, &ANY);
/// An array or a set of anything.
pub(super) const LIST: Type = Type::AnyOf(&[ARRAY, SET]);
/// An array or a set of strings.
pub(super) const STRING_LIST: Type = Type::AnyOf(&[STRING_ARRAY, STRING_SET]);
/// An array, a set or an object.
pub(super) const COLLECTION: Type = Type::AnyOf(&[ARRAY, OBJECT, SET]);

/// An array of members of one type.
pub(super) const fn array(member: &'static Type) -> Type {
    Type::Array {
        first: &[],
        rest: Some(member),
    }
}

/// An array of a fixed number of members.
pub(super) const fn tuple(members: &'static [Type]) -> Type {
    Type::Array {
        first: members,
        rest: None,
    }
}

/// An object whose keys and values have one type each.
pub(super) const fn object(key: &'static Type, value: &'static Type) -> Type {
    Type::Object {
        members: &[],
        rest: Some((key, value)),
    }
}

impl fmt::Display for Type {
    /// The words OPA's messages use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::AnyOf(types) => {
                f.write_str("any<")?;
                for (index, one) in types.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{one}")?;
                }
                f.write_str(">")
            }
            Self::Array { first, rest } => {
                f.write_str("array")?;
                if !first.is_empty() {
                    f.write_str("<")?;
                    for (index, one) in first.iter().enumerate() {
                        let comma = if index == 0 { "" } else { ", " };
                        write!(f, "{comma}{one}")?;
                    }
                    f.write_str(">")?;
                }
                rest.map_or(Ok(()), |rest| write!(f, "[{rest}]"))
            }
            Self::Object { members, rest } => {
                f.write_str("object")?;
                if !members.is_empty() {
                    f.write_str("<")?;
                    for (index, (key, one)) in members.iter().enumerate() {
                        let comma = if index == 0 { "" } else { ", " };
                        write!(f, "{comma}{key}: {one}")?;
                    }
                    f.write_str(">")?;
                }
                rest.map_or(Ok(()), |(key, value)| write!(f, "[{key}: {value}]"))
            }
            Self::Set(member) => write!(f, "set[{member}]"),
        }
    }
}
