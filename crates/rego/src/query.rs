//! Queries: bodies asked of a program, that give the values of their variables.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    Error, Evaluation, Program, Source, Value, ast::Version, code::Body, compile, parse_query,
};

/// Values of the variables of a query, by name.
pub type Bindings = BTreeMap<Arc<str>, Value>;

/// A query, compiled for one program.
#[derive(Debug)]
pub struct Query {
    pub(crate) source: Arc<Source>,
    pub(crate) body: Body,
    /// The variables that have names, and their slots.
    pub(crate) variables: Box<[(Arc<str>, u32)]>,
    pub(crate) slots: usize,
    /// How many comprehensions keep their value, those of the program included.
    pub(crate) closures: u32,
}

impl Program {
    /// Compiles a query such as `data.a.deny[x]; x.level > 3`.
    pub fn query(&self, text: &str, version: Version) -> Result<Query, Vec<Error>> {
        let body = parse_query(text, version)?;
        let source = Arc::new(Source {
            name: Arc::from("query"),
            text: Box::from(text),
        });
        compile::query(self, source, &body)
    }

    /// Asks a query that was compiled for this program: each way in which it holds.
    pub fn ask(&self, query: &Query, evaluation: &Evaluation<'_>) -> Result<Vec<Bindings>, Error> {
        crate::eval::ask(self, query, evaluation).map_err(|error| *error)
    }
}
