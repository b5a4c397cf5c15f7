//! From the syntax of a body to [`super::core`]: names get meanings, calls come to stand alone.

use std::{collections::HashSet, sync::Arc};

use super::{
    core::{
        Callee, Closure, Equality, Every, Expr, Gives, Head, Kind, Path, Replacement, Target, Term,
        With,
    },
    metadata::Metadata,
    names::{Globals, Meaning, Names, Occurrence},
    tree::Tree,
};
use crate::{
    Error, ErrorCode, Source, Span, Value,
    ast::{self, ExprKind, TemplatePart, TermKind},
    builtins::{self, Builtin},
    compile::Options,
};

/// Resolves the bodies of one rule.
pub(crate) struct Resolver<'a> {
    pub(crate) options: &'a Options,
    pub(crate) source: &'a Source,
    pub(crate) globals: &'a Globals,
    pub(crate) tree: &'a Tree,
    /// What `rego.metadata.rule()` and `rego.metadata.chain()` give.
    pub(crate) metadata: Option<&'a Metadata>,
    pub(crate) names: Names,
    pub(crate) errors: Vec<Error>,
}

impl Resolver<'_> {
    pub(crate) fn error(&mut self, code: ErrorCode, span: Span, message: impl Into<String>) {
        self.errors
            .push(Error::new(code, self.source, span, message));
    }

    /// A body, in the scope that the caller has entered with [`declared_in`].
    pub(crate) fn body(&mut self, body: &[ast::Expr]) -> Vec<Expr> {
        let mut exprs = Vec::with_capacity(body.len());
        for expr in body {
            self.expr(expr, &mut exprs);
        }
        exprs
    }

    fn expr(&mut self, expr: &ast::Expr, exprs: &mut Vec<Expr>) {
        if self.is_erased(expr) {
            return;
        }
        // Calls inside of replacements are made before, and without them.
        let with = self.with(&expr.with, exprs);
        let mut support = Vec::new();
        let kind = match &expr.kind {
            ExprKind::SomeDeclaration(vars) => {
                for var in vars {
                    if let TermKind::Var(name) = &var.kind
                        && let Err(message) = self.names.declare(name, Occurrence::Declared)
                    {
                        self.error(ErrorCode::Compile, var.span, message);
                    }
                }
                None
            }
            ExprKind::SomeIn {
                key,
                value,
                collection,
            } => Some(self.some_in(key.as_ref(), value, collection, &mut support)),
            ExprKind::Every {
                key,
                value,
                domain,
                body,
            } => Some(self.every(key.as_ref(), value, domain, body, &mut support)),
            ExprKind::Term(term) => self.statement(term, expr.is_negated, &mut support),
        };
        for made in &mut support {
            made.with.clone_from(&with);
        }
        exprs.append(&mut support);
        if let Some(kind) = kind {
            exprs.push(Expr {
                span: expr.span,
                negated: expr.is_negated,
                kind,
                with,
            });
        }
    }

    /// Whether the expression is a `print` that nobody listens to.
    fn is_erased(&self, expr: &ast::Expr) -> bool {
        !self.options.prints
            && matches!(&expr.kind, ExprKind::Term(ast::Term { kind: TermKind::Call(callee, _), .. })
                if matches!(&callee.kind, TermKind::Var(name) if &**name == "print"))
    }

    fn statement(
        &mut self,
        term: &ast::Term,
        negated: bool,
        support: &mut Vec<Expr>,
    ) -> Option<Kind> {
        let TermKind::Call(callee, operands) = &term.kind else {
            return Some(Kind::Term(self.term(term, support)));
        };
        if let (TermKind::Var(name), [left, right]) = (&callee.kind, operands.as_slice()) {
            let sort = match &**name {
                "eq" => Some(Equality::Unify),
                "assign" => Some(Equality::Assign),
                "equal" => Some(Equality::Compare),
                _ => None,
            };
            if let Some(sort) = sort {
                if sort == Equality::Assign && negated {
                    self.error(
                        ErrorCode::Compile,
                        term.span,
                        "cannot assign vars inside negated expression",
                    );
                }
                return Some(self.equality(sort, left, right, support));
            }
        }
        if let TermKind::Var(name) = &callee.kind
            && &**name == "print"
        {
            return self.print(operands, support);
        }
        let callee = self.callee(callee, term.span)?;
        let operands: Vec<Term> = operands
            .iter()
            .map(|operand| self.term(operand, support))
            .collect();
        self.check_arity(&callee, operands.len(), true, term.span);
        Some(Kind::Call { callee, operands })
    }

    fn equality(
        &mut self,
        sort: Equality,
        left: &ast::Term,
        right: &ast::Term,
        support: &mut Vec<Expr>,
    ) -> Kind {
        // The right side is read first: the variables of an assignment are not yet known in it.
        if sort == Equality::Assign {
            let right = self.term(right, support);
            let left = self.pattern(left, support);
            return Kind::Unify { left, right, sort };
        }
        let left = self.term(left, support);
        let right = self.term(right, support);
        Kind::Unify { left, right, sort }
    }

    /// The left side of `:=`, every variable of which is new.
    fn pattern(&mut self, term: &ast::Term, support: &mut Vec<Expr>) -> Term {
        match &term.kind {
            TermKind::Var(name) => match self.names.declare(name, Occurrence::Assigned) {
                Ok(var) => Term::Var(var),
                Err(message) => {
                    self.error(ErrorCode::Compile, term.span, message);
                    Term::Const(Value::Null)
                }
            },
            TermKind::Array(items) => Term::Array(
                items
                    .iter()
                    .map(|item| self.pattern(item, support))
                    .collect(),
            ),
            TermKind::Object(members) => Term::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.term(key, support), self.pattern(value, support)))
                    .collect(),
            ),
            _ => {
                let what = match &term.kind {
                    TermKind::Call(..) => "call",
                    TermKind::Ref(_) => "ref",
                    TermKind::Null => "null",
                    TermKind::Bool(_) => "boolean",
                    TermKind::Number(_) => "number",
                    TermKind::String(_) => "string",
                    TermKind::Set(_) => "set",
                    TermKind::ArrayComprehension(..) => "arraycomprehension",
                    TermKind::SetComprehension(..) => "setcomprehension",
                    TermKind::ObjectComprehension(..) => "objectcomprehension",
                    _ => "term",
                };
                self.error(
                    ErrorCode::Compile,
                    term.span,
                    format!("cannot assign to {what}"),
                );
                Term::Const(Value::Null)
            }
        }
    }

    fn some_in(
        &mut self,
        key: Option<&ast::Term>,
        value: &ast::Term,
        collection: &ast::Term,
        support: &mut Vec<Expr>,
    ) -> Kind {
        let collection_span = collection.span;
        let collection = self.term(collection, support);
        for (name, span) in key.into_iter().chain([value]).flat_map(pattern_vars) {
            if let Err(message) = self.names.declare(&name, Occurrence::Declared) {
                self.error(ErrorCode::Compile, span, message);
            }
        }
        let key = match key {
            Some(key) => self.term(key, support),
            None => Term::Var(self.names.fresh()),
        };
        let value = self.term(value, support);
        let member = self.select(collection, vec![key], collection_span, support);
        Kind::Unify {
            left: value,
            right: member,
            sort: Equality::Unify,
        }
    }

    fn every(
        &mut self,
        key: Option<&ast::Term>,
        value: &ast::Term,
        domain: &ast::Term,
        body: &[ast::Expr],
        support: &mut Vec<Expr>,
    ) -> Kind {
        let span = domain.span;
        let domain = self.term(domain, support);
        let walked = self.names.fresh();
        support.push(made(
            span,
            Kind::Unify {
                left: Term::Var(walked),
                right: domain,
                sort: Equality::Unify,
            },
        ));
        self.names.enter(declared_in(body));
        let mut declare = |term: &ast::Term| {
            let TermKind::Var(name) = &term.kind else {
                return Err("expected a variable".to_owned());
            };
            self.names.declare(name, Occurrence::Declared)
        };
        let key = key.map(&mut declare).transpose();
        let value = declare(value);
        let body = self.body(body);
        self.names.leave();
        match (key, value) {
            (Ok(key), Ok(value)) => Kind::Every(Box::new(Every {
                key,
                value,
                domain: Term::Var(walked),
                body,
            })),
            (Err(message), _) | (_, Err(message)) => {
                self.error(ErrorCode::Compile, span, message);
                Kind::Term(Term::Const(Value::Null))
            }
        }
    }

    /// `print(..)`: each operand becomes a set that is empty where the operand is undefined.
    fn print(&mut self, operands: &[ast::Term], support: &mut Vec<Expr>) -> Option<Kind> {
        let sets = operands
            .iter()
            .map(|operand| self.defined_or_empty(operand))
            .collect();
        let builtin = self.builtin("internal.print", Span::default())?;
        let all = Term::Var(self.names.fresh());
        support.push(made(
            operands.first().map_or(Span::default(), |first| first.span),
            Kind::Unify {
                left: all.clone(),
                right: Term::Array(sets),
                sort: Equality::Unify,
            },
        ));
        Some(Kind::Call {
            callee: builtin,
            operands: vec![all],
        })
    }

    /// A set with the value of a term, or without any.
    fn defined_or_empty(&mut self, term: &ast::Term) -> Term {
        self.names.enter(HashSet::new());
        let mut body = Vec::new();
        let value = self.term(term, &mut body);
        let member = Term::Var(self.names.fresh());
        body.push(made(
            term.span,
            Kind::Unify {
                left: member.clone(),
                right: value,
                sort: Equality::Unify,
            },
        ));
        self.names.leave();
        Term::Closure(Box::new(Closure {
            gives: Gives::Set(member),
            body,
        }))
    }

    /// A term; what must be evaluated before it is added to `support`.
    pub(crate) fn term(&mut self, term: &ast::Term, support: &mut Vec<Expr>) -> Term {
        match &term.kind {
            TermKind::Null => Term::Const(Value::Null),
            TermKind::Bool(value) => Term::Const(Value::Bool(*value)),
            TermKind::Number(number) => Term::Const(Value::Number(number.clone())),
            TermKind::String(text) => Term::Const(Value::String(Arc::clone(text))),
            TermKind::Var(name) => match self.names.meaning(name, self.globals) {
                Meaning::Var(var) => Term::Var(var),
                Meaning::Document(head, path) => {
                    Term::Ref(head, path.into_iter().map(Term::Const).collect())
                }
            },
            TermKind::Ref(parts) => self.reference(parts, term.span, support),
            TermKind::Call(callee, operands) => self.call(callee, operands, term.span, support),
            TermKind::Array(items) => constant_or(Term::Array(self.terms(items, support))),
            TermKind::Set(items) => constant_or(Term::Set(self.terms(items, support))),
            TermKind::Object(members) => constant_or(Term::Object(
                members
                    .iter()
                    .map(|(key, value)| (self.term(key, support), self.term(value, support)))
                    .collect(),
            )),
            TermKind::ArrayComprehension(item, body) => self.closure(body, |resolver, body| {
                Gives::Array(resolver.given(item, body))
            }),
            TermKind::SetComprehension(item, body) => self.closure(body, |resolver, body| {
                Gives::Set(resolver.given(item, body))
            }),
            TermKind::ObjectComprehension(member, body) => self.closure(body, |resolver, body| {
                let key = resolver.given(&member.0, body);
                Gives::Object(key, resolver.given(&member.1, body))
            }),
            TermKind::Template(parts) => self.template(parts, term.span, support),
        }
    }

    fn terms(&mut self, terms: &[ast::Term], support: &mut Vec<Expr>) -> Vec<Term> {
        terms.iter().map(|term| self.term(term, support)).collect()
    }

    fn closure(
        &mut self,
        body: &[ast::Expr],
        gives: impl FnOnce(&mut Self, &mut Vec<Expr>) -> Gives,
    ) -> Term {
        self.names.enter(declared_in(body));
        let mut body = self.body(body);
        let gives = gives(self, &mut body);
        self.names.leave();
        Term::Closure(Box::new(Closure { gives, body }))
    }

    /// The head of a comprehension, or of a rule; what must be evaluated becomes a variable at the end of the body.
    pub(crate) fn given(&mut self, term: &ast::Term, body: &mut Vec<Expr>) -> Term {
        let mut support = Vec::new();
        let value = self.term(term, &mut support);
        body.append(&mut support);
        if !requires_evaluation(&value) {
            return value;
        }
        let var = Term::Var(self.names.fresh());
        body.push(made(
            term.span,
            Kind::Unify {
                left: var.clone(),
                right: value,
                sort: Equality::Unify,
            },
        ));
        var
    }

    fn template(&mut self, parts: &[TemplatePart], span: Span, support: &mut Vec<Expr>) -> Term {
        let Some(callee) = self.builtin("internal.template_string", span) else {
            return Term::Const(Value::Null);
        };
        let parts = parts
            .iter()
            .map(|part| match part {
                TemplatePart::Text(text) => Term::Const(Value::String(Arc::clone(text))),
                TemplatePart::Term(term) => self.defined_or_empty(term),
            })
            .collect();
        let result = Term::Var(self.names.fresh());
        support.push(made(
            span,
            Kind::Call {
                callee,
                operands: vec![Term::Array(parts), result.clone()],
            },
        ));
        result
    }

    fn reference(&mut self, parts: &[ast::Term], span: Span, support: &mut Vec<Expr>) -> Term {
        let Some((first, rest)) = parts.split_first() else {
            return Term::Const(Value::Null);
        };
        let subject = self.term(first, support);
        let operands = rest.iter().map(|part| self.term(part, support)).collect();
        self.select(subject, operands, span, support)
    }

    /// A reference into a term.
    fn select(
        &mut self,
        subject: Term,
        operands: Vec<Term>,
        span: Span,
        support: &mut Vec<Expr>,
    ) -> Term {
        match subject {
            Term::Var(var) => Term::Ref(Head::Var(var), operands),
            Term::Ref(head, mut path) => {
                path.extend(operands);
                Term::Ref(head, path)
            }
            other => {
                let var = self.names.fresh();
                support.push(made(
                    span,
                    Kind::Unify {
                        left: Term::Var(var),
                        right: other,
                        sort: Equality::Unify,
                    },
                ));
                Term::Ref(Head::Var(var), operands)
            }
        }
    }

    fn call(
        &mut self,
        callee: &ast::Term,
        operands: &[ast::Term],
        span: Span,
        support: &mut Vec<Expr>,
    ) -> Term {
        if let (TermKind::Ref(parts), []) = (&callee.kind, operands)
            && let Some(metadata) = self.metadata_call(parts)
        {
            return Term::Const(metadata);
        }
        let Some(callee) = self.callee(callee, span) else {
            return Term::Const(Value::Null);
        };
        let mut operands = self.terms(operands, support);
        self.check_arity(&callee, operands.len(), false, span);
        let result = Term::Var(self.names.fresh());
        operands.push(result.clone());
        support.push(made(span, Kind::Call { callee, operands }));
        result
    }

    fn metadata_call(&self, parts: &[ast::Term]) -> Option<Value> {
        match dotted(parts)?.as_str() {
            "rego.metadata.rule" => Some(self.metadata?.rule.clone()),
            "rego.metadata.chain" => Some(self.metadata?.chain.clone()),
            _ => None,
        }
    }

    /// A builtin that may be used.
    fn builtin(&mut self, name: &str, span: Span) -> Option<Callee> {
        let Some(builtin) = builtins::lookup(name) else {
            self.error(ErrorCode::Type, span, format!("undefined function {name}"));
            return None;
        };
        if let Err(reason) = self.options.allows(builtin) {
            self.error(ErrorCode::Unsupported, span, reason);
            return None;
        }
        Some(Callee::Builtin(builtin))
    }

    /// The function that a call names.
    fn callee(&mut self, callee: &ast::Term, span: Span) -> Option<Callee> {
        let parts = match &callee.kind {
            TermKind::Ref(parts) => parts.as_slice(),
            _ => std::slice::from_ref(callee),
        };
        let name = dotted(parts);
        let TermKind::Var(first) = &parts.first()?.kind else {
            self.error(ErrorCode::Type, span, "only functions can be called");
            return None;
        };
        if self.names.declared(first).is_some() {
            self.error(
                ErrorCode::Compile,
                span,
                format!(
                    "called function {} shadowed",
                    name.as_deref().unwrap_or(first)
                ),
            );
            return None;
        }
        if let Some(path) = self.function_path(first, parts) {
            return Some(Callee::Function(path));
        }
        self.builtin(&name.unwrap_or_else(|| first.to_string()), span)
    }

    /// The path below `data` that the parts of a reference name, if they name one.
    fn function_path(&self, first: &Arc<str>, parts: &[ast::Term]) -> Option<Path> {
        let mut path = match (&**first, self.globals.get(first)) {
            ("data", _) => Vec::new(),
            (_, Some((Head::Data, path))) => path.clone(),
            _ => return None,
        };
        for part in parts.get(1..)? {
            match &part.kind {
                TermKind::String(text) => path.push(Value::String(Arc::clone(text))),
                _ => return None,
            }
        }
        Some(path.into())
    }

    fn check_arity(&mut self, callee: &Callee, given: usize, statement: bool, span: Span) {
        let (name, arity) = match callee {
            Callee::Builtin(builtin) => (builtin.name.to_owned(), Some(builtin.arity())),
            Callee::Function(path) => (path_text(path), self.tree.arity(path)),
        };
        let Some(arity) = arity else {
            self.error(ErrorCode::Type, span, format!("undefined function {name}"));
            return;
        };
        if given != arity && !(statement && given == arity + 1) {
            self.error(
                ErrorCode::Type,
                span,
                format!("function {name} has arity {arity}, got {given} arguments"),
            );
        }
    }

    fn with(&mut self, with: &[ast::With], exprs: &mut Vec<Expr>) -> Vec<With> {
        with.iter()
            .filter_map(|with| self.replacement(with, exprs))
            .collect()
    }

    fn replacement(&mut self, with: &ast::With, exprs: &mut Vec<Expr>) -> Option<With> {
        let target = self.target(&with.target)?;
        let value = match &target {
            Target::Input(_) => None,
            Target::Data(path) => {
                if let Some(message) = self.tree.cannot_replace(path) {
                    self.error(ErrorCode::Compile, with.span, message);
                    return None;
                }
                self.function_value(&with.value)
                    .filter(|callee| matches!(callee, Callee::Function(_)))
            }
            Target::Function(_) | Target::Builtin(_) => self.function_value(&with.value),
        };
        let value = match value {
            Some(callee) => Replacement::Function(callee),
            None => Replacement::Term(self.given(&with.value, exprs)),
        };
        Some(With { target, value })
    }

    fn target(&mut self, target: &ast::Term) -> Option<Target> {
        let parts = match &target.kind {
            TermKind::Ref(parts) => parts.as_slice(),
            _ => std::slice::from_ref(target),
        };
        let found = self.target_of(parts);
        if found.is_none() {
            self.error(
                ErrorCode::Type,
                target.span,
                "with keyword target must reference existing input, data, or a function",
            );
        }
        found
    }

    fn target_of(&self, parts: &[ast::Term]) -> Option<Target> {
        let TermKind::Var(first) = &parts.first()?.kind else {
            return None;
        };
        let rest = parts.get(1..)?;
        let strings = || -> Option<Vec<Arc<str>>> {
            rest.iter()
                .map(|part| match &part.kind {
                    TermKind::String(text) => Some(Arc::clone(text)),
                    _ => None,
                })
                .collect()
        };
        if &**first == "input" {
            return Some(Target::Input(strings()?));
        }
        match self.globals.get(first) {
            Some((Head::Input, path)) => {
                let mut all: Vec<Arc<str>> = path
                    .iter()
                    .filter_map(|key| match key {
                        Value::String(text) => Some(Arc::clone(text)),
                        _ => None,
                    })
                    .collect();
                all.extend(strings()?);
                return Some(Target::Input(all));
            }
            Some((Head::Data, _)) => {}
            _ if &**first == "data" => {}
            _ => {
                let name = dotted(parts)?;
                let builtin = builtins::lookup(&name)?;
                return replaceable(builtin).then_some(Target::Builtin(builtin));
            }
        }
        let path = self.function_path(first, parts)?;
        Some(if self.tree.arity(&path).is_some() {
            Target::Function(path)
        } else {
            Target::Data(path)
        })
    }

    /// The function that a replacement names without calling it.
    fn function_value(&self, value: &ast::Term) -> Option<Callee> {
        let parts = match &value.kind {
            TermKind::Ref(parts) => parts.as_slice(),
            TermKind::Var(_) => std::slice::from_ref(value),
            _ => return None,
        };
        let TermKind::Var(first) = &parts.first()?.kind else {
            return None;
        };
        if self.names.declared(first).is_some() {
            return None;
        }
        if let Some(path) = self.function_path(first, parts) {
            return self.tree.arity(&path).map(|_| Callee::Function(path));
        }
        let builtin = builtins::lookup(&dotted(parts)?)?;
        self.options
            .allows(builtin)
            .is_ok()
            .then_some(Callee::Builtin(builtin))
    }
}

/// Builtins whose meaning the language rests on cannot be replaced.
fn replaceable(builtin: &Builtin) -> bool {
    !matches!(
        builtin.name,
        "eq" | "walk" | "rego.metadata.chain" | "rego.metadata.rule"
    ) && !builtin.name.starts_with("internal.")
}

/// An expression that the compiler adds.
pub(crate) fn made(span: Span, kind: Kind) -> Expr {
    Expr {
        span,
        negated: false,
        kind,
        with: Vec::new(),
    }
}

/// Whether a term is more than a constant, a variable or a collection of them.
fn requires_evaluation(term: &Term) -> bool {
    match term {
        Term::Const(_) | Term::Var(_) => false,
        Term::Ref(..) | Term::Closure(_) => true,
        Term::Array(items) | Term::Set(items) => items.iter().any(requires_evaluation),
        Term::Object(members) => members
            .iter()
            .any(|(key, value)| requires_evaluation(key) || requires_evaluation(value)),
    }
}

/// Collections of constants are constants.
fn constant_or(term: Term) -> Term {
    let constant = |term: &Term| match term {
        Term::Const(value) => Some(value.clone()),
        _ => None,
    };
    let value = match &term {
        Term::Array(items) => items
            .iter()
            .map(constant)
            .collect::<Option<Vec<Value>>>()
            .map(|items| Value::Array(items.into())),
        Term::Set(items) => items
            .iter()
            .map(constant)
            .collect::<Option<Vec<Value>>>()
            .map(|items| Value::Set(Arc::new(crate::Set::from_members(items)))),
        Term::Object(members) => members
            .iter()
            .map(|(key, value)| Some((constant(key)?, constant(value)?)))
            .collect::<Option<Vec<_>>>()
            .map(|members| Value::Object(Arc::new(crate::Object::from_entries(members)))),
        _ => None,
    };
    value.map_or(term, Term::Const)
}

/// `a.b.c` as text, if every part after the first is a string.
fn dotted(parts: &[ast::Term]) -> Option<String> {
    let mut name = String::new();
    for part in parts {
        let (TermKind::Var(text) | TermKind::String(text)) = &part.kind else {
            return None;
        };
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(text);
    }
    Some(name)
}

/// A path below `data` as text.
pub(crate) fn path_text(path: &[Value]) -> String {
    let mut text = "data".to_owned();
    for key in path {
        match key {
            Value::String(key) if is_identifier(key) => {
                text.push('.');
                text.push_str(key);
            }
            key => {
                text.push('[');
                text.push_str(&key.to_json().to_string());
                text.push(']');
            }
        }
    }
    text
}

fn is_identifier(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !text.is_empty()
}

/// The variables that a pattern of `some .. in` declares.
fn pattern_vars(term: &ast::Term) -> Vec<(Arc<str>, Span)> {
    match &term.kind {
        TermKind::Var(name) => vec![(Arc::clone(name), term.span)],
        TermKind::Array(items) => items.iter().flat_map(pattern_vars).collect(),
        TermKind::Object(members) => members
            .iter()
            .flat_map(|(_, value)| pattern_vars(value))
            .collect(),
        _ => Vec::new(),
    }
}

/// The names that a body itself declares, not those of bodies inside of it.
pub(crate) fn declared_in(body: &[ast::Expr]) -> HashSet<Arc<str>> {
    let mut names = HashSet::new();
    for expr in body {
        match &expr.kind {
            ExprKind::SomeDeclaration(vars) => {
                names.extend(vars.iter().flat_map(pattern_vars).map(|(name, _)| name));
            }
            ExprKind::SomeIn { key, value, .. } => {
                names.extend(
                    key.iter()
                        .chain([value])
                        .flat_map(pattern_vars)
                        .map(|(name, _)| name),
                );
            }
            ExprKind::Term(ast::Term {
                kind: TermKind::Call(callee, operands),
                ..
            }) if matches!(&callee.kind, TermKind::Var(name) if &**name == "assign") => {
                names.extend(
                    operands
                        .first()
                        .into_iter()
                        .flat_map(pattern_vars)
                        .map(|(name, _)| name),
                );
            }
            _ => {}
        }
    }
    names
}
