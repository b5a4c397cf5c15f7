//! Structural schemas of custom resources: what the parameters of a constraint may be.
//!
//! [`parse`](Schema::parse) refuses what the API server refuses in a CustomResourceDefinition of version v1;
//! [`default`](Schema::default_value) and [`validate`](Schema::validate) do what it does to an object that is written.
//! Source: <https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/>.
//!
//! Two things are narrower than there. Rules in CEL (`x-kubernetes-validations`) are refused when the schema is read,
//! and of the formats those are checked that a regular expression or a parser of the standard library can tell.

mod default;
mod format;
mod parse;
mod validate;

use std::collections::BTreeMap;

use regex::Regex;
use ringwall_input::yaml::push_key;
use serde_json::Value;

use format::Format;

/// Deepest nesting of a schema.
const MAX_DEPTH: usize = 64;

/// Most faults that one object is told.
const MAX_FAULTS: usize = 50;

/// What is wrong at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// JSON pointer from the top of what was looked at.
    pub(crate) pointer: String,
    /// One sentence without a dot at its end.
    pub(crate) message: String,
    /// Whether it does no harm.
    pub(crate) is_warning: bool,
    /// Whether it is a field that no schema speaks of.
    pub(crate) is_unknown_field: bool,
}

impl Fault {
    /// A reason to refuse what was looked at.
    pub(crate) fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            pointer: pointer.into(),
            message: message.into(),
            is_warning: false,
            is_unknown_field: false,
        }
    }

    /// Something that does no harm.
    pub(crate) fn warning(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            is_warning: true,
            ..Self::new(pointer, message)
        }
    }
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
}

/// What keys besides `properties` an object may have.
#[derive(Clone, Debug)]
enum Additional {
    /// Any value.
    Any,
    /// Values of a schema.
    Schema(Box<Schema>),
}

/// How members of a list are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ListType {
    /// No two members are equal.
    Set,
    /// No two members have these keys in common.
    Map(Vec<String>),
}

/// What a value may be.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "flags of the API, each by itself"
)]
pub(crate) struct Schema {
    kind: Option<Type>,
    nullable: bool,
    int_or_string: bool,
    preserve_unknown: bool,
    embedded: bool,
    properties: BTreeMap<String, Schema>,
    additional: Option<Additional>,
    items: Option<Box<Schema>>,
    default: Option<Value>,
    list: Option<ListType>,
    rules: Rules,
}

/// What a value of the right type must satisfy besides.
#[derive(Clone, Debug, Default)]
struct Rules {
    choices: Option<Vec<Value>>,
    pattern: Option<Regex>,
    format: Option<Format>,
    minimum: Option<f64>,
    exclusive_minimum: bool,
    maximum: Option<f64>,
    exclusive_maximum: bool,
    multiple_of: Option<f64>,
    min_length: Option<usize>,
    max_length: Option<usize>,
    min_items: Option<usize>,
    max_items: Option<usize>,
    min_properties: Option<usize>,
    max_properties: Option<usize>,
    required: Vec<String>,
    all_of: Vec<Schema>,
    any_of: Vec<Schema>,
    one_of: Vec<Schema>,
    not: Option<Box<Schema>>,
}

/// Appends a step to a JSON pointer, runs something, and takes it off again.
fn at<R>(pointer: &mut String, step: &str, run: impl FnOnce(&mut String) -> R) -> R {
    let length = pointer.len();
    push_key(pointer, step);
    let result = run(pointer);
    pointer.truncate(length);
    result
}

/// A JSON pointer as people write paths: `spec.parameters.labels[0]`.
pub(crate) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for step in pointer.split('/').filter(|step| !step.is_empty()) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            path.push('[');
            path.push_str(&step);
            path.push(']');
        } else if step.contains(['.', '/']) {
            path.push('[');
            path.push_str(&Value::from(step).to_string());
            path.push(']');
        } else {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&step);
        }
    }
    path
}

#[cfg(test)]
mod tests;
