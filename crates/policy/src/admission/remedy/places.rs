//! Changes at the places that a refusal names: what stands there goes, or is turned round.

use std::collections::BTreeSet;

use ringwall_input::{
    schema::{self, Shape, TypeRef},
    yaml::push_key,
};
use serde_json::Value;

use super::{GroupVersionKind, Operation};

/// Changes to try, at each place alone and at all places of the same form. They are made one by one as they are asked
/// for: all together may take as much memory as the places of the object times themselves.
///
/// Nothing is put into an object of a kind whose fields are not known.
pub(super) fn candidates<'c>(
    kind: &GroupVersionKind,
    object: &'c Value,
    paths: &BTreeSet<&'c str>,
) -> impl Iterator<Item = Vec<Operation>> + 'c {
    let of = schema::builtin().kind(&kind.api_version(), &kind.kind);
    let mut forms = BTreeSet::new();
    // What is changed at all places of a form is the same for each of them.
    let places = paths
        .iter()
        .map(|path| (*path, forms.insert(form(object, path))));
    let places: Vec<_> = places.collect();
    places.into_iter().flat_map(move |(path, is_first)| {
        let alike = if is_first {
            same_form(object, path)
        } else {
            Vec::new()
        };
        (0..CHANGES).flat_map(move |which| {
            let change = |path: &str| change(which, of, object, path);
            let alone = change(path);
            let together = (alike.len() > 1).then(|| alike.iter().map(|place| change(place)));
            let together = together.and_then(Iterator::collect::<Option<Vec<_>>>);
            alone.into_iter().chain(together.map(|all| all.concat()))
        })
    })
}

/// How many ways there are to change a place.
const CHANGES: u8 = 4;

/// One of the ways to change a place.
fn change(which: u8, of: Option<TypeRef>, object: &Value, path: &str) -> Option<Vec<Operation>> {
    match which {
        0 => take_out(of, object, path),
        1 => turn_round(object, path),
        2 => set_missing(of, object, path, true),
        _ => set_missing(of, object, path, false),
    }
}

/// A path without the places of items in it.
fn form(object: &Value, path: &str) -> String {
    let mut form = String::with_capacity(path.len());
    let mut around = Some(object);
    for part in path.split('/').skip(1) {
        let is_item = around.is_some_and(Value::is_array) && part.parse::<usize>().is_ok();
        form.push('/');
        form.push_str(if is_item { "#" } else { part });
        around = around.and_then(|around| around.pointer(&format!("/{part}")));
    }
    form
}

fn take_out(of: Option<TypeRef>, object: &Value, path: &str) -> Option<Vec<Operation>> {
    // Without these, an object is none that the API server would take, whatever its policies say, or one about
    // something else.
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
            | "reference"
    );
    let is_needed = is_needed || path.split('/').any(|part| part == "selector");
    let is_needed = is_needed || of.is_some_and(|of| is_demanded(of, object, path));
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

/// Whether what stands at a path is all that there is of something an object must have, or a part of what selects
/// others.
fn is_demanded(of: TypeRef, object: &Value, path: &str) -> bool {
    let mut shape = Shape::Object(of);
    let (mut place, mut is_demanded) = (String::new(), false);
    for part in path.split('/').skip(1) {
        let Some((inner, required)) = inner(shape, part) else {
            return false;
        };
        if matches!(shape, Shape::Object(of) if of.name() == "LabelSelector") {
            return true;
        }
        is_demanded = required.unwrap_or_else(|| {
            // The last item of a list that must be there.
            let around = object.pointer(&place);
            is_demanded
                && around
                    .and_then(Value::as_array)
                    .is_some_and(|items| items.len() < 2)
        });
        place = format!("{place}/{part}");
        shape = inner;
    }
    is_demanded
}

/// What is below a shape, and of a field whether it must be there.
fn inner(shape: Shape, part: &str) -> Option<(Shape, Option<bool>)> {
    match shape {
        Shape::Object(of) | Shape::ObjectOrOther(of) => {
            let field = of.field(&part.replace("~1", "/").replace("~0", "~"))?;
            Some((field.shape, Some(field.required)))
        }
        Shape::List(item) | Shape::Map(item) => Some((item.shape(), None)),
        _ => None,
    }
}

/// A boolean where nothing stands yet and one may, with the objects around it.
fn set_missing(
    of: Option<TypeRef>,
    object: &Value,
    path: &str,
    value: bool,
) -> Option<Vec<Operation>> {
    let mut parts = path.split('/').skip(1);
    let shape = parts.try_fold(Shape::Object(of?), |shape, part| {
        Some(inner(shape, part)?.0)
    });
    if !matches!(shape, Some(Shape::Bool)) || object.pointer(path).is_some() {
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
            assert_eq!(take_out(None, &object, path), None, "{path}");
        }
        assert!(take_out(None, &object, "/spec/containers/0/tty").is_some());
        let check = |api_version: &str, kind: &str, path: &str, object: &Value, expected: bool| {
            let of = schema::builtin().kind(api_version, kind);
            assert!(of.is_some());
            assert_eq!(take_out(of, object, path).is_some(), expected, "{path}");
        };
        let pod = json!({"spec": {
            "containers": [{"name": "a"}],
            "volumes": [{"name": "a", "hostPath": {"path": "/", "type": "Directory"}}],
        }});
        check("v1", "Pod", "/spec/containers/0", &pod, false);
        check("v1", "Pod", "/spec/volumes/0", &pod, true);
        check("v1", "Pod", "/spec/volumes/0/hostPath/path", &pod, false);
        check("v1", "Pod", "/spec/volumes/0/hostPath/type", &pod, true);
        let job = json!({"spec": {"schedule": "* * * * *", "suspend": true}});
        check("batch/v1", "CronJob", "/spec/schedule", &job, false);
        check("batch/v1", "CronJob", "/spec/suspend", &job, true);
        let app = json!({"spec": {"selector": {"matchLabels": {"a": "b", "c": "d"}}}});
        check(
            "apps/v1",
            "Deployment",
            "/spec/selector/matchLabels/a",
            &app,
            false,
        );
        let role = json!({"rules": [{"verbs": ["*"], "resources": ["*", "pods"]}]});
        let of_role = |path: &str, expected: bool| {
            check(
                "rbac.authorization.k8s.io/v1",
                "ClusterRole",
                path,
                &role,
                expected,
            );
        };
        of_role("/rules/0/verbs/0", false);
        of_role("/rules/0/resources/0", true);
        of_role("/rules/0", true);
    }

    #[test]
    fn what_is_changed_at_all_places_of_a_form_is_made_once() {
        let containers: Vec<_> = (0..50)
            .map(|at| json!({"name": at.to_string(), "tty": true}))
            .collect();
        let pod = json!({"spec": {"containers": containers}, "data": {"0": true, "1": true}});
        let paths: Vec<_> = (0..50)
            .map(|at| format!("/spec/containers/{at}/tty"))
            .collect();
        let paths = paths.iter().map(String::as_str);
        let paths = paths.chain(["/data/0", "/data/1"]).collect();
        let kind = GroupVersionKind::new("v1", "Pod");
        let made: Vec<_> = candidates(&kind, &pod, &paths).collect();
        let count = |operations: usize| made.iter().filter(|one| one.len() == operations).count();
        // What stands there is taken out and turned round: alone, and of all containers together.
        assert_eq!((count(1), count(50)), (2 * 52, 2));
        assert_eq!(made.len(), 2 * 52 + 2);
    }

    #[test]
    fn a_boolean_is_put_only_where_one_may_stand() {
        let pod = json!({"metadata": {}, "spec": {"containers": [{"name": "a"}]}});
        let check = |path: &str, expected: bool| {
            let of = schema::builtin().kind("v1", "Pod");
            assert_eq!(
                set_missing(of, &pod, path, true).is_some(),
                expected,
                "{path}"
            );
            assert_eq!(set_missing(None, &pod, path, true), None, "{path}");
        };
        check("/spec/containers/0/securityContext/runAsNonRoot", true);
        check("/spec/hostUsers", true);
        check("/metadata/labels/team", false);
        check("/spec/containers/0/resources/limits/memory", false);
        check("/spec/containers/0/livenessProbe", false);
        check("/spec/priorityClassName", false);
    }
}
