//! Base documents, and the indexes kept beside them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{Object, Value, index::Index};

/// Which index: a program, and one of its joins.
type IndexId = (u64, u32);

/// How many indexes are kept beside one state of the data.
const MAX_INDEXES: usize = 4_096;

/// The documents below `data` that no rule defines: one state of them, which does not change.
///
/// Beside it are kept the indexes that evaluations make of it. A new state takes over those of the one it was made
/// from; they are brought up to date when they are asked, by what differs.
#[derive(Debug)]
pub struct Data {
    value: Value,
    indexes: Mutex<BTreeMap<IndexId, Kept>>,
}

/// An index, and through how many states it was not asked.
#[derive(Clone, Debug)]
struct Kept {
    index: Arc<Index>,
    unused: u32,
}

/// An index holds on to the documents it was made of, so one that nobody asks is let go after so many states.
const MAX_UNUSED: u32 = 1_000;

impl Data {
    /// Documents, as an object.
    pub fn new(value: Value) -> Self {
        Self {
            value,
            indexes: Mutex::default(),
        }
    }

    /// All of them.
    pub const fn value(&self) -> &Value {
        &self.value
    }

    /// The next state: with a document at a path, or without what is there. Objects on the way are made if they are
    /// missing; those that become empty are left out. Everything else is shared with this state.
    #[must_use]
    pub fn with(&self, path: &[Value], document: Option<Value>) -> Self {
        Self {
            value: replaced(Some(&self.value), path, document)
                .unwrap_or_else(|| Value::Object(Arc::default())),
            indexes: Mutex::new(self.inherited()),
        }
    }

    /// Another state, for which the indexes of this one are a start.
    #[must_use]
    pub fn then(&self, value: Value) -> Self {
        Self {
            value,
            indexes: Mutex::new(self.inherited()),
        }
    }

    /// Lets go of all indexes.
    pub fn forget_indexes(&self) {
        self.lock().clear();
    }

    fn inherited(&self) -> BTreeMap<IndexId, Kept> {
        self.lock()
            .iter()
            .filter(|(_, kept)| kept.unused < MAX_UNUSED)
            .map(|(id, kept)| {
                let kept = Kept {
                    index: Arc::clone(&kept.index),
                    unused: kept.unused + 1,
                };
                (*id, kept)
            })
            .collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<IndexId, Kept>> {
        // An index is put in whole or not at all, so a panic elsewhere leaves nothing half done.
        self.indexes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index(&self, id: IndexId) -> Option<Arc<Index>> {
        let mut indexes = self.lock();
        let kept = indexes.get_mut(&id)?;
        kept.unused = 0;
        Some(Arc::clone(&kept.index))
    }

    /// An index to change: the one given if nobody else holds it, else a copy.
    pub(crate) fn take_index(&self, id: IndexId, index: Arc<Index>) -> Index {
        self.lock().remove(&id);
        Arc::unwrap_or_clone(index)
    }

    pub(crate) fn keep_index(&self, id: IndexId, index: Arc<Index>) {
        let mut indexes = self.lock();
        if indexes.len() >= MAX_INDEXES && !indexes.contains_key(&id) {
            // Those of the oldest programs are the least likely to be asked again.
            indexes.pop_first();
        }
        indexes.insert(id, Kept { index, unused: 0 });
    }
}

impl Default for Data {
    fn default() -> Self {
        Self::new(Value::Object(Arc::default()))
    }
}

impl Clone for Data {
    fn clone(&self) -> Self {
        self.then(self.value.clone())
    }
}

fn replaced(value: Option<&Value>, path: &[Value], document: Option<Value>) -> Option<Value> {
    let Some((key, rest)) = path.split_first() else {
        return document;
    };
    let mut entries = match value {
        Some(Value::Object(object)) => object.entries().to_vec(),
        _ => Vec::new(),
    };
    let place = entries.binary_search_by(|entry| entry.0.cmp(key));
    let below = place
        .ok()
        .and_then(|at| entries.get(at))
        .map(|entry| entry.1.clone());
    match (place, replaced(below.as_ref(), rest, document)) {
        (Ok(at), Some(below)) => {
            if let Some(entry) = entries.get_mut(at) {
                entry.1 = below;
            }
        }
        (Ok(at), None) => {
            entries.remove(at);
        }
        (Err(at), Some(below)) => entries.insert(at, (key.clone(), below)),
        (Err(_), None) => {}
    }
    if entries.is_empty() {
        return None;
    }
    Some(Value::Object(Arc::new(Object::from_entries(entries))))
}
