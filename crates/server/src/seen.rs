//! Which audit events came already: an API server sends a batch again when it did not hear the answer.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::wire::event_list::Event;

/// Events that are remembered; the oldest are forgotten first.
const CAPACITY: usize = 100_000;

type Key = (Box<str>, Box<str>);

#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    keys: HashSet<Key>,
    order: VecDeque<Key>,
}

impl Known {
    /// Whether it is new; the oldest make room.
    fn add(&mut self, key: Key) -> bool {
        let is_new = self.keys.insert(key.clone());
        if is_new {
            self.order.push_back(key);
        }
        while self.order.len() > CAPACITY {
            if let Some(oldest) = self.order.pop_front() {
                self.keys.remove(&oldest);
            }
        }
        is_new
    }
}

fn key(event: &Event) -> Key {
    (event.audit_id.as_str().into(), event.stage.as_str().into())
}

impl Seen {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the events that are new, and remembers them.
    pub(crate) fn keep_new(&self, events: &mut Vec<Event>) {
        let mut known = self.lock();
        events.retain(|event| known.add(key(event)));
    }

    /// Whether something is seen for the first time, told apart by two words.
    pub(crate) fn is_new(&self, id: &str, stage: &str) -> bool {
        self.lock().add((id.into(), stage.into()))
    }

    /// Forgets events that could not be kept, so that they are taken when they come again.
    pub(crate) fn forget(&self, keys: &[(String, String)]) {
        let mut known = self.lock();
        for (id, stage) in keys {
            known
                .keys
                .remove(&(id.as_str().into(), stage.as_str().into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_event_counts_once_and_again_only_when_it_was_lost() {
        let event = |id: &str, stage: &str| Event {
            audit_id: id.to_owned(),
            stage: stage.to_owned(),
            event: Value::Null,
        };
        let seen = Seen::default();
        let mut first = vec![event("a", "1"), event("a", "2"), event("a", "1")];
        seen.keep_new(&mut first);
        assert_eq!(first.len(), 2);
        let mut again = vec![event("a", "2"), event("b", "1")];
        seen.keep_new(&mut again);
        assert_eq!(again, [event("b", "1")]);
        seen.forget(&[("b".to_owned(), "1".to_owned())]);
        let mut lost = vec![event("b", "1")];
        seen.keep_new(&mut lost);
        assert_eq!(lost.len(), 1);
    }
}
