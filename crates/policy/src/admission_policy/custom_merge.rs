//! An apply configuration merged into an object of a custom kind.
//!
//! `metadata` is that of every object. The rest has the fields and lists that its CustomResourceDefinition says; where
//! that is not at hand, objects are merged member by member, and a list cannot be merged at all.
//! What a definition leaves free is merged so too, but for its lists, which are replaced.

use std::sync::Arc;

use ringwall_input::schema::{self, Shape};
use serde_json::{Map, Value};

use super::structured_merge::{self, Key};
use crate::admission::{ClusterView, GroupVersionKind, GroupVersionResource};

/// The CustomResourceDefinition of a resource, if it is at hand.
pub(super) fn definition(
    resource: &GroupVersionResource,
    cluster: &dyn ClusterView,
) -> Option<Arc<Value>> {
    let kind = GroupVersionKind::of_definitions();
    let name = format!("{}.{}", resource.resource, resource.group);
    cluster.get(&kind, "", &name)
}

/// The schema that a CustomResourceDefinition at hand gives a resource.
pub(super) fn schema_of(
    resource: &GroupVersionResource,
    cluster: &dyn ClusterView,
) -> Option<Value> {
    let definition = definition(resource, cluster)?;
    let mut versions = definition.pointer("/spec/versions")?.as_array()?.iter();
    let version = versions.find(|it| {
        it.get("name")
            .is_some_and(|name| *name == *resource.version)
    })?;
    version.pointer("/schema/openAPIV3Schema").cloned()
}

/// The object after the configuration. `configuration` has no `apiVersion` and `kind` of its own.
pub(super) fn apply(
    schema: Option<&Value>,
    object: &Value,
    configuration: &Value,
) -> Result<Value, String> {
    let known = schema.map_or(Known::Nothing, Known::Field);
    let empty = Map::new();
    let mut merged = object.as_object().cloned().unwrap_or_default();
    for (name, value) in configuration.as_object().unwrap_or(&empty) {
        let before = merged.get(name);
        let path = format!(".{name}");
        let value = if name == "metadata" {
            metadata(before.unwrap_or(&Value::Object(Map::new())), value)?
        } else {
            merge(known.inner(name, &path)?, before, value, &path)?
        };
        merged.insert(name.clone(), value);
    }
    Ok(Value::Object(merged))
}

fn metadata(before: &Value, configuration: &Value) -> Result<Value, String> {
    // The same in all kinds.
    let of = schema::builtin().kind("v1", "ConfigMap");
    match of
        .and_then(|of| of.field("metadata"))
        .map(|field| field.shape)
    {
        Some(Shape::Object(of)) => structured_merge::apply(of, before, configuration)
            .map_err(|error| format!(".metadata{error}")),
        _ => Err("the fields of metadata are not known".to_owned()),
    }
}

/// What is known of a value.
#[derive(Clone, Copy)]
enum Known<'s> {
    /// Nothing: the definition is not at hand.
    Nothing,
    /// The definition allows anything.
    Free,
    /// Its schema, which says that it is a field of all the objects around it.
    Field(&'s Value),
    /// Its schema, which says it of any member of an object around it. The API server does not look there for what
    /// must not be replaced as a whole.
    Member(&'s Value),
}

impl<'s> Known<'s> {
    fn schema(self) -> Option<&'s Value> {
        match self {
            Self::Nothing | Self::Free => None,
            Self::Field(schema) | Self::Member(schema) => Some(schema),
        }
    }

    fn word(self, word: &str) -> Option<&'s str> {
        self.schema()?.get(word)?.as_str()
    }

    /// What is known of a member.
    fn inner(self, name: &str, path: &str) -> Result<Self, String> {
        let Some(schema) = self.schema() else {
            return Ok(self);
        };
        let field = schema.get("properties").and_then(|fields| fields.get(name));
        if let Some(field) = field {
            return Ok(match self {
                Self::Member(_) => Self::Member(field),
                _ => Self::Field(field),
            });
        }
        let is_true = |word: &str| schema.get(word) == Some(&Value::Bool(true));
        match schema.get("additionalProperties") {
            Some(all @ Value::Object(_)) => Ok(Self::Member(all)),
            Some(Value::Bool(true)) => Ok(Self::Free),
            _ if is_true("x-kubernetes-preserve-unknown-fields") => Ok(Self::Free),
            _ => Err(format!("{path}: field not declared in schema")),
        }
    }

    /// What is known of the items of a list.
    fn items(self) -> Self {
        match (self, self.schema().and_then(|schema| schema.get("items"))) {
            (Self::Nothing, _) => Self::Nothing,
            (Self::Field(_), Some(items)) => Self::Field(items),
            (Self::Member(_), Some(items)) => Self::Member(items),
            _ => Self::Free,
        }
    }
}

fn merge(
    known: Known<'_>,
    left: Option<&Value>,
    right: &Value,
    path: &str,
) -> Result<Value, String> {
    let whole = || match known {
        Known::Field(_) => Err(format!(
            "invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {path}"
        )),
        _ => Ok(right.clone()),
    };
    match right {
        Value::Object(_) if known.word("x-kubernetes-map-type") == Some("atomic") => whole(),
        Value::Object(members) => {
            let mut merged = left.and_then(Value::as_object).cloned().unwrap_or_default();
            for (name, value) in members {
                let path = format!("{path}.{name}");
                let value = merge(known.inner(name, &path)?, merged.get(name), value, &path)?;
                merged.insert(name.clone(), value);
            }
            Ok(Value::Object(merged))
        }
        Value::Array(items) => {
            if let Known::Nothing = known {
                return Err(format!(
                    "{path}: what tells its items apart is not known, as the CustomResourceDefinition is not at hand"
                ));
            }
            let names = match known.word("x-kubernetes-list-type") {
                Some("set") => Vec::new(),
                Some("map") => {
                    let names = known
                        .schema()
                        .and_then(|schema| schema.get("x-kubernetes-list-map-keys"))
                        .and_then(Value::as_array);
                    names
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .collect()
                }
                _ => return whole(),
            };
            let inside = known.items();
            let left = left
                .and_then(Value::as_array)
                .map_or(&[][..], Vec::as_slice);
            let keys = [left, items].map(|items| {
                let keys = items.iter().map(|item| key(inside.schema(), &names, item));
                keys.collect::<Option<Vec<_>>>()
            });
            let [Some(left_keys), Some(right_keys)] = keys else {
                return Err(format!("{path}: element omits a key field"));
            };
            structured_merge::merge_items([left, items], &[left_keys, right_keys], |left, right| {
                merge(inside, left, right, path).map(Some)
            })
        }
        scalar => Ok(scalar.clone()),
    }
}

/// What tells an item from others: itself, where no fields are named.
fn key<'v>(schema: Option<&'v Value>, names: &[&str], item: &'v Value) -> Option<Key<'v>> {
    if names.is_empty() {
        return Some(vec![item]);
    }
    let default = |name: &str| schema?.get("properties")?.get(name)?.get("default");
    let parts = names
        .iter()
        .map(|name| item.get(name).or_else(|| default(name)));
    parts.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_without_a_schema_are_merged_member_by_member() {
        let object = json!({"metadata": {"name": "a", "labels": {"x": "1"}}, "spec": {"a": {"b": 1, "c": 2}, "l": [1]}});
        let configuration =
            json!({"metadata": {"labels": {"y": "2"}}, "spec": {"a": {"b": 3}, "n": true}});
        let merged = apply(None, &object, &configuration).unwrap();
        let expected = json!({
            "metadata": {"name": "a", "labels": {"x": "1", "y": "2"}},
            "spec": {"a": {"b": 3, "c": 2}, "l": [1], "n": true},
        });
        assert_eq!(merged, expected);
        let refused = |configuration: Value| apply(None, &object, &configuration).unwrap_err();
        assert!(
            refused(json!({"spec": {"l": [2]}})).starts_with(".spec.l: what tells its items apart")
        );
        assert!(refused(json!({"metadata": {"label": {}}})).contains(".metadata.label"));
    }

    #[test]
    fn a_schema_tells_how_lists_are_merged_and_which_fields_there_are() {
        let schema = json!({"properties": {"spec": {"properties": {
            "ports": {
                "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
                "items": {"properties": {"port": {}, "protocol": {"default": "TCP"}, "name": {}}},
            },
            "hosts": {"x-kubernetes-list-type": "set", "items": {}},
            "plain": {"items": {}},
            "free": {"x-kubernetes-preserve-unknown-fields": true},
            "map": {"additionalProperties": {}},
            "whole": {"x-kubernetes-map-type": "atomic", "properties": {"a": {}}},
        }}}});
        let object = json!({"spec": {
            "ports": [{"port": 1, "protocol": "TCP"}, {"port": 2, "protocol": "UDP"}], "hosts": ["a"],
        }});
        let applied = |spec: Value| apply(Some(&schema), &object, &json!({"spec": spec}));
        let merged = applied(json!({
            "ports": [{"port": 1, "name": "x"}, {"port": 2}], "hosts": ["b", "a"], "free": {"any": 1}, "map": {"k": "v"},
        }));
        let expected = json!({"spec": {
            "ports": [{"port": 1, "protocol": "TCP", "name": "x"}, {"port": 2, "protocol": "UDP"}, {"port": 2}],
            "hosts": ["b", "a"], "free": {"any": 1}, "map": {"k": "v"},
        }});
        let sorted = |mut value: Value| {
            value["spec"]["ports"]
                .as_array_mut()
                .unwrap()
                .sort_by_key(Value::to_string);
            value
        };
        assert_eq!(merged.map(sorted), Ok(sorted(expected)));
        for (spec, expected) in [
            (
                json!({"plain": [1]}),
                "atomic arrays, maps or structs: .spec.plain",
            ),
            (
                json!({"whole": {"a": 1}}),
                "atomic arrays, maps or structs: .spec.whole",
            ),
            (
                json!({"nope": 1}),
                ".spec.nope: field not declared in schema",
            ),
            (json!({"ports": [{"name": "x"}]}), "omits a key field"),
        ] {
            assert!(applied(spec).unwrap_err().contains(expected), "{expected}");
        }
    }

    #[test]
    fn lists_that_the_definition_leaves_free_are_replaced() {
        let strings = json!({"items": {"type": "string"}});
        let schema = json!({"x-kubernetes-preserve-unknown-fields": true, "properties": {"spec": {"properties": {
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"known": strings}},
            "any": {"additionalProperties": true},
            "hosts": {"additionalProperties": {"properties": {"names": strings}}},
        }}}});
        let object = json!({
            "list": [1],
            "spec": {"free": {"a": {"list": ["x"], "b": 1}}, "hosts": {"h": {"names": ["x"]}}},
        });
        let applied = |configuration: Value| apply(Some(&schema), &object, &configuration);
        let merged = applied(json!({
            "list": [2],
            "spec": {"free": {"a": {"list": ["y"]}}, "any": {"list": [1]}, "hosts": {"h": {"names": ["y"]}}},
        }));
        let expected = json!({
            "list": [2],
            "spec": {
                "free": {"a": {"list": ["y"], "b": 1}}, "any": {"list": [1]}, "hosts": {"h": {"names": ["y"]}},
            },
        });
        assert_eq!(merged, Ok(expected));
        let refused = applied(json!({"spec": {"free": {"known": ["x"]}}})).unwrap_err();
        assert!(refused.contains("atomic"), "{refused}");
    }
}
