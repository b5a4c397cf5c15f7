//! JSON Patch (RFC 6902): the difference between two values, and what it makes of the first.
//!
//! Only `add`, `remove` and `replace` are written: what an API server needs to take over a change.

use ringwall_input::yaml::push_key;
use serde_json::{Value, json};

/// One operation of a patch.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// Adds a member, or inserts an item before the one at the index; `-` is the end.
    Add {
        /// JSON pointer.
        path: String,
        /// What is added.
        value: Value,
    },
    /// Removes a member or an item.
    Remove {
        /// JSON pointer.
        path: String,
    },
    /// Puts a value in the place of another.
    Replace {
        /// JSON pointer.
        path: String,
        /// What stands there afterwards.
        value: Value,
    },
}

impl Operation {
    /// The place it is about, as a JSON pointer.
    pub fn path(&self) -> &str {
        match self {
            Self::Add { path, .. } | Self::Remove { path } | Self::Replace { path, .. } => path,
        }
    }

    /// Reads what [`to_json`](Self::to_json) writes; `None` for anything else.
    pub fn from_json(written: &Value) -> Option<Self> {
        let path = written.get("path")?.as_str()?.to_owned();
        let value = written.get("value").cloned();
        match written.get("op")?.as_str()? {
            "add" => Some(Self::Add {
                path,
                value: value?,
            }),
            "remove" => Some(Self::Remove { path }),
            "replace" => Some(Self::Replace {
                path,
                value: value?,
            }),
            _ => None,
        }
    }

    /// The operation as RFC 6902 writes it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Add { path, value } => json!({"op": "add", "path": path, "value": value}),
            Self::Remove { path } => json!({"op": "remove", "path": path}),
            Self::Replace { path, value } => {
                json!({"op": "replace", "path": path, "value": value})
            }
        }
    }
}

/// The operations that make `after` of `before`, applied in order.
///
/// Lists are compared item by item from both ends, so that an item taken out or put in is one operation.
pub fn difference(before: &Value, after: &Value) -> Vec<Operation> {
    difference_at("", before, after)
}

/// The [`difference`] of what stands at a place, told by its JSON pointer.
pub fn difference_at(pointer: &str, before: &Value, after: &Value) -> Vec<Operation> {
    let mut operations = Vec::new();
    compare(before, after, &mut pointer.to_owned(), &mut operations);
    operations
}

fn compare(before: &Value, after: &Value, path: &mut String, out: &mut Vec<Operation>) {
    match (before, after) {
        _ if before == after => {}
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                within(path, key, |path| match new.get(key) {
                    Some(after) => compare(value, after, path, out),
                    None => out.push(Operation::Remove { path: path.clone() }),
                });
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                within(path, key, |path| {
                    out.push(Operation::Add {
                        path: path.clone(),
                        value: value.clone(),
                    });
                });
            }
        }
        (Value::Array(old), Value::Array(new)) => compare_lists(old, new, path, out),
        _ => out.push(Operation::Replace {
            path: path.clone(),
            value: after.clone(),
        }),
    }
}

fn compare_lists(old: &[Value], new: &[Value], path: &mut String, out: &mut Vec<Operation>) {
    let start = old
        .iter()
        .zip(new)
        .take_while(|(one, other)| one == other)
        .count();
    let (_, old) = old.split_at(start);
    let (_, new) = new.split_at(start);
    let same_end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let (old, _) = old.split_at(old.len() - same_end);
    let (new, _) = new.split_at(new.len() - same_end);
    for (at, (before, after)) in old.iter().zip(new).enumerate() {
        within(path, &(start + at).to_string(), |path| {
            compare(before, after, path, out);
        });
    }
    // From the end, so that the places of the others stay.
    for at in (new.len()..old.len()).rev() {
        within(path, &(start + at).to_string(), |path| {
            out.push(Operation::Remove { path: path.clone() });
        });
    }
    for (at, value) in new.iter().enumerate().skip(old.len()) {
        within(path, &(start + at).to_string(), |path| {
            out.push(Operation::Add {
                path: path.clone(),
                value: value.clone(),
            });
        });
    }
}

/// Runs with a key behind the path.
fn within(path: &mut String, key: &str, run: impl FnOnce(&mut String)) {
    let length = path.len();
    push_key(path, key);
    run(path);
    path.truncate(length);
}

/// Applies operations in order; `None` where one does not fit, and then nothing of the result is to be used.
pub fn apply(value: &Value, operations: &[Operation]) -> Option<Value> {
    let mut result = value.clone();
    for operation in operations {
        apply_one(&mut result, operation)?;
    }
    Some(result)
}

/// Applies one operation in place; `None` where it does not fit, and then nothing was changed.
pub fn apply_one(root: &mut Value, operation: &Operation) -> Option<()> {
    let path = operation.path();
    let Some((parent, key)) = path.rsplit_once('/') else {
        return match operation {
            Operation::Add { value, .. } | Operation::Replace { value, .. } if path.is_empty() => {
                *root = value.clone();
                Some(())
            }
            _ => None,
        };
    };
    let key = key.replace("~1", "/").replace("~0", "~");
    match root.pointer_mut(parent)? {
        Value::Object(members) => match operation {
            Operation::Add { value, .. } => {
                members.insert(key, value.clone());
                Some(())
            }
            Operation::Remove { .. } => members.remove(&key).map(drop),
            Operation::Replace { value, .. } => {
                *members.get_mut(&key)? = value.clone();
                Some(())
            }
        },
        Value::Array(items) => {
            let at = match key.as_str() {
                "-" => items.len(),
                digits => digits.parse().ok()?,
            };
            match operation {
                Operation::Add { value, .. } if at <= items.len() => {
                    items.insert(at, value.clone());
                    Some(())
                }
                Operation::Remove { .. } if at < items.len() => {
                    items.remove(at);
                    Some(())
                }
                Operation::Replace { value, .. } => {
                    *items.get_mut(at)? = value.clone();
                    Some(())
                }
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &Value, after: &Value, expected: &Value) {
        let operations = difference(before, after);
        let written: Vec<_> = operations.iter().map(Operation::to_json).collect();
        assert_eq!(&Value::Array(written), expected);
        assert_eq!(apply(before, &operations).as_ref(), Some(after));
    }

    #[test]
    fn members_are_added_removed_and_replaced() {
        check(
            &json!({"a": 1, "b": {"c": true}, "d/e~": 0}),
            &json!({"a": 2, "b": {}, "f": []}),
            &json!([
                {"op": "replace", "path": "/a", "value": 2},
                {"op": "remove", "path": "/b/c"},
                {"op": "remove", "path": "/d~1e~0"},
                {"op": "add", "path": "/f", "value": []},
            ]),
        );
    }

    #[test]
    fn an_item_that_goes_or_comes_is_one_operation() {
        check(
            &json!(["a", "b", "c", "d"]),
            &json!(["a", "d"]),
            &json!([{"op": "remove", "path": "/2"}, {"op": "remove", "path": "/1"}]),
        );
        check(
            &json!([1, 2]),
            &json!([1, 3, 4, 2]),
            &json!([
                {"op": "add", "path": "/1", "value": 3},
                {"op": "add", "path": "/2", "value": 4},
            ]),
        );
        check(
            &json!([{"n": 1, "x": true}, {"n": 2}]),
            &json!([{"n": 1}, {"n": 2}]),
            &json!([{"op": "remove", "path": "/0/x"}]),
        );
    }

    #[test]
    fn equal_values_need_nothing_and_another_type_replaces_the_whole() {
        check(&json!({"a": [1]}), &json!({"a": [1]}), &json!([]));
        check(
            &json!([1]),
            &json!({"a": 1}),
            &json!([{"op": "replace", "path": "", "value": {"a": 1}}]),
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let remove = |path: &str| Operation::Remove {
            path: path.to_owned(),
        };
        assert_eq!(apply(&json!({}), &[remove("/a")]), None);
        assert_eq!(apply(&json!([1]), &[remove("/1")]), None);
        assert_eq!(apply(&json!([1]), &[remove("/-")]), None);
        assert_eq!(apply(&json!({}), &[remove("")]), None);
        assert_eq!(apply(&json!({"a": 1}), &[remove("/a/b")]), None);
    }
}
