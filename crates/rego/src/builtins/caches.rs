//! Patterns that are compiled once and used by every evaluation and thread.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, PoisonError, RwLock},
};

use super::{glob::Glob, patterns::Pattern};

/// Patterns kept at most, of each kind.
const CAPACITY: usize = 1_000;

/// Compiled patterns. One of these serves a whole process.
#[derive(Debug, Default)]
pub struct Caches {
    pub(super) globs: Cache<(Arc<str>, Vec<char>), Glob>,
    pub(super) patterns: Cache<Arc<str>, Pattern>,
}

/// A bounded map. When it is full it is emptied: patterns come from policies, which are few; only patterns
/// made of input can fill it, and those are not worth keeping.
#[derive(Debug)]
pub(super) struct Cache<K, V>(RwLock<HashMap<K, Arc<V>>>);

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Eq + Hash, V> Cache<K, V> {
    /// The compiled pattern, compiled now if it is new.
    pub(super) fn get<E>(
        &self,
        key: &K,
        compile: impl FnOnce() -> Result<V, E>,
    ) -> Result<Arc<V>, E>
    where
        K: Clone,
    {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(pattern) = known.get(key) {
            return Ok(Arc::clone(pattern));
        }
        drop(known);
        let pattern = Arc::new(compile()?);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(key.clone(), Arc::clone(&pattern));
        Ok(pattern)
    }
}
