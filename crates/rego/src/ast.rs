//! The syntax of a module, as the parser leaves it and the compiler takes it.
//!
//! Infix operators are calls of their builtins (`plus`, `eq`, `assign`, ...), as in OPA.
//! Rules with chained bodies (`p { .. } { .. }`) are several rules of one head.

use std::sync::Arc;

use crate::{Number, Source, Span};

/// Which grammar a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Before OPA 1.0: `if` and `contains` are optional, keywords come by import.
    V0,
    /// Since OPA 1.0.
    V1,
}

/// One file of Rego.
#[derive(Clone, Debug)]
pub struct Module {
    /// Its text.
    pub source: Arc<Source>,
    /// The grammar it was read with; `import rego.v1` makes it [`Version::V1`].
    pub version: Version,
    /// The path after `package`, without `data`: strings only.
    pub package: Vec<Arc<str>>,
    /// Where the package is named.
    pub package_span: Span,
    /// Imports, `rego.v1` and `future.keywords` included.
    pub imports: Vec<Import>,
    /// Rules in their order.
    pub rules: Vec<Rule>,
    /// Metadata comments (`# METADATA`), parsed.
    pub annotations: Vec<Annotation>,
}

/// `import data.lib.x as y`.
#[derive(Clone, Debug)]
pub struct Import {
    /// The whole statement.
    pub span: Span,
    /// The path; its first part is `data`, `input`, `future` or `rego`.
    pub path: Vec<Arc<str>>,
    /// The name after `as`.
    pub alias: Option<Arc<str>>,
}

/// A `# METADATA` block.
#[derive(Clone, Debug)]
pub struct Annotation {
    /// The comment lines.
    pub span: Span,
    /// What it says: the YAML under it as JSON.
    pub value: serde_json::Value,
    /// The index in [`Module::rules`] of the rule it stands before; `None` for the package.
    pub rule: Option<usize>,
}

/// A rule: one head, one body, and what follows after `else`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The whole rule.
    pub span: Span,
    /// `default x := ...`.
    pub is_default: bool,
    /// The head.
    pub head: Head,
    /// The expressions; a rule without a body has the one expression `true`.
    pub body: Body,
    /// `else := value { body }`, itself a rule whose head repeats name and arguments.
    pub otherwise: Option<Box<Rule>>,
}

/// What a rule defines.
#[derive(Clone, Debug)]
pub struct Head {
    /// The whole head.
    pub span: Span,
    /// The name as a reference: `p`, `p.q.r`, `p[x].q`. The first part is a variable or string with the name.
    /// The member of a partial set in v0 (`p[x]`) is not part of it but [`Head::key`];
    /// the key of a partial object (`p[k] = v`, `p[k] if ..`) is its last part.
    pub reference: Vec<Term>,
    /// Parameters of a function; `None` if it is no function.
    pub parameters: Option<Vec<Term>>,
    /// The member of a partial set (`p contains x`, or `p[x]` in v0).
    pub key: Option<Term>,
    /// The value; `None` for a partial set. A rule that states none has the value `true`.
    pub value: Option<Term>,
    /// Whether `:=` stands before the value.
    pub is_assigned: bool,
}

/// Expressions that must all hold.
pub type Body = Vec<Expr>;

/// One expression of a body.
#[derive(Clone, Debug)]
pub struct Expr {
    /// The whole expression.
    pub span: Span,
    /// `not`.
    pub is_negated: bool,
    /// What is said.
    pub kind: ExprKind,
    /// `with input.x as y`.
    pub with: Vec<With>,
}

/// What an expression says.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// The term must have a value other than `false`. Calls are here too: `x == 1` is a call of `equal`,
    /// `x = 1` of `eq`, `x := 1` of `assign`, `x in y` of `internal.member_2`.
    Term(Term),
    /// `some x, y`: new variables.
    SomeDeclaration(Vec<Term>),
    /// `some x in xs`, `some k, v in xs`.
    SomeIn {
        /// The key pattern, if there are two.
        key: Option<Term>,
        /// The value pattern.
        value: Term,
        /// What is walked.
        collection: Term,
    },
    /// `every x in xs { .. }`.
    Every {
        /// The key variable, if there are two.
        key: Option<Term>,
        /// The value variable.
        value: Term,
        /// What is walked.
        domain: Term,
        /// What must hold for each.
        body: Body,
    },
}

/// `with target as value`.
#[derive(Clone, Debug)]
pub struct With {
    /// The whole modifier.
    pub span: Span,
    /// A reference below `input` or `data`, or to a function.
    pub target: Term,
    /// What stands in its place.
    pub value: Term,
}

/// A term.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its text.
    pub span: Span,
    /// What it is.
    pub kind: TermKind,
}

/// What a term is.
#[derive(Clone, Debug)]
pub enum TermKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A string, raw or quoted, unescaped.
    String(Arc<str>),
    /// A variable. `_` is given a name of its own each time: `$0`, `$1`, ... in the order of the module.
    Var(Arc<str>),
    /// `a.b[c]`: a head (variable, call, collection, comprehension) and at least one operand.
    Ref(Vec<Term>),
    /// `f(x)`: the function as a [`TermKind::Ref`] or [`TermKind::Var`], then its operands.
    Call(Box<Term>, Vec<Term>),
    /// `[a, b]`.
    Array(Vec<Term>),
    /// `{a, b}`; the empty set is `set()`.
    Set(Vec<Term>),
    /// `{k: v}`.
    Object(Vec<(Term, Term)>),
    /// `[x | body]`.
    ArrayComprehension(Box<Term>, Body),
    /// `{x | body}`.
    SetComprehension(Box<Term>, Body),
    /// `{k: v | body}`.
    ObjectComprehension(Box<(Term, Term)>, Body),
    /// `$"text {term}"`: texts and terms in turn.
    Template(Vec<TemplatePart>),
}

/// A piece of a template string.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Literal text, unescaped.
    Text(Arc<str>),
    /// An expression between braces; undefined gives `<undefined>`.
    Term(Term),
}
