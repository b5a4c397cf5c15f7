//! Base documents, and what is kept to find things in them.

use crate::Value;

/// The documents below `data` that no rule defines.
#[derive(Debug, Default)]
pub struct Data {
    value: Value,
}

impl Data {
    /// Documents, as an object.
    pub fn new(value: Value) -> Self {
        Self { value }
    }

    /// All of them.
    pub fn value(&self) -> &Value {
        &self.value
    }
}
