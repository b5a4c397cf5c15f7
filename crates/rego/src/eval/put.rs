//! Reading members of values, and putting what was read where it goes.

use super::{Machine, Memo, Result, nodes, trace::Origin};
use crate::{
    Value,
    code::{From, Operand, Out},
};

/// The member of a collection under a key.
#[inline]
pub(crate) fn member<'v>(value: &'v Value, key: &Value) -> Option<&'v Value> {
    match value {
        Value::Object(object) => match key {
            Value::String(key) => object.get_str(key),
            _ => object.get(key),
        },
        Value::Array(items) => match key {
            Value::Number(index) => {
                let index = usize::try_from(index.as_i64()?).ok()?;
                items.get(index)
            }
            _ => None,
        },
        Value::Set(set) => set.find(key),
        _ => None,
    }
}

/// The member of a base document under a key: there, a whole number means the key that its digits spell.
pub(crate) fn stored<'v>(value: &'v Value, key: &Value) -> Option<&'v Value> {
    match (value, key) {
        (Value::Object(object), Value::Number(number)) => object.get_str(&number.to_string()),
        _ => member(value, key),
    }
}

/// The value at a path.
pub(crate) fn at<'v>(value: &'v Value, path: &[Value]) -> Option<&'v Value> {
    path.iter().try_fold(value, member)
}

impl Machine<'_> {
    /// Follows keys; rules it starts from must have been evaluated.
    #[inline]
    pub(super) fn read<'s>(&'s self, from: &'s From, keys: &'s [Operand]) -> Option<&'s Value> {
        let start = match from {
            From::Input => self.world.input.as_ref()?,
            From::Data => {
                return keys.iter().try_fold(&self.world.data, |value, key| {
                    stored(value, self.operand(key))
                });
            }
            From::Slot(slot) => self.slots.get(self.base + *slot as usize)?,
            From::Const(value) => value,
            From::Path(path) => match self.world.paths.get(*path as usize)? {
                Memo::Value(value) => value,
                _ => return None,
            },
            From::Rules(group) => match self.world.rules.get(group.0 as usize)? {
                Memo::Value(value) => value,
                _ => return None,
            },
        };
        keys.iter()
            .try_fold(start, |value, key| member(value, self.operand(key)))
    }

    /// Sees to it that what stands at a path of the input is known.
    #[inline]
    pub(super) fn look_up(&mut self, path: u32) {
        if let Some(place @ Memo::Unknown) = self.world.paths.get_mut(path as usize) {
            let found = self
                .program
                .paths
                .get(path as usize)
                .zip(self.world.input.as_ref())
                .and_then(|(path, input)| at(input, path));
            *place = found.map_or(Memo::Undefined, |value| Memo::Value(value.clone()));
        }
    }

    /// Reads and puts. Gives whether the step holds.
    #[inline]
    pub(super) fn read_step(&mut self, from: &From, keys: &[Operand], out: &Out) -> Result<bool> {
        match from {
            From::Rules(group) => self.document(*group)?,
            From::Path(path) => self.look_up(*path),
            _ => {}
        }
        if let Out::Equal(other) = out {
            // Scalars are compared in no time.
            let most = nodes(self.operand(other));
            if most > 0 {
                let cost = self
                    .read(from, keys)
                    .map_or(0, |value| nodes(value).min(most));
                self.pay_to_compare(cost)?;
            }
        }
        let origin = if self.trace.is_some() {
            self.trace_read(from, keys)
        } else {
            Origin::Unknown
        };
        let Some(value) = self.read(from, keys) else {
            return Ok(false);
        };
        Ok(match out {
            Out::Bind(slot) => {
                let value = value.clone();
                self.set(*slot, value);
                if self.trace.is_some() {
                    self.trace_slot(*slot, origin);
                }
                true
            }
            Out::Equal(other) => value == self.operand(other),
            Out::Truthy => !matches!(value, Value::Bool(false)),
            Out::Ignore => true,
        })
    }

    /// Puts a value where it goes. Gives whether the step holds.
    #[inline]
    pub(super) fn put(&mut self, out: &Out, value: Value) -> bool {
        match out {
            Out::Bind(slot) => {
                self.set(*slot, value);
                true
            }
            Out::Equal(other) => value == *self.operand(other),
            Out::Truthy => !matches!(value, Value::Bool(false)),
            Out::Ignore => true,
        }
    }

    /// Whether a value that need not be kept fits.
    #[inline]
    pub(super) fn fits(&self, out: &Out, value: &Value) -> bool {
        match out {
            Out::Bind(_) | Out::Ignore => true,
            Out::Equal(other) => value == self.operand(other),
            Out::Truthy => !matches!(value, Value::Bool(false)),
        }
    }
}
