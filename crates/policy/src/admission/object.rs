//! The object of a request as checks read documents.

use std::sync::Arc;

use ringwall_input::yaml::{self, Document};
use ringwall_model::Source;
use serde_json::Value;

/// What a finding about an object of a request names as its file.
pub const OBJECT_SOURCE: &str = "object";

/// The object without what the API server keeps in it for itself (`metadata.managedFields`).
pub fn without_managed_fields(object: &Value) -> Value {
    let Value::Object(members) = object else {
        return object.clone();
    };
    let is_metadata = |key: &str| key == "metadata";
    let kept = members.iter().map(|(key, value)| {
        let value = match value {
            Value::Object(metadata) if is_metadata(key) => {
                let own = metadata.iter().filter(|(key, _)| *key != "managedFields");
                Value::Object(
                    own.map(|(key, value)| (key.clone(), value.clone()))
                        .collect(),
                )
            }
            _ => value.clone(),
        };
        (key.clone(), value)
    });
    Value::Object(kept.collect())
}

/// Reads an object as documents are read. JSON is written anew, so that every reader sees the same
/// keys: none twice, none in escapes.
///
/// # Errors
///
/// Why it cannot be read, in one sentence: no verdict can rest on it.
pub fn read_object(object: &Value) -> Result<(Arc<Source>, Document), String> {
    let source = Arc::new(Source::new(OBJECT_SOURCE, object.to_string()));
    let (mut documents, diagnostics) = yaml::parse(&source);
    if let Some(diagnostic) = diagnostics.first() {
        return Err(format!("the object cannot be read: {}", diagnostic.message));
    }
    match (documents.pop(), documents.is_empty()) {
        (Some(document), true) => Ok((source, document)),
        _ => Err("the object is not one document".to_owned()),
    }
}
