//! Data of which only is left what a program says that it looks at.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each user takes its part of this"
)]

use std::sync::Arc;

use ringwall_rego::{Need, Object, Program, Value};

/// Base documents without what a program does not need.
pub(crate) fn needed(program: &Program, data: &Value) -> Value {
    cut(program.needs(), data)
}

/// A document without what is not needed of it.
pub(crate) fn cut(need: &Need, value: &Value) -> Value {
    if need.is_whole() {
        return value.clone();
    }
    match value {
        Value::Object(object) => {
            let members = object.entries().iter().filter_map(|(key, member)| {
                let need = match key.as_str() {
                    Some(name) => need.member(name),
                    None => need.item(),
                };
                Some((key.clone(), cut(need?, member)))
            });
            Value::Object(Arc::new(Object::from_entries(members.collect())))
        }
        Value::Array(items) => {
            let need = need.item();
            let items = items
                .iter()
                .filter_map(|item| need.map(|need| cut(need, item)));
            Value::Array(items.collect())
        }
        other => other.clone(),
    }
}
