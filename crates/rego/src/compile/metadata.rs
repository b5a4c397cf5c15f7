//! What `rego.metadata.rule()` and `rego.metadata.chain()` give: known when a rule is compiled.

use std::sync::Arc;

use serde_json::Value as Json;

use super::tree::ground_path;
use crate::{
    Object, Value,
    ast::{Annotation, Module},
};

/// The metadata of one rule.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) rule: Value,
    pub(crate) chain: Value,
}

impl Metadata {
    /// That of a rule of a module, if the module asks for any.
    pub(super) fn of(modules: &[Module], module: usize, rule: usize) -> Self {
        let nothing = Self {
            rule: Value::Object(Arc::default()),
            chain: Value::Array(Arc::from([])),
        };
        let Some(at) = modules.get(module) else {
            return nothing;
        };
        // Most modules never ask.
        if !at.source.text.contains("metadata") {
            return nothing;
        }
        let Some(this) = at.rules.get(rule) else {
            return nothing;
        };
        let path = ground_path(at, &this.head);
        let mut own: Vec<&Annotation> = at
            .annotations
            .iter()
            .filter(|annotation| annotation.rule == Some(rule) && scope(annotation) == "rule")
            .collect();
        own.sort_by_key(|annotation| annotation.span.start);
        let mut chain: Vec<Value> = own
            .iter()
            .rev()
            .map(|annotation| link(&path, Some(&annotation.value)))
            .collect();
        if chain.is_empty() {
            chain.push(link(&path, None));
        }
        let document = modules.iter().find_map(|module| {
            module.annotations.iter().find(|annotation| {
                scope(annotation) == "document"
                    && annotation
                        .rule
                        .and_then(|rule| module.rules.get(rule))
                        .is_some_and(|rule| ground_path(module, &rule.head) == path)
            })
        });
        chain.extend(document.map(|annotation| link(&path, Some(&annotation.value))));
        let of_package = |package: &[Arc<str>], wanted: &str| {
            modules
                .iter()
                .filter(|module| *module.package == *package)
                .flat_map(|module| &module.annotations)
                .find(|annotation| scope(annotation) == wanted)
                .map(|annotation| link(&strings(package), Some(&annotation.value)))
        };
        chain.extend(of_package(&at.package, "package"));
        for length in (0..=at.package.len()).rev() {
            let package = at.package.get(..length).unwrap_or(&[]);
            chain.extend(of_package(package, "subpackages"));
        }
        Self {
            rule: own
                .first()
                .map_or(nothing.rule, |annotation| Value::from(&annotation.value)),
            chain: Value::Array(chain.into()),
        }
    }
}

fn scope(annotation: &Annotation) -> &str {
    annotation
        .value
        .get("scope")
        .and_then(Json::as_str)
        .unwrap_or("")
}

fn strings(path: &[Arc<str>]) -> Vec<Value> {
    path.iter()
        .map(|key| Value::String(Arc::clone(key)))
        .collect()
}

fn link(path: &[Value], annotations: Option<&Json>) -> Value {
    let mut entries = vec![(Value::from("path"), Value::Array(path.into()))];
    entries.extend(annotations.map(|value| (Value::from("annotations"), Value::from(value))));
    Value::Object(Arc::new(Object::from_entries(entries)))
}
