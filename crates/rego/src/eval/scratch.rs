//! Memory that one evaluation leaves to the next of its thread.

use std::cell::RefCell;

use super::{Machine, World, run::Choice};
use crate::Value;

/// Lists without anything in them, whose room stays.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) slots: Vec<Value>,
    pub(super) choices: Vec<Choice>,
    pub(super) items: Vec<Value>,
    pub(super) entries: Vec<(Value, Value)>,
    pub(super) worlds: Vec<World>,
}

/// Room for more than so many members is not kept.
const MAX_KEPT: usize = 4_096;

/// How many worlds are kept.
const MAX_WORLDS: usize = 4;

thread_local! {
    static SCRATCH: RefCell<Option<Scratch>> = const { RefCell::new(None) };
}

impl Scratch {
    /// What an earlier evaluation of this thread has left.
    pub(super) fn take() -> Self {
        SCRATCH
            .with(|scratch| scratch.try_borrow_mut().ok()?.take())
            .unwrap_or_default()
    }
}

fn emptied<T>(list: &mut Vec<T>) -> Vec<T> {
    let mut list = std::mem::take(list);
    list.clear();
    list.shrink_to(MAX_KEPT);
    list
}

impl Drop for Machine<'_> {
    fn drop(&mut self) {
        let mut world = std::mem::take(&mut self.world);
        world.clear();
        let mut worlds = std::mem::take(&mut self.worlds);
        worlds.push(world);
        worlds.truncate(MAX_WORLDS);
        let left = Scratch {
            slots: emptied(&mut self.slots),
            choices: emptied(&mut self.choices),
            items: emptied(&mut self.items),
            entries: emptied(&mut self.entries),
            worlds,
        };
        // While the thread ends there is nothing to leave it to.
        let _ = SCRATCH.try_with(|scratch| {
            if let Ok(mut scratch) = scratch.try_borrow_mut() {
                *scratch = Some(left);
            }
        });
    }
}
