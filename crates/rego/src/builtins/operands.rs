//! Operands of a call, read as what they must be, with OPA's words where they are not.

use std::sync::Arc;

use num_bigint::BigInt;

use super::BuiltinError;
use crate::{Number, Object, Set, Value};

/// The operands of one call.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a>(pub(super) &'a [Value]);

impl<'a> Operands<'a> {
    /// The operand at a place from 0; `null` if there are fewer, which no call that was checked has.
    pub(super) fn value(self, index: usize) -> &'a Value {
        self.0.get(index).unwrap_or(&Value::Null)
    }

    pub(super) fn string(self, index: usize) -> Result<&'a Arc<str>, BuiltinError> {
        match self.value(index) {
            Value::String(text) => Ok(text),
            other => Err(wrong_type(index, other, &["string"])),
        }
    }

    pub(super) fn number(self, index: usize) -> Result<&'a Number, BuiltinError> {
        match self.value(index) {
            Value::Number(number) => Ok(number),
            other => Err(wrong_type(index, other, &["number"])),
        }
    }

    /// A whole number of 64 bits.
    pub(super) fn integer(self, index: usize) -> Result<i64, BuiltinError> {
        self.number(index)?.as_i64().ok_or_else(|| not_whole(index))
    }

    /// A whole number of any size.
    pub(super) fn big_integer(self, index: usize) -> Result<BigInt, BuiltinError> {
        match self.value(index) {
            Value::Number(number) => number.as_integer().ok_or_else(|| not_whole(index)),
            other => Err(wrong_type(index, other, &["integer"])),
        }
    }

    pub(super) fn array(self, index: usize) -> Result<&'a [Value], BuiltinError> {
        match self.value(index) {
            Value::Array(items) => Ok(items),
            other => Err(wrong_type(index, other, &["array"])),
        }
    }

    pub(super) fn object(self, index: usize) -> Result<&'a Arc<Object>, BuiltinError> {
        match self.value(index) {
            Value::Object(object) => Ok(object),
            other => Err(wrong_type(index, other, &["object"])),
        }
    }

    pub(super) fn set(self, index: usize) -> Result<&'a Arc<Set>, BuiltinError> {
        match self.value(index) {
            Value::Set(set) => Ok(set),
            other => Err(wrong_type(index, other, &["set"])),
        }
    }

    /// The members of an array or a set; `names` is what the message offers.
    pub(super) fn members(self, index: usize, names: &[&str]) -> Result<&'a [Value], BuiltinError> {
        match self.value(index) {
            Value::Array(items) => Ok(items),
            Value::Set(set) => Ok(set.members()),
            other => Err(wrong_type(index, other, names)),
        }
    }

    /// The texts in an array or a set of strings.
    pub(super) fn strings(self, index: usize) -> Result<Vec<&'a str>, BuiltinError> {
        let collection = self.value(index);
        self.members(index, &["array", "set"])?
            .iter()
            .map(|member| {
                member
                    .as_str()
                    .ok_or_else(|| wrong_member(index, collection, member, &["string"]))
            })
            .collect()
    }
}

/// `operand 1 must be string but got number`.
pub(super) fn wrong_type(index: usize, got: &Value, expected: &[&str]) -> BuiltinError {
    let got = got.type_name();
    refused(
        index,
        &match expected {
            [one] => format!("must be {one} but got {got}"),
            several => format!("must be one of {{{}}} but got {got}", several.join(", ")),
        },
    )
}

/// `operand 1 must be array of strings but got array containing number`.
pub(super) fn wrong_member(
    index: usize,
    collection: &Value,
    got: &Value,
    expected: &[&str],
) -> BuiltinError {
    let (collection, got) = (collection.type_name(), got.type_name());
    refused(
        index,
        &match expected {
            [one] => {
                format!("must be {collection} of {one}s but got {collection} containing {got}")
            }
            several => format!(
                "must be {collection} of (any of) {{{}}} but got {collection} containing {got}",
                several.join(", ")
            ),
        },
    )
}

/// `operand 2 must be one of {2, 8, 10, 16}`.
pub(super) fn wrong_choice(index: usize, expected: &[&str]) -> BuiltinError {
    refused(
        index,
        &match expected {
            [one] => format!("must be {one}"),
            several => format!("must be one of {{{}}}", several.join(", ")),
        },
    )
}

/// `operand 1 ..`.
pub(super) fn refused(index: usize, message: &str) -> BuiltinError {
    BuiltinError::operand(format!("operand {} {message}", index + 1))
}

fn not_whole(index: usize) -> BuiltinError {
    refused(
        index,
        "must be integer number but got floating-point number",
    )
}
