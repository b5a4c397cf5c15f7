//! Texts, numbers and whole calls that mean something to a builtin, from `corpus.json`.

use std::sync::LazyLock;

use ringwall_rego::Value;
use serde_json::Value as Json;

static CORPUS: LazyLock<Json> = LazyLock::new(|| {
    serde_json::from_str(include_str!("corpus.json")).expect("corpus.json is JSON")
});

/// Whole calls of all builtins; as values of Rego, since JSON numbers would lose their spelling elsewhere.
static CALLS: LazyLock<Value> = LazyLock::new(|| {
    Value::from_json_text(include_bytes!("corpus.json")).expect("corpus.json is JSON")
});

/// Whether a group is for an operand: `name#0,2` or `name`.
fn is_for(group: &Json, builtin: &str, index: usize) -> bool {
    group["for"].as_array().is_some_and(|names| {
        names.iter().filter_map(Json::as_str).any(|name| {
            let (name, places) = name.split_once('#').unwrap_or((name, ""));
            name == builtin
                && (places.is_empty() || places.split(',').any(|place| place == index.to_string()))
        })
    })
}

fn list(kind: &str, builtin: &str, index: usize) -> Option<Vec<&'static str>> {
    let group = CORPUS
        .as_array()?
        .iter()
        .find(|group| group.get(kind).is_some() && is_for(group, builtin, index))?;
    Some(
        group[kind]
            .as_array()?
            .iter()
            .filter_map(Json::as_str)
            .collect(),
    )
}

/// Texts for an operand of a builtin.
pub(crate) fn texts(builtin: &str, index: usize) -> Option<Vec<&'static str>> {
    list("texts", builtin, index)
}

/// Numbers for an operand of a builtin that must not become too large.
pub(crate) fn numbers(builtin: &str, index: usize) -> Option<Vec<&'static str>> {
    list("numbers", builtin, index)
}

/// Whole calls, as lists of operands; half of them are changed a little.
pub(crate) fn calls(builtin: &str) -> Option<Vec<Vec<Value>>> {
    let place = CORPUS
        .as_array()?
        .iter()
        .position(|group| group.get("calls").is_some() && is_for(group, builtin, 0))?;
    let Value::Array(groups) = &*CALLS else {
        return None;
    };
    let Value::Object(group) = &groups[place] else {
        return None;
    };
    let Some(Value::Array(calls)) = group.get_str("calls") else {
        return None;
    };
    Some(
        calls
            .iter()
            .map(|call| match call {
                Value::Array(operands) => operands.to_vec(),
                other => panic!("{other} is no list of operands"),
            })
            .collect(),
    )
}

/// Whether texts may be changed at random. A shorter prefix of a network has too many addresses for anybody, and
/// OPA does not come to an end comparing versions that differ beyond 64 bits. A zone with two slashes is one only
/// where Go finds a file of that name. What is no longer quite YAML is read by one parser and refused by another.
pub(crate) fn may_change(builtin: &str) -> bool {
    !matches!(
        builtin,
        "net.cidr_expand"
            | "semver.compare"
            | "time.format"
            | "time.date"
            | "time.clock"
            | "time.weekday"
            | "time.diff"
            | "yaml.unmarshal"
            | "yaml.is_valid"
    )
}
