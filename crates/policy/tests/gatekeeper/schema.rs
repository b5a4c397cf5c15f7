//! Schemas of parameters, and parameters under them.

use serde_json::{Value, json};

use super::{Review, compare};

fn template(schema: Option<&Value>, version: &str) -> Value {
    let mut template = json!({
        "apiVersion": format!("templates.gatekeeper.sh/{version}"),
        "kind": "ConstraintTemplate",
        "metadata": {"name": "echo"},
        "spec": {
            "crd": {"spec": {"names": {"kind": "Echo"}}},
            "targets": [{
                "target": "admission.k8s.gatekeeper.sh",
                "rego": "package echo\nviolation[{\"msg\": msg}] { msg := sprintf(\"%v\", [input.parameters]) }",
            }],
        },
    });
    if let Some(schema) = schema {
        template["spec"]["crd"]["spec"]["validation"] = json!({"openAPIV3Schema": schema});
    }
    template
}

fn review(schema: Option<&Value>, version: &str, parameters: &[Value]) -> Review {
    let constraints = (parameters.iter().enumerate())
        .map(|(index, parameters)| {
            let mut spec = json!({});
            if !parameters.is_null() {
                spec["parameters"] = parameters.clone();
            }
            json!({
                "apiVersion": "constraints.gatekeeper.sh/v1beta1",
                "kind": "Echo",
                "metadata": {"name": format!("p{index}")},
                "spec": spec,
            })
        })
        .collect();
    let object = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}});
    let name = format!(
        "{version} {}",
        schema.map_or("none".to_owned(), Value::to_string)
    );
    Review::new(name, template(schema, version), constraints, object)
}

fn of(field: &Value) -> Value {
    json!({"type": "object", "properties": {"a": field}})
}

#[test]
fn parameters_are_held_against_their_schema() {
    let values = [
        Value::Null,
        json!({}),
        json!({"a": "x"}),
        json!({"a": "longer text"}),
        json!({"a": 1}),
        json!({"a": 12}),
        json!({"a": 1.5}),
        json!({"a": true}),
        json!({"a": []}),
        json!({"a": ["x"]}),
        json!({"a": ["x", "x", "y"]}),
        json!({"a": [1]}),
        json!({"a": {}}),
        json!({"a": {"b": "x"}}),
        json!({"a": {"b": "x", "c": 1}}),
        json!({"a": [{"b": "x"}, {"b": "x"}]}),
        json!({"b": 1}),
        json!({"a": "10.0.0.1"}),
        json!({"a": "2024-02-29"}),
        json!([]),
        json!("x"),
    ];
    let text = json!({"type": "string"});
    let fields = [
        text.clone(),
        json!({"type": "string", "enum": ["x", "y"]}),
        json!({"type": "string", "pattern": "^x"}),
        json!({"type": "string", "pattern": "t"}),
        json!({"type": "string", "minLength": 2, "maxLength": 5}),
        json!({"type": "string", "default": "d"}),
        json!({"type": "integer"}),
        json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
        json!({"type": "integer", "maximum": 12, "exclusiveMaximum": true}),
        json!({"type": "integer", "multipleOf": 3}),
        json!({"type": "integer", "default": 5}),
        json!({"type": "number", "minimum": 1.2}),
        json!({"type": "boolean", "default": true}),
        json!({"type": "array", "items": text}),
        json!({"type": "array", "items": text, "minItems": 1, "maxItems": 2}),
        json!({"type": "array", "items": {"type": "object", "properties": {"b": text, "d": {"type": "integer", "default": 2}}}}),
        json!({"type": "object", "properties": {"b": text}}),
        json!({"type": "object", "required": ["b"], "properties": {"b": text}}),
        json!({"type": "object", "default": {}, "properties": {"b": {"type": "string", "default": "inner"}}}),
        json!({"type": "object", "additionalProperties": text}),
        json!({"type": "object", "maxProperties": 1, "x-kubernetes-preserve-unknown-fields": true}),
        json!({"x-kubernetes-preserve-unknown-fields": true}),
        json!({"x-kubernetes-int-or-string": true}),
        json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}),
        json!({"type": "string", "anyOf": [{"pattern": "^x"}, {"minLength": 8}]}),
        json!({"type": "string", "oneOf": [{"pattern": "^x"}, {"minLength": 1}]}),
        json!({"type": "string", "allOf": [{"pattern": "^l"}, {"minLength": 4}]}),
        json!({"type": "string", "not": {"enum": ["x"]}}),
    ];
    let mut reviews: Vec<_> = fields
        .iter()
        .flat_map(|field| {
            ["v1", "v1beta1"].map(|version| review(Some(&of(field)), version, &values))
        })
        .collect();
    // With a format, Gatekeeper's library lets lists pass for texts; we do not.
    let texts: Vec<_> = values
        .iter()
        .filter(|value| !value["a"].is_array())
        .cloned()
        .collect();
    for format in ["ipv4", "date", "cidr", "unheard-of"] {
        let field = json!({"type": "string", "format": format});
        reviews.push(review(Some(&of(&field)), "v1", &texts));
    }
    reviews.push(review(None, "v1", &values));
    reviews.push(review(None, "v1beta1", &values));
    reviews.push(review(None, "v1alpha1", &values));
    compare(&reviews);
}

#[test]
fn schemas_that_are_not_structural_are_refused() {
    let text = json!({"type": "string"});
    let wrong = [
        json!({}),
        json!({"type": "text"}),
        of(&json!({})),
        of(&json!({"type": "array"})),
        of(&json!({"type": "array", "items": [text]})),
        of(&json!({"type": "object", "properties": {"b": text}, "additionalProperties": text})),
        of(&json!({"type": "array", "items": text, "uniqueItems": true})),
        of(&json!({"type": "string", "anyOf": [{"type": "string"}]})),
        of(&json!({"type": "string", "anyOf": [{"default": "x"}]})),
        of(&json!({"type": "string", "x-kubernetes-int-or-string": true})),
        of(&json!({"type": "object", "additionalProperties": false})),
        of(&json!({"type": "string", "pattern": "("})),
        of(&json!({"type": "string", "x-kubernetes-preserve-unknown-fields": true})),
        of(&json!({"$ref": "#/a"})),
    ];
    let reviews: Vec<_> = wrong
        .iter()
        .map(|schema| review(Some(schema), "v1", &[Value::Null]))
        .collect();
    compare(&reviews);
}
