//! What the documentation of custom resources says about structural schemas.

use serde_json::{Value, json};

use super::*;

fn schema(written: &Value) -> Schema {
    let (schema, faults) = Schema::parse(written, "", false);
    assert_eq!(faults, [], "{written}");
    schema
}

/// The faults of a schema that is not structural, as pointers.
fn refused(written: &Value) -> Vec<String> {
    let (_, faults) = Schema::parse(written, "", false);
    faults.into_iter().map(|fault| fault.pointer).collect()
}

fn faults(schema: &Schema, value: &Value) -> Vec<String> {
    let faults = schema.validate(value, "");
    faults.into_iter().map(|fault| fault.message).collect()
}

#[test]
fn schemas_must_be_structural() {
    for (written, pointer) in [
        (json!({}), ""),
        (json!({"type": "text"}), "/type"),
        (
            json!({"type": "object", "properties": {"a": {}}}),
            "/properties/a",
        ),
        (json!({"type": "array"}), ""),
        (json!({"type": "array", "items": []}), "/items"),
        (
            json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}}),
            "/additionalProperties",
        ),
        (
            json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
            "/uniqueItems",
        ),
        (
            json!({"type": "string", "anyOf": [{"type": "string"}]}),
            "/anyOf/0/type",
        ),
        (json!({"type": "string", "pattern": "("}), "/pattern"),
        (json!({"type": "string", "default": 1}), "/default"),
        (json!({"type": "object", "$ref": "#/a"}), "/$ref"),
        (
            json!({"type": "object", "x-kubernetes-validations": [{"rule": "true"}]}),
            "/x-kubernetes-validations",
        ),
    ] {
        assert!(
            refused(&written).iter().any(|found| found == pointer),
            "{written}: {:?}",
            refused(&written)
        );
    }
}

#[test]
fn a_misspelt_field_of_a_schema_is_told() {
    let (_, faults) = Schema::parse(&json!({"type": "object", "requred": ["a"]}), "", false);
    assert_eq!(faults.len(), 1);
    assert!(faults[0].is_warning);
    assert_eq!(faults[0].pointer, "/requred");
}

#[test]
fn legacy_schemas_let_everything_else_through() {
    let written = json!({"properties": {"a": {"type": "array"}, "b": {}}});
    let (schema, problems) = Schema::parse(&written, "", true);
    assert_eq!(problems, []);
    assert_eq!(
        faults(&schema, &json!({"a": [1, "x"], "b": {"c": 1}, "d": 1})),
        [""; 0]
    );
    assert_eq!(
        faults(&schema, &json!({"a": 1})),
        ["`a` must be a list, not a number"]
    );
}

#[test]
fn values_are_held_against_type_and_rules() {
    let schema = schema(&json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 2, "pattern": "^[a-z]+$"},
            "count": {"type": "integer", "minimum": 1, "maximum": 10, "exclusiveMaximum": true, "multipleOf": 3},
            "port": {"x-kubernetes-int-or-string": true},
            "mode": {"type": "string", "enum": ["a", "b"]},
            "tags": {"type": "array", "maxItems": 2, "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": true, "properties": {"x": {"type": "boolean"}}},
            "map": {"type": "object", "additionalProperties": {"type": "number"}},
            "maybe": {"type": "string", "nullable": true},
        },
    }));
    assert_eq!(
        faults(
            &schema,
            &json!({"name": "ab", "count": 3.0, "port": "http", "mode": "b", "tags": ["x"], "free": {"y": 1}, "map": {"k": 1.5}, "maybe": null}),
        ),
        [""; 0]
    );
    for (value, expected) in [
        (json!({}), "needs the field `name`"),
        (json!({"name": "Ab"}), "`name` must match `^[a-z]+$`"),
        (
            json!({"name": "a"}),
            "`name` must have at least 2 characters, not 1",
        ),
        (
            json!({"name": "ab", "count": 0}),
            "`count` must be at least 1",
        ),
        (
            json!({"name": "ab", "count": 10}),
            "`count` must be less than 10",
        ),
        (
            json!({"name": "ab", "count": 4}),
            "`count` must be a multiple of 3",
        ),
        (
            json!({"name": "ab", "count": 4.5}),
            "`count` must be an integer, not a number",
        ),
        (
            json!({"name": "ab", "port": true}),
            "`port` must be an integer or a text, not a boolean",
        ),
        (
            json!({"name": "ab", "mode": "c"}),
            "`mode` must be one of \"a\", \"b\"",
        ),
        (
            json!({"name": "ab", "tags": ["x", "x"]}),
            "`tags[1]` repeats an earlier item",
        ),
        (
            json!({"name": "ab", "tags": ["x", "y", "z"]}),
            "`tags` must have at most 2 items, not 3",
        ),
        (
            json!({"name": "ab", "free": {"x": 1}}),
            "`free.x` must be a boolean, not a number",
        ),
        (
            json!({"name": "ab", "map": {"k": "v"}}),
            "`map.k` must be a number, not a text",
        ),
        (
            json!({"name": "ab", "other": 1}),
            "`other` is an unknown field",
        ),
        (json!({"name": null}), "`name` must be a text, not null"),
    ] {
        assert!(
            faults(&schema, &value)
                .iter()
                .any(|fault| fault == expected),
            "{value}: {:?}",
            faults(&schema, &value)
        );
    }
}

#[test]
fn branches_narrow() {
    let schema = schema(&json!({
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        "not": {"properties": {"a": {"enum": ["no"]}}, "required": ["a"]},
    }));
    assert_eq!(faults(&schema, &json!({"a": "x"})), [""; 0]);
    assert_eq!(faults(&schema, &json!({})).len(), 1);
    assert_eq!(faults(&schema, &json!({"a": "x", "b": "y"})).len(), 1);
    assert_eq!(
        faults(&schema, &json!({"a": "no"})),
        ["must not fit the schema of not"]
    );
}

#[test]
fn lists_of_type_map_have_unique_keys() {
    let schema = schema(&json!({
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["key"],
        "items": {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}, "v": {"type": "integer"}}},
    }));
    assert_eq!(
        faults(
            &schema,
            &json!([{"key": "a", "v": 1}, {"key": "b", "v": 1}])
        ),
        [""; 0]
    );
    assert_eq!(
        faults(
            &schema,
            &json!([{"key": "a", "v": 1}, {"key": "a", "v": 2}])
        ),
        ["`[1]` repeats an earlier item"]
    );
}

#[test]
fn defaults_stand_where_nothing_is_written() {
    let schema = schema(&json!({
        "type": "object",
        "properties": {
            "a": {"type": "string", "default": "x"},
            "b": {"type": "object", "default": {}, "properties": {"c": {"type": "integer", "default": 1}}},
            "d": {"type": "array", "items": {"type": "object", "properties": {"e": {"type": "boolean", "default": true}}}},
            "f": {"type": "string"},
            "g": {"type": "string", "nullable": true, "default": "y"},
        },
    }));
    let mut value = json!({"a": null, "d": [{}, {"e": false}], "f": null, "g": null});
    schema.default_value(&mut value);
    assert_eq!(
        value,
        json!({"a": "x", "b": {"c": 1}, "d": [{"e": true}, {"e": false}], "g": null})
    );
}
