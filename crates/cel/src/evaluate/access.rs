//! Fields, keys and indexes.

use super::{Frame, Outcome, at};
use crate::{
    error::{EvalError, EvalErrorKind, Fault},
    program::{Index, Select},
    value::{Value, whole},
};

/// What a step of a path leads to; `None` if it leads nowhere.
type Step<'a> = Result<Option<Value<'a>>, Fault>;

impl<'a> Frame<'_, '_, 'a> {
    #[inline(never)]
    pub(super) fn select(&mut self, select: &'a Select) -> Outcome<'a> {
        let operand = self.evaluate(&select.operand)?;
        match operand {
            Value::Optional(None) => self.optional(select.cost, Ok(None)),
            Value::Optional(Some(inner)) => {
                let found = self.field_of(&inner, &select.field);
                self.optional(select.cost, found)
            }
            operand if select.optional => {
                let found = self.field_of(&operand, &select.field);
                self.optional(select.cost, found)
            }
            operand => {
                self.charge(select.cost.into())?;
                match self.field_of(&operand, &select.field) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) => Err(no_such_field(&operand, &select.field)),
                    Err(fault) => Err(fault),
                }
            }
        }
        .map_err(|fault| at(select.span, fault))
    }

    #[inline(never)]
    pub(super) fn has(&mut self, select: &'a Select) -> Outcome<'a> {
        let operand = self.evaluate(&select.operand)?;
        let found = match operand {
            Value::Optional(None) => return Ok(Value::Bool(false)),
            Value::Optional(Some(inner)) => {
                let found = self.field_of(&inner, &select.field);
                self.charge(u64::from(matches!(found, Ok(Some(_)))))?;
                found
            }
            operand => {
                self.charge(1)?;
                self.field_of(&operand, &select.field)
            }
        };
        match found {
            Ok(found) => Ok(Value::Bool(found.is_some())),
            Err(fault) => Err(at(select.span, fault)),
        }
    }

    #[inline(never)]
    pub(super) fn index(&mut self, index: &'a Index) -> Outcome<'a> {
        let operand = self.evaluate(&index.operand)?;
        if let Value::Optional(None) = operand {
            return self.optional(index.cost, Ok(None));
        }
        let key = self.evaluate(&index.key)?;
        match operand {
            Value::Optional(Some(inner)) => {
                let found = self.element_at(&inner, &key);
                self.optional(index.cost, found)
            }
            operand if index.optional => {
                let found = self.element_at(&operand, &key);
                self.optional(index.cost, found)
            }
            operand => {
                self.charge(index.cost.into())?;
                match self.element_at(&operand, &key) {
                    Ok(Some(value)) => Ok(value),
                    Ok(None) => Err(no_such_element(&operand, &key)),
                    Err(fault) => Err(fault),
                }
            }
        }
        .map_err(|fault| at(index.span, fault))
    }

    fn field_of(&mut self, operand: &Value<'a>, name: &str) -> Step<'a> {
        let found = field(operand, name);
        if let Some(trace) = &mut self.trace
            && let Ok(found) = &found
        {
            trace.read(operand, name, found.as_ref());
        }
        found
    }

    fn element_at(&mut self, operand: &Value<'a>, key: &Value<'a>) -> Step<'a> {
        let found = element(operand, key);
        if let Some(trace) = &mut self.trace
            && let Ok(found) = &found
        {
            trace.read(operand, &step(key), found.as_ref());
        }
        found
    }

    /// An optional step: it costs only if it leads somewhere.
    fn optional(&mut self, cost: u8, found: Step<'a>) -> Outcome<'a> {
        let found = found?;
        let step = if found.is_some() {
            cost
        } else {
            cost.saturating_sub(1)
        };
        self.charge(step.into())?;
        Ok(found.map_or(Value::Optional(None), Value::some))
    }
}

fn field<'a>(operand: &Value<'a>, name: &str) -> Step<'a> {
    match operand {
        Value::Map(map) => Ok(map.field(name)),
        Value::Object(object) => Ok(object.field(name).cloned()),
        Value::List(_) => Err(EvalError::argument(
            "unsupported index type 'string' in list",
        )),
        // What has no fields lacks this one.
        _ => Ok(None),
    }
}

fn element<'a>(operand: &Value<'a>, key: &Value<'a>) -> Step<'a> {
    match operand {
        Value::Map(map) => match key {
            Value::Bool(_)
            | Value::Int(_)
            | Value::Uint(_)
            | Value::Double(_)
            | Value::String(_) => Ok(map.get(key)),
            _ => Err(EvalError::argument(format!(
                "unsupported key type: {}",
                key.type_name()
            ))),
        },
        Value::List(list) => Ok(usize::try_from(place(key)?)
            .ok()
            .and_then(|place| list.get(place))),
        // What has no elements lacks this one.
        _ => Ok(None),
    }
}

/// The place in a list that an index names, in it or not.
fn place(key: &Value<'_>) -> Result<i128, Fault> {
    match key {
        Value::Int(index) => Ok((*index).into()),
        Value::Uint(index) => Ok((*index).into()),
        Value::Double(index) => whole(*index)
            .ok_or_else(|| EvalError::argument(format!("unsupported index value: {index}"))),
        _ => Err(EvalError::argument(format!(
            "unsupported index type '{}' in list",
            key.type_name()
        ))),
    }
}

#[cold]
fn no_such_field(operand: &Value<'_>, name: &str) -> Fault {
    if matches!(operand, Value::Object(_)) {
        return EvalError::fault(
            EvalErrorKind::NoSuchField,
            format!("no such field '{name}'"),
        );
    }
    EvalError::fault(EvalErrorKind::NoSuchKey, format!("no such key: {name}"))
}

/// A key or an index as a step of a path.
fn step(key: &Value<'_>) -> String {
    match key {
        Value::String(text) => (**text).to_owned(),
        other => other.to_string(),
    }
}

#[cold]
fn no_such_element(operand: &Value<'_>, key: &Value<'_>) -> Fault {
    let key = step(key);
    let message = if matches!(operand, Value::List(_)) {
        format!("index out of bounds: {key}")
    } else {
        format!("no such key: {key}")
    };
    EvalError::fault(EvalErrorKind::NoSuchKey, message)
}
