//! The difference of two objects as a JSON patch (RFC 6902).

use serde_json::{Map, Value, json};

/// The operations that turn one value into another; none if they are equal.
///
/// Lists are compared by position: what a list has more or less is added or taken off at its end.
pub fn diff(from: &Value, to: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    values(from, to, &mut String::new(), &mut operations);
    operations
}

fn values(from: &Value, to: &Value, path: &mut String, operations: &mut Vec<Value>) {
    match (from, to) {
        _ if from == to => {}
        (Value::Object(from), Value::Object(to)) => objects(from, to, path, operations),
        (Value::Array(from), Value::Array(to)) => lists(from, to, path, operations),
        _ => operations.push(json!({"op": "replace", "path": path, "value": to})),
    }
}

fn objects(
    from: &Map<String, Value>,
    to: &Map<String, Value>,
    path: &mut String,
    operations: &mut Vec<Value>,
) {
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        below(path, name, |path| {
            operations.push(json!({"op": "remove", "path": path}));
        });
    }
    for (name, value) in to {
        below(path, name, |path| match from.get(name) {
            Some(old) => values(old, value, path, operations),
            None => operations.push(json!({"op": "add", "path": path, "value": value})),
        });
    }
}

fn lists(from: &[Value], to: &[Value], path: &mut String, operations: &mut Vec<Value>) {
    for (index, (old, new)) in from.iter().zip(to).enumerate() {
        below(path, &index.to_string(), |path| {
            values(old, new, path, operations);
        });
    }
    // From the end, so that the places before stay where they are.
    for index in (to.len()..from.len()).rev() {
        below(path, &index.to_string(), |path| {
            operations.push(json!({"op": "remove", "path": path}));
        });
    }
    for value in to.iter().skip(from.len()) {
        below(path, "-", |path| {
            operations.push(json!({"op": "add", "path": path, "value": value}));
        });
    }
}

fn below(path: &mut String, step: &str, run: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(&step.replace('~', "~0").replace('/', "~1"));
    run(path);
    path.truncate(length);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_the_least_by_place() {
        for (from, to, operations) in [
            (json!({"a": 1}), json!({"a": 1}), json!([])),
            (
                json!({"a": 1, "b": 2}),
                json!({"a": 2, "c/d~e": 3}),
                json!([
                    {"op": "remove", "path": "/b"},
                    {"op": "replace", "path": "/a", "value": 2},
                    {"op": "add", "path": "/c~1d~0e", "value": 3},
                ]),
            ),
            (
                json!([1, {"a": 1}, 3]),
                json!([1, {"a": 2}]),
                json!([
                    {"op": "replace", "path": "/1/a", "value": 2},
                    {"op": "remove", "path": "/2"},
                ]),
            ),
            (
                json!({"a": []}),
                json!({"a": [1, 2]}),
                json!([
                    {"op": "add", "path": "/a/-", "value": 1},
                    {"op": "add", "path": "/a/-", "value": 2},
                ]),
            ),
            (
                json!(1),
                json!([1]),
                json!([{"op": "replace", "path": "", "value": [1]}]),
            ),
        ] {
            assert_eq!(Value::Array(diff(&from, &to)), operations);
        }
    }
}
