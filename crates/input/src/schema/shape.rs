//! What a field holds.

use super::{Rule, TypeRef};

/// A field of a type.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// As written in manifests.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether the API's own description demands it. Defaults may fill it all the same.
    pub required: bool,
    /// What the API server demands beyond the shape.
    pub rule: Option<Rule>,
}

/// What a value must look like.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `true` or `false`, not a string.
    Bool,
    /// An integer of 32 bits.
    Int32,
    /// An integer of 64 bits.
    Int64,
    /// A number.
    Float,
    /// A string.
    String,
    /// One of a few strings. Decoding takes any string; validation takes these.
    Enum(Choices),
    /// Base64 in a string.
    Bytes,
    /// RFC 3339 in a string.
    Time,
    /// A string or a number that [`crate::quantity::Quantity`] can read.
    Quantity,
    /// A 32 bit integer or a string.
    IntOrString,
    /// A mapping with known fields.
    Object(TypeRef),
    /// Such a mapping, or a boolean or a list in its place; only JSON schemas in CRDs are so.
    ObjectOrOther(TypeRef),
    /// A list.
    List(Item),
    /// A mapping from any string.
    Map(Item),
    /// Anything.
    Any,
}

/// What a list or a map holds.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    package: &'static str,
    code: &'static str,
    /// The type of objects, which most lists hold.
    of: Option<TypeRef>,
}

/// The strings a field may hold.
#[derive(Clone, Copy, Debug)]
pub struct Choices(&'static str);

impl Shape {
    pub(super) fn read(package: &'static str, code: &'static str) -> Self {
        let Some(first) = code.get(..1) else {
            return Self::Any;
        };
        let rest = code.get(1..).unwrap_or_default();
        match first {
            "b" => Self::Bool,
            "i" => Self::Int32,
            "l" => Self::Int64,
            "n" => Self::Float,
            "s" => rest
                .strip_prefix('=')
                .map_or(Self::String, |choices| Self::Enum(Choices(choices))),
            "y" => Self::Bytes,
            "t" => Self::Time,
            "q" => Self::Quantity,
            "x" => Self::IntOrString,
            "[" => Self::List(Item::read(package, rest)),
            "{" => Self::Map(Item::read(package, rest)),
            "@" => reference(package, rest).map_or(Self::Any, Self::Object),
            "?" => rest
                .strip_prefix('@')
                .and_then(|name| reference(package, name))
                .map_or(Self::Any, Self::ObjectOrOther),
            _ => Self::Any,
        }
    }
}

impl Shape {
    /// What a message calls it: `a string`.
    pub const fn noun(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Int32 | Self::Int64 => "an integer",
            Self::Float => "a number",
            Self::String | Self::Enum(_) => "a string",
            Self::Bytes => "base64 in a string",
            Self::Time => "a time such as 2026-01-31T12:00:00Z",
            Self::Quantity => "a quantity such as 500m or 1Gi",
            Self::IntOrString => "an integer or a string",
            Self::Object(_) | Self::ObjectOrOther(_) | Self::Map(_) => "an object",
            Self::List(_) => "a list",
            Self::Any => "anything",
        }
    }
}

impl Item {
    /// What each element or value must look like.
    pub fn shape(&self) -> Shape {
        match self.of {
            Some(of) => Shape::Object(of),
            None => Shape::read(self.package, self.code),
        }
    }

    fn read(package: &'static str, code: &'static str) -> Self {
        let of = code
            .strip_prefix('@')
            .and_then(|name| reference(package, name));
        Self { package, code, of }
    }
}

impl Choices {
    /// These, joined by `|`.
    pub(super) const fn new(choices: &'static str) -> Self {
        Self(choices)
    }

    /// The strings, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.0.split('|')
    }

    /// Whether the string is one of them.
    pub fn contains(&self, value: &str) -> bool {
        self.iter().any(|choice| choice == value)
    }
}

/// The type that `Name` or `package.Name` means in a package.
fn reference(package: &str, target: &str) -> Option<TypeRef> {
    let (package, name) = target.rsplit_once('.').unwrap_or((package, target));
    TypeRef::find(package, name)
}
