//! The values of variables in one evaluation, or in the evaluations of one policy.

use std::cell::RefCell;

use crate::{error::Fault, program::Program, value::Value};

/// The values of variables.
///
/// Remembers the values of lazy variables, so that each is evaluated at most once.
#[derive(Debug, Default)]
pub struct Bindings<'a> {
    values: Vec<(&'a str, Value<'a>)>,
    remembered: RefCell<Vec<(usize, Result<Value<'a>, Fault>)>>,
}

impl<'a> Bindings<'a> {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives a variable its value; the last one counts.
    pub fn bind(&mut self, variable: &'a str, value: Value<'a>) -> &mut Self {
        match self.values.iter_mut().find(|(name, _)| *name == variable) {
            Some(entry) => entry.1 = value,
            None => self.values.push((variable, value)),
        }
        // Lazy variables may have read the old value.
        self.remembered.get_mut().clear();
        self
    }

    /// The same without a variable: whatever asks for it fails.
    #[must_use]
    pub fn without(&self, variable: &str) -> Self {
        let values = self.values.iter();
        Self {
            values: values
                .filter(|(name, _)| *name != variable)
                .cloned()
                .collect(),
            remembered: RefCell::default(),
        }
    }

    /// Gives a variable the value of JSON, where it lies.
    pub fn bind_json(&mut self, variable: &'a str, json: &'a serde_json::Value) -> &mut Self {
        self.bind(variable, Value::from_json(json))
    }

    pub(crate) fn get(&self, variable: &str) -> Option<Value<'a>> {
        self.values
            .iter()
            .find(|(name, _)| *name == variable)
            .map(|(_, value)| value.clone())
    }

    pub(crate) fn remembered(&self, program: &Program) -> Option<Result<Value<'a>, Fault>> {
        let address = std::ptr::from_ref(program).addr();
        self.remembered
            .borrow()
            .iter()
            .find(|(known, _)| *known == address)
            .map(|(_, result)| result.clone())
    }

    /// Remembers for as long as the program lives, which is what the lifetime says.
    pub(crate) fn remember(&self, program: &'a Program, result: Result<Value<'a>, Fault>) {
        let address = std::ptr::from_ref(program).addr();
        self.remembered.borrow_mut().push((address, result));
    }
}
