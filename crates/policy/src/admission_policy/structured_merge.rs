//! An apply configuration merged into an object, as server-side apply does it without owners.
//!
//! The rules are those of structured merge diff over the API's own schema: objects field by field, lists whose
//! items have keys item by item, all other lists not at all. Source:
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy>

use ringwall_input::schema::{Merging, Shape, TypeRef};
use serde_json::{Map, Value};

/// Why an apply configuration cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MergeError {
    /// It names a field that the type does not have.
    #[error("{0}: field not declared in schema")]
    UnknownField(String),
    /// It sets something that can only be replaced whole, which would drop what it does not name.
    #[error("invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: {0}")]
    Atomic(String),
    /// A value is of another type than its field.
    #[error("{0}: expected {1}")]
    Shape(String, &'static str),
    /// An item of a list lacks a field by which items are told apart.
    #[error("{0}: element omits key field \"{1}\"")]
    MissingKey(String, &'static str),
    /// Two items of the configuration are the same one.
    #[error("{0}: duplicate entries for one key")]
    DuplicateItem(String),
}

/// The object after the configuration. `configuration` has no `apiVersion` and `kind` of its own.
pub(crate) fn apply(
    of: TypeRef,
    object: &Value,
    configuration: &Value,
) -> Result<Value, MergeError> {
    let shape = Shape::Object(of);
    let mut atomics = Vec::new();
    check(shape, Merging::Ordinary, configuration, "", &mut atomics)?;
    if !atomics.is_empty() {
        return Err(MergeError::Atomic(atomics.join(", ")));
    }
    let merged = merge(
        shape,
        Merging::Ordinary,
        Some(object),
        Some(configuration),
        "",
    )?;
    Ok(merged.unwrap_or(Value::Null))
}

/// Whether a value of this shape is replaced whole.
fn is_atomic(shape: Shape, merging: Merging) -> bool {
    match shape {
        Shape::List(_) => matches!(merging, Merging::Ordinary | Merging::Atomic),
        Shape::Object(of) | Shape::ObjectOrOther(of) => {
            merging == Merging::Atomic || of.is_atomic()
        }
        Shape::Map(_) => merging == Merging::Atomic,
        _ => false,
    }
}

/// Finds fields that do not exist, and collects what may not be set because it is atomic.
fn check(
    shape: Shape,
    merging: Merging,
    value: &Value,
    path: &str,
    atomics: &mut Vec<String>,
) -> Result<(), MergeError> {
    if value.is_null() {
        return Ok(());
    }
    match (shape, value) {
        (Shape::Object(of) | Shape::ObjectOrOther(of), Value::Object(members)) => {
            if is_atomic(shape, merging) {
                atomics.push(path.to_owned());
            }
            for (name, member) in members {
                let path = format!("{path}.{name}");
                let field = of
                    .field(name)
                    .ok_or_else(|| MergeError::UnknownField(path.clone()))?;
                check(field.shape, of.merging(name), member, &path, atomics)?;
            }
        }
        (Shape::Map(item), Value::Object(members)) => {
            if is_atomic(shape, merging) {
                atomics.push(path.to_owned());
            }
            for (name, member) in members {
                let path = format!("{path}.{name}");
                check(item.shape(), Merging::Ordinary, member, &path, atomics)?;
            }
        }
        (Shape::List(item), Value::Array(items)) => {
            if is_atomic(shape, merging) {
                atomics.push(path.to_owned());
            } else {
                let keys = keys_of(items, merging, path)?;
                let mut others = keys.iter();
                while let Some(key) = others.next() {
                    if others.as_slice().contains(key) {
                        return Err(MergeError::DuplicateItem(path.to_owned()));
                    }
                }
            }
            for (index, member) in items.iter().enumerate() {
                let path = format!("{path}[{index}]");
                check(item.shape(), Merging::Ordinary, member, &path, atomics)?;
            }
        }
        (Shape::Object(_) | Shape::Map(_) | Shape::List(_), _) => {
            return Err(MergeError::Shape(path.to_owned(), shape.noun()));
        }
        (shape, value) if !is_scalar_of(shape, value) => {
            return Err(MergeError::Shape(path.to_owned(), shape.noun()));
        }
        _ => {}
    }
    Ok(())
}

fn is_scalar_of(shape: Shape, value: &Value) -> bool {
    match shape {
        Shape::Bool => value.is_boolean(),
        Shape::Int32 | Shape::Int64 | Shape::Float => value.is_number(),
        Shape::String | Shape::Enum(_) | Shape::Bytes | Shape::Time => value.is_string(),
        Shape::Quantity | Shape::IntOrString => value.is_string() || value.is_number(),
        _ => true,
    }
}

/// The two values as one; the right one wins where both are leaves.
fn merge(
    shape: Shape,
    merging: Merging,
    left: Option<&Value>,
    right: Option<&Value>,
    path: &str,
) -> Result<Option<Value>, MergeError> {
    let (left, right) = match (left, right) {
        (None, None) => return Ok(None),
        (Some(one), None) | (None, Some(one)) => return Ok(Some(one.clone())),
        (Some(left), Some(right)) => (left, right),
    };
    if is_atomic(shape, merging) {
        return Ok(Some(right.clone()));
    }
    match (shape, left, right) {
        (
            Shape::Object(_) | Shape::ObjectOrOther(_) | Shape::Map(_),
            Value::Object(left),
            Value::Object(right),
        ) => merge_members(shape, left, right, path).map(Some),
        (Shape::List(item), Value::Array(left), Value::Array(right)) => match merging {
            Merging::Set | Merging::Map(_) => {
                let keys = [
                    keys_of(left, merging, path)?,
                    keys_of(right, merging, path)?,
                ];
                let shape = item.shape();
                merge_items([left, right], &keys, |left, right| {
                    merge(shape, Merging::Ordinary, left, Some(right), path)
                })
                .map(Some)
            }
            Merging::Ordinary | Merging::Atomic => Ok(Some(Value::Array(right.clone()))),
        },
        _ => Ok(Some(right.clone())),
    }
}

fn merge_members(
    shape: Shape,
    left: &Map<String, Value>,
    right: &Map<String, Value>,
    path: &str,
) -> Result<Value, MergeError> {
    let mut merged = left.clone();
    for (name, value) in right {
        let path = format!("{path}.{name}");
        let (inner, merging) = match shape {
            Shape::Object(of) | Shape::ObjectOrOther(of) => {
                let field = of
                    .field(name)
                    .ok_or_else(|| MergeError::UnknownField(path.clone()))?;
                (field.shape, of.merging(name))
            }
            Shape::Map(item) => (item.shape(), Merging::Ordinary),
            _ => (Shape::Any, Merging::Ordinary),
        };
        if let Some(value) = merge(inner, merging, left.get(name), Some(value), &path)? {
            merged.insert(name.clone(), value);
        }
    }
    Ok(Value::Object(merged))
}

/// The fields that tell an item from others; the item itself in a set.
pub(super) type Key<'a> = Vec<&'a Value>;

fn key<'a>(item: &'a Value, merging: Merging, path: &str) -> Result<Key<'a>, MergeError> {
    // The API's schema gives this one key a default; all others must be written.
    static TCP: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| Value::from("TCP"));
    if merging == Merging::Set {
        return Ok(vec![item]);
    }
    let mut missing = None;
    let parts: Vec<_> = merging
        .keys()
        .map(|name| match item.get(name) {
            Some(value) => value,
            None if name == "protocol" => &*TCP,
            None => {
                missing = Some(name);
                &Value::Null
            }
        })
        .collect();
    match missing {
        // An item may lack some of its keys, but not all of them.
        Some(name) if parts.iter().all(|part| part.is_null()) => {
            Err(MergeError::MissingKey(path.to_owned(), name))
        }
        _ => Ok(parts),
    }
}

/// Items of two lists, with what tells each from others: what both have is merged and stands in the order of the right list, what only the left has
/// keeps its place before the next shared one.
pub(super) fn merge_items<E>(
    [left, right]: [&[Value]; 2],
    [left_keys, right_keys]: &[Vec<Key<'_>>; 2],
    mut merge: impl FnMut(Option<&Value>, &Value) -> Result<Option<Value>, E>,
) -> Result<Value, E> {
    // An item that stands twice on the left is not merged with its new value but gives way to it.
    let on_left = |key: &Key<'_>| {
        let mut found = left
            .iter()
            .zip(left_keys)
            .filter(|(_, other)| *other == key);
        match (found.next(), found.next()) {
            (Some((item, _)), None) => Some(item),
            _ => None,
        }
    };
    let mut shared = right_keys.iter().filter(|key| left_keys.contains(key));
    let mut next_shared = shared.next();
    let mut merged = Vec::with_capacity(left.len().max(right.len()));
    let mut taken: Vec<&Key<'_>> = Vec::with_capacity(right.len());
    let mut left_items = left.iter().zip(left_keys).peekable();
    let mut right_items = right.iter().zip(right_keys).peekable();
    loop {
        let (one, other) = (left_items.peek().copied(), right_items.peek().copied());
        if let (Some((_, left_key)), Some((_, right_key))) = (one, other)
            && left_key != right_key
            && right_keys.contains(left_key)
            && next_shared.is_some_and(|next| next != left_key)
        {
            // Shared, but its turn comes later.
            left_items.next();
            continue;
        }
        match (one, other) {
            (Some((item, left_key)), _) if !right_keys.contains(left_key) => {
                merged.push(item.clone());
                left_items.next();
                continue;
            }
            (Some((_, left_key)), Some((_, right_key))) if left_key == right_key => {
                left_items.next();
            }
            (Some((_, left_key)), _) if taken.contains(&left_key) => {
                left_items.next();
            }
            (None, None) => break,
            _ => {}
        }
        if let Some((item, right_key)) = right_items.next() {
            taken.push(right_key);
            merged.extend(merge(on_left(right_key), item)?);
            if next_shared.is_some_and(|next| next == right_key) {
                next_shared = shared.next();
            }
        }
    }
    Ok(Value::Array(merged))
}

fn keys_of<'a>(
    items: &'a [Value],
    merging: Merging,
    path: &str,
) -> Result<Vec<Key<'a>>, MergeError> {
    items.iter().map(|item| key(item, merging, path)).collect()
}

#[cfg(test)]
mod tests {
    use ringwall_input::schema::builtin;
    use serde_json::json;

    use super::*;

    fn applied(object: &Value, configuration: &Value) -> Result<Value, String> {
        let pod = builtin().kind("v1", "Pod").unwrap();
        apply(pod, object, configuration).map_err(|error| error.to_string())
    }

    #[test]
    fn containers_are_merged_by_name() {
        let object = json!({"spec": {"containers": [
            {"name": "a", "image": "one", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "two"}]}});
        let configuration = json!({"spec": {"containers": [
            {"name": "b", "image": "three"},
            {"name": "a", "env": [{"name": "Y", "value": "2"}]},
            {"name": "c", "image": "four"}]}});
        let merged = applied(&object, &configuration).unwrap();
        assert_eq!(
            merged["spec"]["containers"],
            json!([
                {"name": "b", "image": "three"},
                {"name": "a", "image": "one", "env": [{"name": "X", "value": "1"}, {"name": "Y", "value": "2"}]},
                {"name": "c", "image": "four"}])
        );
    }

    #[test]
    fn what_the_configuration_does_not_name_keeps_its_place() {
        let object = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}});
        let configuration =
            json!({"spec": {"containers": [{"name": "b", "image": "i"}, {"name": "d"}]}});
        let merged = applied(&object, &configuration).unwrap();
        assert_eq!(
            merged["spec"]["containers"],
            json!([{"name": "a"}, {"name": "b", "image": "i"}, {"name": "c"}, {"name": "d"}])
        );
    }

    #[test]
    fn sets_grow_and_maps_are_merged() {
        let object = json!({"metadata": {"finalizers": ["a"], "labels": {"x": "1", "y": "2"}}});
        let configuration =
            json!({"metadata": {"finalizers": ["b", "a"], "labels": {"y": "3", "z": "4"}}});
        let merged = applied(&object, &configuration).unwrap();
        assert_eq!(
            merged,
            json!({"metadata": {"finalizers": ["b", "a"], "labels": {"x": "1", "y": "3", "z": "4"}}})
        );
    }

    #[test]
    fn ports_without_a_protocol_are_tcp() {
        let object = json!({"spec": {"containers": [
            {"name": "a", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}});
        let configuration = json!({"spec": {"containers": [
            {"name": "a", "ports": [{"containerPort": 80, "name": "http"}]}]}});
        let merged = applied(&object, &configuration).unwrap();
        assert_eq!(
            merged["spec"]["containers"][0]["ports"],
            json!([{"containerPort": 80, "protocol": "TCP", "name": "http"}])
        );
    }

    #[test]
    fn what_is_atomic_or_unknown_is_refused() {
        let check = |configuration: Value, expected: &str| {
            let error = applied(&json!({}), &configuration).unwrap_err();
            assert!(error.contains(expected), "{error}");
        };
        check(
            json!({"spec": {"tolerations": [{"key": "a"}]}}),
            "may not mutate atomic arrays, maps or structs: .spec.tolerations",
        );
        check(
            json!({"spec": {"nodeSelector": {"a": "b"}}}),
            "may not mutate atomic arrays, maps or structs: .spec.nodeSelector",
        );
        check(
            json!({"spec": {"hostnet": true}}),
            ".spec.hostnet: field not declared in schema",
        );
        check(
            json!({"spec": {"hostNetwork": "yes"}}),
            ".spec.hostNetwork: expected true or false",
        );
        check(
            json!({"spec": {"containers": [{"image": "x"}]}}),
            "element omits key field \"name\"",
        );
        check(
            json!({"spec": {"containers": [{"name": "x"}, {"name": "x"}]}}),
            "duplicate entries",
        );
    }
}
