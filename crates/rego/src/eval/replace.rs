//! `with`: steps in a world of which something is replaced.

use std::sync::Arc;

use super::{Machine, Mock, MockTarget, Result};
use crate::{
    Object, Value,
    code::{Gives, Replacement, Target, With},
};

impl<'a> Machine<'a> {
    pub(super) fn with(&mut self, with: &'a With, at: usize) -> Result<bool> {
        let mut world = self.worlds.pop().unwrap_or_default();
        world.prepare(
            self.program,
            u32::try_from(self.world.closures.len()).unwrap_or(u32::MAX),
        );
        world.input.clone_from(&self.world.input);
        world.data = self.world.data.clone();
        world.replaced.clone_from(&self.world.replaced);
        world.mocks.clone_from(&self.world.mocks);
        let mut is_data_original = self.is_data_original;
        for (target, replacement) in &with.targets {
            match (target, replacement) {
                (Target::Input(path), Replacement::Value(value)) => {
                    let value = self.operand(value).clone();
                    let input = placed(world.input.as_ref(), path, value);
                    world.input = Some(self.checked(input)?);
                }
                (Target::Data(path), Replacement::Value(value)) => {
                    let value = self.operand(value).clone();
                    world.data = self.checked(placed(Some(&world.data), path, value))?;
                    world.replaced.push(Arc::clone(path));
                    is_data_original = false;
                }
                (Target::Rules(group), replacement) => world
                    .mocks
                    .push((MockTarget::Rules(*group), self.mock(replacement))),
                (Target::Builtin(name), replacement) => world
                    .mocks
                    .push((MockTarget::Builtin(name), self.mock(replacement))),
                (Target::Input(_) | Target::Data(_), Replacement::Function(_)) => {}
            }
        }
        let outer = std::mem::replace(&mut self.world, world);
        let outer_original = std::mem::replace(&mut self.is_data_original, is_data_original);
        let is_other_input = with
            .targets
            .iter()
            .any(|(target, _)| matches!(target, Target::Input(_)));
        if is_other_input {
            self.trace_mute(true);
        }
        self.trace_keep();
        let start = self.items.len();
        let holds = self.run_inside(&with.body)?;
        self.trace_keep_end();
        if is_other_input {
            self.trace_mute(false);
        }
        let mut inner = std::mem::replace(&mut self.world, outer);
        inner.clear();
        self.worlds.push(inner);
        self.is_data_original = outer_original;
        if matches!(with.body.gives, Gives::Truth) {
            return Ok(holds);
        }
        let rows = self.items.split_off(start);
        self.choose_row(at, rows, &with.slots, None)
    }

    fn mock(&self, replacement: &Replacement) -> Mock {
        match replacement {
            Replacement::Value(value) => Mock::Value(self.operand(value).clone()),
            Replacement::Function(callee) => Mock::Function(callee.clone()),
        }
    }
}

/// A document with a value at a path; what is on the way and no object becomes one.
pub(crate) fn placed(document: Option<&Value>, path: &[Value], value: Value) -> Value {
    let Some((key, rest)) = path.split_first() else {
        return value;
    };
    let (mut entries, below) = match document {
        Some(Value::Object(object)) => (object.entries().to_vec(), object.get(key)),
        _ => (Vec::new(), None),
    };
    let below = placed(below, rest, value);
    match entries.binary_search_by(|entry| entry.0.cmp(key)) {
        Ok(index) => {
            if let Some(entry) = entries.get_mut(index) {
                entry.1 = below;
            }
        }
        Err(index) => entries.insert(index, (key.clone(), below)),
    }
    Value::Object(Arc::new(Object::from_entries(entries)))
}
