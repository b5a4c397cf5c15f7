//! JSON Patch as the API server applies it to what a mutation gives.
//!
//! RFC 6902 as version 4 of `evanphx/json-patch` reads it: a missing member of an object is nothing, which a `replace`
//! sets, a `copy` copies and a `test` without a value expects; indexes below zero count from the end; and only a `test`
//! of a value that is not there, or of another one, says that nothing is to be done.

use serde_json::{Map, Value};

/// One operation, with what it has of the fields.
#[derive(Clone, Debug, Default)]
pub(super) struct Operation {
    pub(super) op: String,
    pub(super) path: String,
    pub(super) from: Option<String>,
    pub(super) value: Option<Value>,
}

/// What a patch comes to besides a changed object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum PatchError {
    /// A test failed: the way to say that nothing is to be done.
    #[error("testing value {0} failed")]
    TestFailed(String),
    /// An operation does not fit the object.
    #[error("{op} operation does not apply: {what}: {path}")]
    Unfit {
        op: String,
        what: &'static str,
        path: String,
    },
    /// There is no such operation.
    #[error("unexpected kind: {0}")]
    Unknown(String),
}

/// The object after all operations.
pub(super) fn apply(object: &Value, operations: &[Operation]) -> Result<Value, PatchError> {
    let mut object = object.clone();
    for operation in operations {
        apply_one(&mut object, operation).map_err(|fault| match fault {
            Fault::Test => PatchError::TestFailed(operation.path.clone()),
            Fault::Unknown => PatchError::Unknown(operation.op.clone()),
            Fault::Path(what) => PatchError::Unfit {
                op: operation.op.clone(),
                what,
                path: operation.path.clone(),
            },
            Fault::From(what) => PatchError::Unfit {
                op: operation.op.clone(),
                what,
                path: operation.from.clone().unwrap_or_default(),
            },
        })?;
    }
    Ok(object)
}

enum Fault {
    Test,
    Unknown,
    Path(&'static str),
    From(&'static str),
}

impl Fault {
    /// The same about the place that `from` names.
    fn of_from(self) -> Self {
        match self {
            Self::Path(what) => Self::From(what),
            other => other,
        }
    }
}

const NO_PATH: &str = "doc is missing path";
const NO_KEY: &str = "doc is missing key";

fn apply_one(root: &mut Value, operation: &Operation) -> Result<(), Fault> {
    let path = operation.path.as_str();
    let value = || operation.value.clone().unwrap_or(Value::Null);
    let from = || operation.from.as_deref().ok_or(Fault::From("has no from"));
    match operation.op.as_str() {
        "add" => place(root, path).and_then(|mut place| place.add(value())),
        "remove" => place(root, path).and_then(|mut place| place.remove().map(drop)),
        "replace" if path.is_empty() => {
            *root = operation
                .value
                .clone()
                .filter(Value::is_object)
                .ok_or(Fault::Path("the value is no object"))?;
            Ok(())
        }
        "replace" => place(root, path).and_then(|mut place| place.set(value())),
        "move" => {
            let moved = place(root, from()?).and_then(|mut place| place.remove());
            let moved = moved.map_err(Fault::of_from)?;
            place(root, path)?.add(moved)
        }
        "copy" => {
            let copied = place(root, from()?).and_then(|place| Ok(place.get()?.cloned()));
            let copied = copied.map_err(Fault::of_from)?;
            place(root, path)?.add(copied.unwrap_or(Value::Null))
        }
        "test" => {
            let wanted = operation.value.as_ref();
            let is_there = if path.is_empty() {
                Some(&*root) == wanted
            } else {
                place(root, path)?.get()?.filter(|found| !found.is_null()) == wanted
            };
            is_there.then_some(()).ok_or(Fault::Test)
        }
        _ => Err(Fault::Unknown),
    }
}

/// A place in an object or a list, where something is or may be put.
enum Place<'v> {
    Member(&'v mut Map<String, Value>, String),
    Item(&'v mut Vec<Value>, String),
}

/// The place at a path that is not empty.
fn place<'v>(root: &'v mut Value, path: &str) -> Result<Place<'v>, Fault> {
    let (parents, key) = path.rsplit_once('/').ok_or(Fault::Path(NO_PATH))?;
    let mut at = root;
    for part in parents.split('/').skip(1) {
        let next = match at {
            Value::Object(members) => members.get_mut(&unescaped(part)),
            Value::Array(items) => index(part, items.len()).and_then(|index| items.get_mut(index)),
            _ => None,
        };
        at = next.ok_or(Fault::Path(NO_PATH))?;
    }
    match at {
        Value::Object(members) => Ok(Place::Member(members, unescaped(key))),
        Value::Array(items) => Ok(Place::Item(items, key.to_owned())),
        _ => Err(Fault::Path(NO_PATH)),
    }
}

impl Place<'_> {
    /// What is there; a missing member is nothing, a missing item an error.
    fn get(&self) -> Result<Option<&Value>, Fault> {
        match self {
            Self::Member(members, key) => Ok(members.get(key)),
            Self::Item(items, key) => {
                let item = index(key, items.len()).and_then(|index| items.get(index));
                item.map(Some).ok_or(Fault::Path(NO_KEY))
            }
        }
    }

    fn set(&mut self, value: Value) -> Result<(), Fault> {
        match self {
            Self::Member(..) => self.add(value),
            Self::Item(items, key) => {
                let item = index(key, items.len()).and_then(|index| items.get_mut(index));
                *item.ok_or(Fault::Path(NO_KEY))? = value;
                Ok(())
            }
        }
    }

    /// A member that is set to null is one that is not there, to the API server.
    fn add(&mut self, value: Value) -> Result<(), Fault> {
        match self {
            Self::Member(members, key) if value.is_null() => {
                members.remove(key);
            }
            Self::Member(members, key) => {
                members.insert(std::mem::take(key), value);
            }
            Self::Item(items, key) if key == "-" => items.push(value),
            Self::Item(items, key) => {
                // One more place than there are items; the last one is behind them.
                let index = index(key, items.len() + 1).ok_or(Fault::Path(NO_KEY))?;
                items.insert(index, value);
            }
        }
        Ok(())
    }

    fn remove(&mut self) -> Result<Value, Fault> {
        match self {
            Self::Member(members, key) => members.remove(key).ok_or(Fault::Path(NO_KEY)),
            Self::Item(items, key) => {
                let index = index(key, items.len()).ok_or(Fault::Path(NO_KEY))?;
                Ok(items.remove(index))
            }
        }
    }
}

/// The index that a key means in a list of so many places, if it is one of them.
fn index(key: &str, length: usize) -> Option<usize> {
    let index: isize = key.parse().ok()?;
    let index = match index {
        0.. => usize::try_from(index).ok()?,
        _ => length.checked_sub(index.unsigned_abs())?,
    };
    (index < length).then_some(index)
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(op: &str, path: &str, value: Option<Value>, from: &str) -> Result<Value, String> {
        let object = json!({"s": "x", "l": [1, 2, 3], "d": {}});
        let operation = Operation {
            op: op.to_owned(),
            path: path.to_owned(),
            from: (!from.is_empty()).then(|| from.to_owned()),
            value,
        };
        let changed = apply(&object, &[operation]).map_err(|error| error.to_string())?;
        let (mut before, mut after) = (object, changed);
        // What stayed the same is not told.
        for key in ["s", "l", "d"] {
            let (Some(old), Some(new)) = (before.get(key), after.get(key)) else {
                continue;
            };
            if old == new {
                for side in [&mut before, &mut after] {
                    side.as_object_mut().unwrap().remove(key);
                }
            }
        }
        Ok(after)
    }

    // The expected values are what `evanphx/json-patch` 4.13.0 answers.
    #[test]
    fn a_test_is_of_what_is_there() {
        let check = |path: &str, value: Option<Value>, expected: Result<(), &str>| {
            let outcome = patched("test", path, value, "").map(drop);
            match expected {
                Ok(()) => assert_eq!(outcome, Ok(()), "{path}"),
                Err(part) => assert!(outcome.unwrap_err().contains(part), "{path}"),
            }
        };
        check("/s", Some(json!("x")), Ok(()));
        check("/l/-1", Some(json!(3)), Ok(()));
        check("/m", None, Ok(()));
        check("/m", Some(json!("x")), Err("testing value /m failed"));
        check("/m", Some(Value::Null), Err("testing value /m failed"));
        check("/s", None, Err("testing value /s failed"));
        check("/q/m", Some(json!(1)), Err("does not apply"));
        check("/l/9", Some(json!(1)), Err("does not apply"));
    }

    #[test]
    fn what_is_missing_in_an_object_can_be_replaced_and_copied_but_not_removed() {
        let check = |op, path, value: Option<Value>, from, expected: Result<Value, ()>| {
            let outcome = patched(op, path, value, from).map_err(drop);
            assert_eq!(outcome, expected, "{op} {path} {from}");
        };
        let one = || Some(json!(1));
        check("replace", "/m", one(), "", Ok(json!({"m": 1})));
        check("replace", "/l/3", one(), "", Err(()));
        check("replace", "/l/-1", one(), "", Ok(json!({"l": [1, 2, 1]})));
        check("replace", "/l/-", one(), "", Err(()));
        check(
            "replace",
            "",
            Some(json!({"a": 1})),
            "",
            Ok(json!({"a": 1})),
        );
        check(
            "add",
            "/l/-1",
            Some(json!(9)),
            "",
            Ok(json!({"l": [1, 2, 3, 9]})),
        );
        check(
            "add",
            "/l/-4",
            Some(json!(9)),
            "",
            Ok(json!({"l": [9, 1, 2, 3]})),
        );
        check(
            "add",
            "/l/3",
            Some(json!(9)),
            "",
            Ok(json!({"l": [1, 2, 3, 9]})),
        );
        check("add", "/l/4", Some(json!(9)), "", Err(()));
        check("add", "", Some(json!({})), "", Err(()));
        check("add", "/s/x", one(), "", Err(()));
        check("add", "/a~1b", one(), "", Ok(json!({"a/b": 1})));
        check("remove", "/m", None, "", Err(()));
        check("remove", "/l/-3", None, "", Ok(json!({"l": [2, 3]})));
        check("remove", "/l/-4", None, "", Err(()));
        check("move", "/m", None, "/s", Ok(json!({"m": "x"})));
        check("move", "/m", None, "/q", Err(()));
        check("copy", "/m", None, "/q", Ok(json!({})));
        check("copy", "/d/x", None, "/l/0", Ok(json!({"d": {"x": 1}})));
        check("copy", "/m", None, "", Err(()));
        check("nope", "/m", one(), "", Err(()));
    }
}
