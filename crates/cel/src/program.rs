//! A compiled expression.

use std::sync::Arc;

use crate::{
    bindings::Bindings,
    budget::Budget,
    error::{EvalError, Fault, Span},
    evaluate,
    library::{Candidate, Pattern},
    syntax::ast::FoldKind,
    ty::Type,
    value::Value,
};

/// An expression that was parsed, checked and prepared. Never changes; any number of threads may evaluate it.
#[derive(Debug)]
pub struct Program {
    pub(crate) text: Arc<str>,
    pub(crate) output: Type,
    pub(crate) root: Node,
}

impl Program {
    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The type of the result, as far as it is known before evaluation.
    pub fn output_type(&self) -> &Type {
        &self.output
    }

    /// Evaluates the expression over values of its variables, and takes what it cost from the budget.
    pub fn evaluate<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        budget: &mut Budget<'_>,
    ) -> Result<Value<'a>, EvalError> {
        evaluate::run(self, bindings, budget, 0, None).map_err(Fault::into_error)
    }

    /// The places of a document that the result of an evaluation rests on: keys and indexes on the way to each, also
    /// to what is missing, those first that say most.
    ///
    /// The document is what a variable was [bound](Bindings::bind_json) to, or what holds that. Nothing is told where
    /// the evaluation fails. Takes longer than [`Program::evaluate`], as elements are looked at after one has decided,
    /// and counts that as what it costs.
    pub fn places<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        document: &serde_json::Value,
        budget: &mut Budget<'_>,
    ) -> Vec<Vec<String>> {
        let mut trace = evaluate::Trace::default();
        match evaluate::run(self, bindings, budget, 0, Some(&mut trace)) {
            Ok(_) => trace.paths(document),
            Err(_) => Vec::new(),
        }
    }

    /// Whether an evaluation looks at a member of a document for its result, or for its failure.
    ///
    /// The document is as for [`Program::places`]. What rests on too much rests on all.
    pub fn rests_on<'a>(
        &'a self,
        bindings: &Bindings<'a>,
        document: &serde_json::Value,
        member: &str,
        budget: &mut Budget<'_>,
    ) -> bool {
        let mut trace = evaluate::Trace::default();
        // A failure has looked at what it looked at.
        let _ = evaluate::run(self, bindings, budget, 0, Some(&mut trace));
        trace.rests_on(document, member)
    }
}

/// One step of an evaluation.
#[derive(Debug)]
pub(crate) enum Node {
    Constant(Value<'static>),
    /// A variable that the caller binds. Costs 0 where the reference takes it as part of a larger step.
    Variable {
        name: Arc<str>,
        cost: u8,
        span: Span,
    },
    /// A variable of a comprehension, by its place in the frame.
    Local {
        place: usize,
        cost: u8,
    },
    /// A variable that is an expression of its own, evaluated when it is first asked for.
    Lazy {
        program: Arc<Program>,
        cost: u8,
    },
    Select(Box<Select>),
    Has(Box<Select>),
    Index(Box<Index>),
    Call(Box<Call>),
    /// A call whose pattern is known, and so is compiled.
    Match(Box<Match>),
    Not(Box<Node>, Span),
    And(Vec<Node>),
    Or(Vec<Node>),
    Ternary(Box<[Node; 3]>),
    /// `in` over a list of constants.
    Member {
        operand: Box<Node>,
        list: Vec<Value<'static>>,
    },
    List(Vec<(Node, bool)>),
    Map {
        entries: Vec<(Node, Node, bool)>,
        /// Whether a key that stands there twice is a mistake; else the later counts.
        unique: bool,
    },
    Message(Box<Message>),
    Fold(Box<Fold>),
    Bind(Box<[Node; 2]>),
    OptMap(Box<OptMap>),
    /// `target.or(other)`, `target.orValue(other)`: the other is evaluated only if it is needed.
    OrElse {
        parts: Box<[Node; 2]>,
        unwraps: bool,
    },
}

#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) operand: Node,
    pub(crate) field: Arc<str>,
    pub(crate) optional: bool,
    pub(crate) cost: u8,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) operand: Node,
    pub(crate) key: Node,
    pub(crate) optional: bool,
    pub(crate) cost: u8,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Call {
    /// The overloads that take such arguments, as far as their types are known.
    pub(crate) candidates: Vec<Candidate>,
    /// Whether only one overload takes them; some costs depend on that.
    pub(crate) is_unique: bool,
    pub(crate) arguments: Vec<Node>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) kind: MatchKind,
    pub(crate) text: Node,
    pub(crate) pattern: Pattern,
    pub(crate) limit: Option<Node>,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MatchKind {
    Matches,
    Find,
    FindAll,
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) type_name: Arc<str>,
    pub(crate) fields: Vec<(Arc<str>, Node, bool)>,
}

#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) kind: FoldKind,
    pub(crate) range: Node,
    pub(crate) has_second: bool,
    /// Where the variables stand in the frame.
    pub(crate) place: usize,
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct OptMap {
    pub(crate) target: Node,
    pub(crate) body: Node,
    pub(crate) flat: bool,
    pub(crate) span: Span,
}

impl Node {
    /// Whether the reference evaluates it as a path from a variable, in one step with what is selected from it.
    pub(crate) fn is_path(&self) -> bool {
        matches!(
            self,
            Self::Variable { .. }
                | Self::Local { .. }
                | Self::Lazy { .. }
                | Self::Select(_)
                | Self::Index(_)
                | Self::Ternary(_)
        )
    }

    /// Takes off what the step of the path itself costs, where a larger step pays for it.
    pub(crate) fn pay_for_path(&mut self) {
        match self {
            Self::Variable { cost, .. } | Self::Local { cost, .. } | Self::Lazy { cost, .. } => {
                *cost = cost.saturating_sub(1);
            }
            Self::Select(select) if select.operand.is_path() => select.operand.pay_for_path(),
            Self::Select(select) => select.cost = select.cost.saturating_sub(1),
            Self::Index(index) if index.operand.is_path() => index.operand.pay_for_path(),
            Self::Index(index) => index.cost = index.cost.saturating_sub(1),
            _ => {}
        }
    }
}
