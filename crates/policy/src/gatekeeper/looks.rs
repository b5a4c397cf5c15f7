//! What constraints look at that are asked together, put together once: it is mostly the same few that are asked about
//! a changed object.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Loaded, Need};

/// Rows of constraints whose looks are kept.
const MAX_KEPT: usize = 256;

/// By the places of constraints in their row.
#[derive(Debug, Default)]
pub(super) struct Looks(Mutex<HashMap<Box<[usize]>, Arc<Need>>>);

impl Looks {
    /// What those at these places look at of `input.review`.
    pub(super) fn of(&self, constraints: &[Loaded], asked: &[usize]) -> Arc<Need> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(asked) {
            return Arc::clone(known);
        }
        let mut looks = Need::default();
        for loaded in asked.iter().filter_map(|at| constraints.get(*at)) {
            loaded.template.code().add_looks_at(&mut looks);
        }
        let looks = Arc::new(looks);
        let mut kept = lock();
        if kept.len() >= MAX_KEPT {
            kept.clear();
        }
        kept.insert(asked.into(), Arc::clone(&looks));
        looks
    }
}
