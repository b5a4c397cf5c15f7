//! Fields, keys and indexes.

use super::{Frame, Outcome, at};
use crate::{
    error::{EvalError, EvalErrorKind, Fault},
    program::{Index, Select},
    value::{Value, whole},
};

impl<'a> Frame<'_, '_, 'a> {
    #[inline(never)]
    pub(super) fn select(&mut self, select: &'a Select) -> Outcome<'a> {
        let operand = self.evaluate(&select.operand)?;
        if !select.optional
            && let Value::Map(map) = &operand
        {
            self.charge(select.cost.into())?;
            return map
                .field(&select.field)
                .ok_or_else(|| at(select.span, no_such_key(&select.field)));
        }
        match operand {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => {
                self.optional(select.cost, field(&inner, &select.field))
            }
            operand if select.optional => {
                self.optional(select.cost, field(&operand, &select.field))
            }
            operand => {
                self.charge(select.cost.into())?;
                field(&operand, &select.field)
            }
        }
        .map_err(|fault| at(select.span, fault))
    }

    #[inline(never)]
    pub(super) fn has(&mut self, select: &'a Select) -> Outcome<'a> {
        let operand = self.evaluate(&select.operand)?;
        let found = match operand {
            Value::Optional(None) => return Ok(Value::Bool(false)),
            Value::Optional(Some(inner)) => self.optional(1, field(&inner, &select.field)),
            operand => {
                self.charge(1)?;
                optional(field(&operand, &select.field))
            }
        };
        match found {
            Ok(found) => Ok(Value::Bool(matches!(found, Value::Optional(Some(_))))),
            Err(fault) => Err(at(select.span, fault)),
        }
    }

    #[inline(never)]
    pub(super) fn index(&mut self, index: &'a Index) -> Outcome<'a> {
        let operand = self.evaluate(&index.operand)?;
        let key = self.evaluate(&index.key)?;
        match operand {
            Value::Optional(None) => Ok(Value::Optional(None)),
            Value::Optional(Some(inner)) => self.optional(index.cost, element(&inner, &key)),
            operand if index.optional => self.optional(index.cost, element(&operand, &key)),
            operand => {
                self.charge(index.cost.into())?;
                element(&operand, &key)
            }
        }
        .map_err(|fault| at(index.span, fault))
    }

    /// An optional step of a path: it costs only if it leads somewhere.
    fn optional(&mut self, cost: u8, found: Outcome<'a>) -> Outcome<'a> {
        let step = if found.is_ok() {
            cost
        } else {
            cost - cost.min(1)
        };
        self.charge(step.into())?;
        optional(found)
    }
}

/// What is missing is an optional without a value; what cannot have it stays a failure.
fn optional(found: Outcome<'_>) -> Outcome<'_> {
    match found {
        Ok(value) => Ok(Value::some(value)),
        Err(fault)
            if matches!(
                fault.kind,
                EvalErrorKind::NoSuchKey | EvalErrorKind::NoSuchField
            ) =>
        {
            Ok(Value::Optional(None))
        }
        Err(fault) => Err(fault),
    }
}

fn field<'a>(operand: &Value<'a>, name: &str) -> Outcome<'a> {
    match operand {
        Value::Map(map) => map.field(name).ok_or_else(|| no_such_key(name)),
        Value::Object(object) => object.field(name).cloned().ok_or_else(|| {
            EvalError::fault(
                EvalErrorKind::NoSuchField,
                format!("no such field '{name}'"),
            )
        }),
        Value::List(_) => Err(EvalError::argument(
            "unsupported index type 'string' in list",
        )),
        // What has no fields lacks this one.
        _ => Err(no_such_key(name)),
    }
}

fn element<'a>(operand: &Value<'a>, key: &Value<'a>) -> Outcome<'a> {
    match operand {
        Value::Map(map) => match key {
            Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_) => map.get(key).ok_or_else(|| {
                EvalError::fault(
                    EvalErrorKind::NoSuchKey,
                    format!("no such key: {}", plain(key)),
                )
            }),
            _ => Err(EvalError::argument(format!(
                "unsupported key type: {}",
                key.type_name()
            ))),
        },
        Value::List(list) => {
            let place = match key {
                Value::Int(index) => i128::from(*index),
                Value::Uint(index) => i128::from(*index),
                Value::Double(index) => match whole(*index) {
                    Some(index) => index,
                    None => {
                        return Err(EvalError::argument(format!(
                            "unsupported index value: {index}"
                        )));
                    }
                },
                _ => {
                    return Err(EvalError::argument(format!(
                        "unsupported index type '{}' in list",
                        key.type_name()
                    )));
                }
            };
            usize::try_from(place)
                .ok()
                .and_then(|place| list.get(place))
                .ok_or_else(|| {
                    EvalError::fault(
                        EvalErrorKind::NoSuchKey,
                        format!("index out of bounds: {place}"),
                    )
                })
        }
        // What has no elements lacks this one.
        _ => Err(no_such_key(&plain(key))),
    }
}

fn plain(key: &Value<'_>) -> String {
    match key {
        Value::String(text) => (**text).to_owned(),
        other => other.to_string(),
    }
}

#[cold]
fn no_such_key(name: &str) -> Fault {
    EvalError::fault(EvalErrorKind::NoSuchKey, format!("no such key: {name}"))
}
