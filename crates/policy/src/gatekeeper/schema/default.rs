//! What the API server puts where nothing is written.

use serde_json::Value;

use super::{Additional, Schema};

impl Schema {
    /// Takes off nulls where there must be none, then puts defaults where nothing stands.
    ///
    /// Source: `defaulting` of k8s.io/apiextensions-apiserver.
    pub(crate) fn default_value(&self, value: &mut Value) {
        self.prune_nulls(value);
        self.fill(value);
    }

    /// What stands where the whole value is missing, with its own defaults; `None` if nothing does.
    pub(crate) fn own_default(&self) -> Option<Value> {
        let mut value = self.default.clone()?;
        self.fill(&mut value);
        Some(value)
    }

    fn prune_nulls(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, field| {
                    !(field.is_null()
                        && self
                            .of_field(name)
                            .is_some_and(|schema| !schema.nullable && schema.default.is_none()))
                });
                for (name, field) in fields {
                    if let Some(schema) = self.of_field(name) {
                        schema.prune_nulls(field);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.prune_nulls(item);
                    }
                }
            }
            _ => {}
        }
    }

    fn fill(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (name, schema) in &self.properties {
                    let Some(default) = &schema.default else {
                        continue;
                    };
                    let stands = match fields.get(name) {
                        None => false,
                        Some(Value::Null) => schema.nullable,
                        Some(_) => true,
                    };
                    if !stands {
                        fields.insert(name.clone(), default.clone());
                    }
                }
                for (name, field) in fields {
                    if let Some(schema) = self.of_field(name) {
                        schema.fill(field);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(schema) = &self.items {
                    for item in items {
                        schema.fill(item);
                    }
                }
            }
            _ => {}
        }
    }

    /// The schema of a field, if one says anything about it.
    pub(super) fn of_field(&self, name: &str) -> Option<&Self> {
        self.properties.get(name).or(match &self.additional {
            Some(Additional::Schema(schema)) => Some(schema),
            _ => None,
        })
    }
}
