//! Checks, sorted by what they see.

use crate::{Check, Hook};

/// The checks that run, with those of each [`Hook`] side by side: nearly every check has one hook of
/// many, and an object meets only those that look at it.
#[derive(Clone, Default)]
pub struct Checks {
    all: Vec<&'static dyn Check>,
    by_hook: [Vec<&'static dyn Check>; Hook::ALL.len()],
}

impl Checks {
    /// Every check that runs, in the order of the registry.
    pub fn iter(&self) -> impl Iterator<Item = &'static dyn Check> {
        self.all.iter().copied()
    }

    /// Whether none runs.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Those that have a hook, in the same order.
    pub fn with(&self, hook: Hook) -> &[&'static dyn Check] {
        self.by_hook.get(hook as usize).map_or(&[], Vec::as_slice)
    }
}

impl FromIterator<&'static dyn Check> for Checks {
    fn from_iter<I: IntoIterator<Item = &'static dyn Check>>(all: I) -> Self {
        let all: Vec<_> = all.into_iter().collect();
        let with = |hook| {
            let has = |check: &&'static dyn Check| check.meta().hooks.contains(&hook);
            all.iter().copied().filter(has).collect()
        };
        Self {
            by_hook: Hook::ALL.map(with),
            all,
        }
    }
}
