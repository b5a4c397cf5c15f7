//! Types of objects: which fields they have, and which messages an expression may construct.

use std::collections::BTreeMap;

use crate::{error::Span, ty::Type};

/// What is known of object types, handed in by whoever knows it.
///
/// Fields go by the names of the API, `namespace` for example, although an expression may have to write
/// `__namespace__`; see [`escape`](crate::escape).
pub trait Schema: Send + Sync {
    /// Whether there is an object type of this name.
    fn has_type(&self, object: &str) -> bool;

    /// The type of a field, if the object type has it.
    fn field(&self, object: &str, field: &str) -> Option<Type>;

    /// The same of a field that stands at a place of an expression: for whoever wants to know what is asked where.
    fn field_at(&self, object: &str, field: &str, _place: Span) -> Option<Type> {
        self.field(object, field)
    }

    /// What a call at a place of an expression comes to, where something is known of all its operands: nothing, or why
    /// no function takes such.
    fn called_at(&self, _place: Span, _mistake: Option<&str>) {}

    /// Whether objects of this type are maps when an expression is evaluated, and may be used as such.
    fn is_map(&self, object: &str) -> bool {
        let _ = object;
        false
    }

    /// Whether an expression may construct objects of this type: `Object{...}`.
    fn is_constructible(&self, object: &str) -> bool {
        let _ = object;
        false
    }

    /// Whether expressions write the names of fields escaped.
    fn is_escaped(&self) -> bool {
        false
    }
}

/// Object types listed one by one.
#[derive(Clone, Debug, Default)]
pub struct ObjectTypes {
    types: BTreeMap<String, BTreeMap<String, Type>>,
}

impl ObjectTypes {
    /// No types.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more type.
    #[must_use]
    pub fn with<'f>(
        mut self,
        object: &str,
        fields: impl IntoIterator<Item = (&'f str, Type)>,
    ) -> Self {
        let fields = fields
            .into_iter()
            .map(|(name, ty)| (name.to_owned(), ty))
            .collect();
        self.types.insert(object.to_owned(), fields);
        self
    }
}

impl Schema for ObjectTypes {
    fn has_type(&self, object: &str) -> bool {
        self.types.contains_key(object)
    }

    fn field(&self, object: &str, field: &str) -> Option<Type> {
        self.types.get(object)?.get(field).cloned()
    }
}

/// What a mutation constructs: `Object{...}` of any field, and `JSONPatch{...}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct MutationTypes;

impl Schema for MutationTypes {
    fn has_type(&self, object: &str) -> bool {
        object == "JSONPatch" || object == "Object" || object.starts_with("Object.")
    }

    fn field(&self, object: &str, field: &str) -> Option<Type> {
        if object != "JSONPatch" {
            return Some(Type::Dyn);
        }
        match field {
            "op" | "path" | "from" => Some(Type::String),
            "value" => Some(Type::Dyn),
            _ => None,
        }
    }

    fn is_constructible(&self, object: &str) -> bool {
        self.has_type(object)
    }
}
