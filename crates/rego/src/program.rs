//! A compiled set of modules.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    Error, Evaluation, Options, Source, Value,
    code::Group,
    compile::tree::Tree,
    eval::Machine,
};

/// Modules, compiled. It does not change: any number of threads may evaluate it.
#[derive(Debug)]
pub struct Program {
    /// Tells programs apart in what is kept beside data.
    pub(crate) id: u64,
    /// How many joins were planned.
    pub(crate) joins: u32,
    pub(crate) tree: Tree,
    pub(crate) groups: Box<[Group]>,
    /// How many comprehensions keep their value during an evaluation.
    pub(crate) closures: u32,
    pub(crate) options: Options,
}

impl Program {
    /// The document at a path below `data`: what rules say, with base documents where they say nothing.
    pub fn evaluate(
        &self,
        path: &[Value],
        evaluation: &Evaluation<'_>,
    ) -> Result<Option<Value>, Error> {
        Machine::new(self, evaluation)
            .document_at(path)
            .map_err(|error| *error)
    }

    /// A number that no other program of this process has.
    pub(crate) fn next_id() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn nowhere(&self) -> &Source {
        static NOWHERE: LazyLock<Source> = LazyLock::new(|| Source {
            name: Arc::from("query"),
            text: Box::from(""),
        });
        &NOWHERE
    }
}
