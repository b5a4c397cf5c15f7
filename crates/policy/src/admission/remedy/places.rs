//! Changes at the places that a refusal names: what stands there goes, or is turned round.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Operation, push_key};

/// Changes to try, at each place alone and at all places of the same form.
pub(super) fn candidates(object: &Value, paths: &BTreeSet<&str>) -> Vec<Vec<Operation>> {
    let mut all = Vec::new();
    for path in paths {
        let places = same_form(object, path);
        for change in [take_out, turn_round, switch_on, switch_off] {
            all.extend(change(object, path));
            let together: Option<Vec<_>> =
                places.iter().map(|place| change(object, place)).collect();
            if let Some(together) = together.filter(|together| together.len() > 1) {
                all.push(together.concat());
            }
        }
    }
    all
}

fn take_out(object: &Value, path: &str) -> Option<Vec<Operation>> {
    // Without these, an object is none that the API server would take, whatever its policies say.
    let key = path.rsplit('/').next().unwrap_or("");
    let is_needed = matches!(
        key,
        "" | "apiVersion"
            | "kind"
            | "metadata"
            | "spec"
            | "template"
            | "containers"
            | "name"
            | "namespace"
            | "image"
    );
    let exists = !is_needed && object.pointer(path).is_some();
    exists.then(|| {
        vec![Operation::Remove {
            path: path.to_owned(),
        }]
    })
}

fn turn_round(object: &Value, path: &str) -> Option<Vec<Operation>> {
    let value = object.pointer(path)?.as_bool()?;
    Some(vec![Operation::Replace {
        path: path.to_owned(),
        value: Value::Bool(!value),
    }])
}

fn switch_on(object: &Value, path: &str) -> Option<Vec<Operation>> {
    set_missing(object, path, true)
}

fn switch_off(object: &Value, path: &str) -> Option<Vec<Operation>> {
    set_missing(object, path, false)
}

/// A boolean where nothing stands yet, with the objects around it.
fn set_missing(object: &Value, path: &str, value: bool) -> Option<Vec<Operation>> {
    if object.pointer(path).is_some() {
        return None;
    }
    let (mut parent, key) = path.rsplit_once('/')?;
    let mut value = wrapped(key, Value::Bool(value));
    while object.pointer(parent).is_none() {
        let (above, key) = parent.rsplit_once('/')?;
        value = wrapped(key, value);
        parent = above;
    }
    let members = value.as_object()?.clone();
    object.pointer(parent)?.as_object()?;
    let operations = members.into_iter().map(|(key, value)| {
        let mut path = parent.to_owned();
        push_key(&mut path, &key);
        Operation::Add { path, value }
    });
    Some(operations.collect())
}

fn wrapped(key: &str, value: Value) -> Value {
    let key = key.replace("~1", "/").replace("~0", "~");
    Value::Object([(key, value)].into_iter().collect())
}

/// The places that differ from a path in indexes alone: the same field of all containers.
fn same_form(object: &Value, path: &str) -> Vec<String> {
    let mut places = vec![String::new()];
    for part in path.split('/').skip(1) {
        let mut next = Vec::with_capacity(places.len());
        for place in &places {
            match object.pointer(place) {
                Some(Value::Array(items)) if part.parse::<usize>().is_ok() => {
                    next.extend((0..items.len()).map(|index| format!("{place}/{index}")));
                }
                _ => next.push(format!("{place}/{part}")),
            }
        }
        places = next;
    }
    places
}

/// Few operations first, then few bytes.
pub(super) fn weight(operations: &[Operation]) -> usize {
    let bytes: usize = operations
        .iter()
        .map(|operation| operation.to_json().to_string().len())
        .sum();
    operations.len() * 1_000 + bytes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_object_cannot_be_without_is_not_taken_out() {
        let object = json!({"spec": {"containers": [{"name": "a", "image": "b", "tty": true}]}});
        for path in [
            "/spec",
            "/spec/containers",
            "/spec/containers/0/name",
            "/spec/containers/0/image",
        ] {
            assert_eq!(take_out(&object, path), None, "{path}");
        }
        assert!(take_out(&object, "/spec/containers/0/tty").is_some());
    }
}
