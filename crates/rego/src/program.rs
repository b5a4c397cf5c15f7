//! A compiled set of modules.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use crate::{
    Derived, Error, Evaluation, Need, Options, Source, Value,
    code::Group,
    compile::{needs::Needs, tree::Tree, types::Shape},
    eval::Machine,
};

/// Modules, compiled. It does not change: any number of threads may evaluate it.
#[derive(Debug)]
pub struct Program {
    /// Tells programs apart in what is kept beside data.
    pub(crate) id: u64,
    /// Paths of the input that are read more than once.
    pub(crate) paths: Box<[Box<[Value]>]>,
    /// How many functions keep their latest results.
    pub(crate) kept: u32,
    /// What rules look at.
    pub(crate) needs: Needs,
    pub(crate) tree: Tree,
    pub(crate) groups: Box<[Group]>,
    /// How many comprehensions keep their value during an evaluation.
    pub(crate) closures: u32,
    /// What the groups are known to give.
    pub(crate) shapes: Box<[Shape]>,
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

    /// What rules look at of the base documents below `data`, told from their steps.
    ///
    /// Without the rest every rule gives the same, or the one that is [asked for](crate::Options::asked_for). What an
    /// [evaluation](Self::evaluate) is asked for itself comes on top, if base documents stand there.
    pub const fn needs(&self) -> &Need {
        &self.needs.data
    }

    /// What rules look at of the input, told from their steps: without the rest every rule gives the same, or the one
    /// that is [asked for](crate::Options::asked_for).
    pub const fn needs_of_input(&self) -> &Need {
        &self.needs.input
    }

    /// Makes the indexes over data that evaluations will ask for, or brings them up to date: work that need not wait
    /// for the first request. Nothing changes without it, but the time that request takes.
    pub fn make_indexes(&self, evaluation: &Evaluation<'_>) -> Result<(), Error> {
        Machine::new(self, evaluation)
            .make_indexes()
            .map_err(|error| *error)
    }

    /// The members of the set at a path, each with what of the input led to it.
    ///
    /// For a member that can be derived in several ways the first one is told. Slower than [`Program::evaluate`],
    /// which gives the same members. What is no set gives nothing.
    pub fn explain(
        &self,
        path: &[Value],
        evaluation: &Evaluation<'_>,
    ) -> Result<Vec<Derived>, Error> {
        let mut machine = Machine::new(self, evaluation).traced();
        machine.document_at(path).map_err(|error| *error)?;
        Ok(self
            .tree
            .find(path)
            .and_then(|node| node.group)
            .map_or_else(Vec::new, |group| machine.derived(group)))
    }

    /// A number that no other program of this process has.
    pub(crate) fn next_id() -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn nowhere() -> &'static Source {
        static NOWHERE: LazyLock<Source> = LazyLock::new(|| Source {
            name: Arc::from("query"),
            text: Box::from(""),
        });
        &NOWHERE
    }
}
