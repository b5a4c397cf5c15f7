//! Where an object changed, for whoever need not judge all of it again.

use serde_json::Value;

use super::patch::Operation;

/// A place of an object that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangedPlace<'p> {
    /// As a JSON pointer.
    pub path: &'p str,
    /// Whether nothing stands inside of it, neither before the change nor after.
    pub is_leaf: bool,
}

/// The places that operations change of an object.
pub fn changed_places<'o>(object: &Value, operations: &'o [Operation]) -> Vec<ChangedPlace<'o>> {
    let all: Vec<&Operation> = operations.iter().collect();
    places_without(object, &all, &all)
}

/// The places where what operations make of an object may be another without some of them.
pub(super) fn places_without<'o>(
    object: &Value,
    all: &[&'o Operation],
    left_out: &[&'o Operation],
) -> Vec<ChangedPlace<'o>> {
    let is_about_item = |operation: &&Operation| is_item(operation.path());
    // Where an item is not put in or taken out, what follows is done to other items.
    let changed = if left_out.iter().any(is_about_item) {
        all
    } else {
        left_out
    };
    let moves_items = all.iter().any(is_about_item);
    let mut paths: Vec<&str> = all.iter().map(|operation| operation.path()).collect();
    paths.sort_unstable();
    let place = |operation: &&'o Operation| ChangedPlace {
        path: operation.path(),
        is_leaf: !moves_items && is_leaf(object, &paths, operation),
    };
    changed.iter().map(place).collect()
}

/// Whether a JSON pointer may lead to an item of a list.
fn is_item(path: &str) -> bool {
    let key = path.rsplit('/').next().unwrap_or_default();
    key == "-" || key.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether nothing is inside of what an operation removes, adds or replaces, and no other is about that. `paths` are
/// those of all operations, sorted.
fn is_leaf(object: &Value, paths: &[&str], operation: &Operation) -> bool {
    let path = operation.path();
    let is_empty = |value: &Value| !value.is_array() && !value.is_object();
    let after = match operation {
        Operation::Add { value, .. } | Operation::Replace { value, .. } => Some(value),
        Operation::Remove { .. } => None,
    };
    after.is_none_or(is_empty)
        && object.pointer(path).is_none_or(is_empty)
        && !is_with_others(paths, path)
}

/// Whether other paths lead to what a path leads to, into it, or to what it is inside of.
fn is_with_others(paths: &[&str], path: &str) -> bool {
    let first = |from: &str| paths.partition_point(|other| *other < from);
    let at = first(path);
    let is_twice = paths.get(at + 1) == Some(&path);
    let below = format!("{path}/");
    let is_above = |end: usize| {
        let above = path.get(..end).unwrap_or_default();
        paths.get(first(above)) == Some(&above)
    };
    is_twice
        || (paths.get(first(&below))).is_some_and(|other| other.starts_with(&below))
        || path.match_indices('/').any(|(end, _)| is_above(end))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_operations_that_are_left_out_the_places_are_told() {
        let object = json!({"a": {"b": 1, "c": {}}, "l": [1, 2, 3]});
        let add = |path: &str, value: Value| {
            let path = path.to_owned();
            Operation::Add { path, value }
        };
        let remove = |path: &str| Operation::Remove {
            path: path.to_owned(),
        };
        let check = |all: &[Operation], left_out: &[usize], expected: &[(&str, bool)]| {
            let all: Vec<&Operation> = all.iter().collect();
            let left_out: Vec<&Operation> = left_out.iter().map(|at| all[*at]).collect();
            let places = places_without(&object, &all, &left_out);
            let places = places.iter().map(|place| (place.path, place.is_leaf));
            assert_eq!(places.collect::<Vec<_>>(), expected);
        };
        let scalars = [
            add("/a/b", json!(2)),
            remove("/a/x"),
            add("/a/bb", json!(1)),
        ];
        check(&scalars, &[0], &[("/a/b", true)]);
        check(&scalars, &[1, 2], &[("/a/x", true), ("/a/bb", true)]);
        // Something is, was or may be inside.
        check(&[add("/a/b", json!({}))], &[0], &[("/a/b", false)]);
        check(&[remove("/a/c")], &[0], &[("/a/c", false)]);
        check(
            &[add("/a/d", json!({})), add("/a/d/e", json!(1))],
            &[1],
            &[("/a/d/e", false)],
        );
        check(
            &[add("/a/d", json!(1)), add("/a/d", json!({}))],
            &[0],
            &[("/a/d", false)],
        );
        // Items move.
        check(
            &[remove("/l/0"), add("/a/b", json!(2))],
            &[0],
            &[("/l/0", false), ("/a/b", false)],
        );
        check(
            &[remove("/l/0"), add("/a/b", json!(2))],
            &[1],
            &[("/a/b", false)],
        );
        check(&[add("/l/-", json!(2))], &[0], &[("/l/-", false)]);
        check(&[add("", json!(2))], &[0], &[("", false)]);
        let own = [add("/a/b", json!(2))];
        assert_eq!(
            changed_places(&object, &own),
            [ChangedPlace {
                path: "/a/b",
                is_leaf: true
            }]
        );
    }
}
