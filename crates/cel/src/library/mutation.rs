//! What mutations construct, and `jsonpatch.escapeKey`.

use super::{Cost, Function};
use crate::{
    error::{EvalError, Fault},
    evaluate::Outcome,
    value::{Object, Value},
};

pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "jsonpatch.escapeKey",
    overloads: &["(string) -> string"],
    call: escape_key,
    cost: Cost::Scan,
}];

fn escape_key<'a>(arguments: &[Value<'a>]) -> Outcome<'a> {
    match arguments {
        [Value::String(text)] => Ok(Value::string(text.replace('~', "~0").replace('/', "~1"))),
        _ => Err(EvalError::overload()),
    }
}

/// Fails for a `JSONPatch` with something else than text where it needs text.
pub(crate) fn check_fields(object: &Object<'_>) -> Result<(), Fault> {
    if *object.type_name != *"JSONPatch" {
        return Ok(());
    }
    for (name, value) in &object.fields {
        if **name != *"value" && !matches!(value, Value::String(_)) {
            return Err(EvalError::argument(format!(
                "unexpected type {} for JSONPatchType '{name}' field",
                value.type_name()
            )));
        }
    }
    Ok(())
}

/// Whether each `Object.…{}` in an object stands at the path that its type names; says which do not.
///
/// The API server asks this of the object that an `ApplyConfiguration` gives.
pub fn misplaced_types(object: &Object<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    look_into_object(object, "Object", &mut wrong);
    wrong
}

fn look_into_object(object: &Object<'_>, path: &str, wrong: &mut Vec<String>) {
    if *object.type_name != *path {
        wrong.push(format!(
            "unexpected type name {:?}, expected {path:?}, which matches field name path from root Object type",
            object.type_name
        ));
    }
    for (name, value) in &object.fields {
        look_into(value, &format!("{path}.{name}"), wrong);
    }
}

fn look_into(value: &Value<'_>, path: &str, wrong: &mut Vec<String>) {
    match value {
        Value::Object(object) => look_into_object(object, path, wrong),
        Value::List(list) => {
            for element in list.iter() {
                look_into(&element, path, wrong);
            }
        }
        _ => {}
    }
}
