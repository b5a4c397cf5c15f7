//! Lists, maps and messages that an expression writes out.

use super::{Checked, Checker, unify};
use crate::{
    error::Span,
    program::{Message, Node},
    syntax::ast::{Element, Entry, Field},
    ty::Type,
    value::{Entries, Map, Value},
};

impl Checker<'_> {
    pub(super) fn list(&mut self, elements: &[Element]) -> Checked {
        self.list_and_types(elements).0
    }

    /// A list, and the type of each of its elements.
    pub(super) fn list_and_types(&mut self, elements: &[Element]) -> (Checked, Vec<Type>) {
        let mut types = Vec::with_capacity(elements.len());
        let mut joined: Option<Type> = None;
        let mut nodes = Vec::with_capacity(elements.len());
        for element in elements {
            let (ty, node) = self.expression(&element.value);
            let ty = self.unwrapped(element.value.span, ty, element.optional);
            types.push(ty.clone());
            joined = Some(self.join(element.value.span, joined, ty));
            nodes.push((node, element.optional));
        }
        let ty = match joined {
            Some(ty) => ty,
            None => self.substitution.fresh(),
        };
        let constants: Option<Vec<Value<'static>>> = nodes
            .iter()
            .map(|(node, optional)| match node {
                Node::Constant(value) if !optional => Some(value.clone()),
                _ => None,
            })
            .collect();
        let node = match constants {
            Some(constants) => Node::Constant(Value::list(constants)),
            None => Node::List(nodes),
        };
        ((Type::list(ty), node), types)
    }

    pub(super) fn map(&mut self, entries: &[Entry]) -> Checked {
        let (mut keys, mut values): (Option<Type>, Option<Type>) = (None, None);
        let mut nodes = Vec::with_capacity(entries.len());
        for entry in entries {
            let (key_type, key) = self.expression(&entry.key);
            keys = Some(self.join(entry.key.span, keys, key_type));
            let (value_type, value) = self.expression(&entry.value);
            let value_type = self.unwrapped(entry.value.span, value_type, entry.optional);
            values = Some(self.join(entry.value.span, values, value_type));
            nodes.push((key, value, entry.optional));
        }
        let (keys, values) = match (keys, values) {
            (Some(keys), Some(values)) => (keys, values),
            _ => (self.substitution.fresh(), self.substitution.fresh()),
        };
        let mut constants = Entries::default();
        let all_constant = nodes
            .iter()
            .all(|(key, value, optional)| match (key, value) {
                (Node::Constant(key), Node::Constant(value)) if !optional => {
                    self.set(&mut constants, key, value)
                }
                _ => false,
            });
        let node = if all_constant {
            Node::Constant(Value::Map(Map::Shared(constants.into())))
        } else {
            Node::Map {
                entries: nodes,
                unique: !self.environment.is_kubernetes,
            }
        };
        (Type::map(keys, values), node)
    }

    /// Adds a constant entry; `false` if evaluation has to say what is wrong with it.
    fn set(
        &self,
        entries: &mut Entries<'static>,
        key: &Value<'static>,
        value: &Value<'static>,
    ) -> bool {
        if self.environment.is_kubernetes {
            entries.set(key.clone(), value.clone()).is_some()
        } else {
            entries.insert(key.clone(), value.clone()) == Some(true)
        }
    }

    /// What an element contributes: of `?element`, the value inside of the optional.
    fn unwrapped(&mut self, span: Span, ty: Type, optional: bool) -> Type {
        if !optional {
            return ty;
        }
        match self.substitution.apply(&ty, false) {
            Type::Optional(inner) => (*inner).clone(),
            Type::Dyn => Type::Dyn,
            Type::Error => Type::Error,
            other => {
                let message = format!(
                    "expected type 'optional_type({})' but found '{}'",
                    other.spoken(),
                    other.spoken()
                );
                self.fail(span, message).0
            }
        }
    }

    /// The type of elements that are of either type.
    fn join(&mut self, span: Span, previous: Option<Type>, current: Type) -> Type {
        let Some(previous) = previous else {
            return current;
        };
        let joined = if self.substitution.assign(&previous, &current) {
            unify::most_general(&previous, &current)
        } else {
            Type::Dyn
        };
        if self.environment.is_kubernetes && self.mixing == 0 {
            let first = self.substitution.apply(&previous, true);
            let this = self.substitution.apply(&current, true);
            if !unify::equivalent(&first, &this) {
                let message = format!(
                    "expected type '{}' but found '{}'",
                    first.spoken(),
                    this.spoken()
                );
                return self.fail(span, message).0;
            }
        }
        joined
    }

    pub(super) fn message(&mut self, span: Span, name: &str, fields: &[Field]) -> Checked {
        let environment = self.environment;
        let found = self.candidates(name).into_iter().find_map(|candidate| {
            let schema = environment
                .schemas
                .iter()
                .find(|schema| schema.is_constructible(&candidate))?;
            Some((candidate, schema))
        });
        let Some((name, schema)) = found else {
            for field in fields {
                self.expression(&field.value);
            }
            let message = if self.name(span, name).is_some() {
                format!("'{name}' is not a message type")
            } else {
                format!(
                    "undeclared reference to '{name}' (in container '{}')",
                    environment.container
                )
            };
            return self.fail(span, message);
        };
        let mut nodes = Vec::with_capacity(fields.len());
        for field in fields {
            let (ty, node) = self.expression(&field.value);
            let ty = self.unwrapped(field.value.span, ty, field.optional);
            match schema.field(&name, &field.name) {
                None => {
                    self.fail(field.span, format!("undefined field '{}'", field.name));
                }
                Some(wanted) => {
                    if !self.substitution.assign(&wanted, &ty) {
                        let message = format!(
                            "expected type of field '{}' is '{}' but provided type is '{}'",
                            field.name,
                            wanted.spoken(),
                            self.spoken(&ty)
                        );
                        self.fail(field.span, message);
                    }
                }
            }
            nodes.push((field.name.as_str().into(), node, field.optional));
        }
        let node = Node::Message(Box::new(Message {
            type_name: name.as_str().into(),
            fields: nodes,
        }));
        (Type::object(&name), node)
    }
}
