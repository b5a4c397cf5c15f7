//! What kubesec refuses to score, as far as that can be told without a schema.

use super::{
    KubesecEdition,
    predicate::{self, Object},
    rules::WORKLOADS,
    value::Value,
};

/// Why an object is not valid. `repeats` names a key that its JSON repeats.
pub(super) fn problem(
    root: &Value<'_>,
    repeats: Option<&str>,
    edition: KubesecEdition,
) -> Option<String> {
    if root.is_null() {
        return None;
    }
    if let Err(reason) = signature(root) {
        return Some(reason);
    }
    if folded(root, "kind").is_some_and(|kind| kind.to_string().eq_ignore_ascii_case("list")) {
        let problems: String = items(root).iter().filter_map(item_problem).collect();
        return (!problems.is_empty()).then_some(problems);
    }
    if let Some(key) = repeats {
        return Some(format!(
            "error unmarshalling resource: key {key:?} stands there twice"
        ));
    }
    let object = Object { root, edition };
    let kind = root.get(&["kind"]).and_then(Value::as_str)?;
    let (field, noun) = predicate::no_boolean(&object).filter(|_| WORKLOADS.contains(&kind))?;
    Some(format!(
        "problem validating schema. Check JSON formatting: {field} is {noun} and must be a boolean\n"
    ))
}

/// Whether kind and version are there, in the loose reading of Go's decoder.
fn signature(root: &Value<'_>) -> Result<(), String> {
    if !matches!(root, Value::Object(_)) {
        return Err(format!(
            "error unmarshalling resource: {} where an object should be",
            root.noun()
        ));
    }
    let metadata = folded(root, "metadata");
    let names = ["name", "namespace", "generateName"];
    let names = names.map(|name| metadata.and_then(|metadata| folded(metadata, name)));
    let texts = [folded(root, "apiVersion"), folded(root, "kind")];
    if let Some(no_text) = texts
        .into_iter()
        .chain(names)
        .flatten()
        .find(|value| matches!(value, Value::Array(_) | Value::Object(_)))
    {
        return Err(format!(
            "error while parsing: {} where text should be",
            no_text.noun()
        ));
    }
    if let Some(metadata) = metadata.filter(|metadata| !matches!(metadata, Value::Object(_))) {
        return Err(format!(
            "error while parsing: metadata is {} and must be an object",
            metadata.noun()
        ));
    }
    for key in ["kind", "apiVersion"] {
        if folded(root, key).is_none_or(|value| value.as_str() == Some("")) {
            return Err(missing(key));
        }
    }
    Ok(())
}

fn item_problem(item: &Value<'_>) -> Option<String> {
    match item {
        Value::Null => None,
        Value::Object(_) => ["kind", "apiVersion"]
            .into_iter()
            .find(|key| item.get(&[key]).and_then(Value::as_str).is_none())
            .map(missing),
        other => Some(format!(
            "error unmarshalling resource: {} where an object should be",
            other.noun()
        )),
    }
}

fn missing(key: &str) -> String {
    format!("error while parsing: missing '{key}' key")
}

fn items<'v, 'a>(root: &'v Value<'a>) -> &'v [Value<'a>] {
    match folded(root, "items") {
        Some(Value::Array(items)) => items,
        _ => &[],
    }
}

/// The value of a key in any case, the last one that is not null.
fn folded<'v, 'a>(value: &'v Value<'a>, key: &str) -> Option<&'v Value<'a>> {
    let Value::Object(entries) = value else {
        return None;
    };
    entries
        .iter()
        .rfind(|(found, value)| found.eq_ignore_ascii_case(key) && !value.is_null())
        .map(|(_, value)| value)
}
