//! What the compiler works on: bodies whose names are resolved and whose calls stand alone.
//!
//! Every variable is a slot of its rule's frame. A call is never inside a term; its result is a variable that
//! an expression before it has bound. References start at `input`, `data` or a variable.

use std::sync::Arc;

use crate::{Span, Value, builtins::Builtin};

/// A path below `data`.
pub(crate) type Path = Arc<[Value]>;

/// A variable: its place in the frame of the rule.
pub(crate) type Var = u32;

/// A term without calls.
#[derive(Clone, Debug)]
pub(crate) enum Term {
    Const(Value),
    Var(Var),
    Ref(Head, Vec<Term>),
    Array(Vec<Term>),
    Set(Vec<Term>),
    Object(Vec<(Term, Term)>),
    Closure(Box<Closure>),
}

/// Where a reference starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Head {
    Input,
    Data,
    Var(Var),
}

/// What a comprehension gives, and from what.
#[derive(Clone, Debug)]
pub(crate) struct Closure {
    pub(crate) gives: Gives,
    pub(crate) body: Vec<Expr>,
}

/// The head of a comprehension.
#[derive(Clone, Debug)]
pub(crate) enum Gives {
    Array(Term),
    Set(Term),
    Object(Term, Term),
}

/// An expression.
#[derive(Clone, Debug)]
pub(crate) struct Expr {
    pub(crate) span: Span,
    pub(crate) negated: bool,
    pub(crate) kind: Kind,
    pub(crate) with: Vec<With>,
}

/// What an expression says.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// The term has a value other than `false`.
    Term(Term),
    /// Both sides are made the same. `==` between two terms is one too once safety is checked.
    Unify {
        left: Term,
        right: Term,
        sort: Equality,
    },
    /// The function called with operands; the last may be its result.
    Call {
        callee: Callee,
        operands: Vec<Term>,
    },
    Every(Box<Every>),
}

/// Which of the three signs stands between two terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Equality {
    /// `=`
    Unify,
    /// `:=`
    Assign,
    /// `==`
    Compare,
}

/// What is called.
#[derive(Clone, Debug)]
pub(crate) enum Callee {
    Builtin(&'static Builtin),
    /// A function of a module, by its path below `data`.
    Function(Path),
}

/// `every key, value in domain { body }`.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    pub(crate) key: Option<Var>,
    pub(crate) value: Var,
    pub(crate) domain: Term,
    pub(crate) body: Vec<Expr>,
}

/// `with target as value`.
#[derive(Clone, Debug)]
pub(crate) struct With {
    pub(crate) target: Target,
    pub(crate) value: Replacement,
}

/// What `with` replaces.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Input(Vec<Arc<str>>),
    Data(Path),
    Function(Path),
    Builtin(&'static Builtin),
}

/// What stands in its place.
#[derive(Clone, Debug)]
pub(crate) enum Replacement {
    Term(Term),
    Function(Callee),
}
