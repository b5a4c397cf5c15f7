//! The one walk over the syntax of rules, for all who look for something in it.

use std::sync::Arc;

use crate::{
    Span,
    ast::{Body, Expr, ExprKind, Rule, TemplatePart, Term, TermKind},
};

/// What stands in a tree; a visitor is shown a node before those inside of it.
#[derive(Clone, Copy, Debug)]
pub enum Node<'a> {
    /// An expression of a body.
    Expr(&'a Expr),
    /// A term, wherever it stands.
    Term(&'a Term),
    /// The variable that a reference begins with; the reference was shown just before.
    Root(&'a Term),
}

/// A visitor.
pub type Visit<'v, 'a> = dyn FnMut(Node<'a>) + 'v;

impl<'a> Node<'a> {
    /// The name of a variable, alone or at the beginning of a reference.
    pub(crate) fn variable(self) -> Option<&'a Arc<str>> {
        let (Self::Term(term) | Self::Root(term)) = self else {
            return None;
        };
        match &term.kind {
            TermKind::Var(name) => Some(name),
            _ => None,
        }
    }

    /// What is referred to, once for each variable and each reference that begins with one: where it stands, the
    /// name at its beginning, and the keys behind that.
    pub fn reference(self) -> Option<(Span, &'a Arc<str>, &'a [Term])> {
        let Self::Term(term) = self else {
            return None;
        };
        let (first, keys) = match &term.kind {
            TermKind::Var(name) => return Some((term.span, name, &[])),
            TermKind::Ref(parts) => parts.split_first()?,
            _ => return None,
        };
        match &first.kind {
            TermKind::Var(name) => Some((term.span, name, keys)),
            _ => None,
        }
    }
}

/// The head and body of a rule and of all that follow it after `else`.
pub fn rule<'a>(rule: &'a Rule, visit: &mut Visit<'_, 'a>) {
    let mut next = Some(rule);
    while let Some(rule) = next {
        head(rule, visit);
        body(&rule.body, visit);
        next = rule.otherwise.as_deref();
    }
}

/// All terms of a head but the name.
pub(crate) fn head<'a>(rule: &'a Rule, visit: &mut Visit<'_, 'a>) {
    let parts = rule.head.reference.iter().skip(1);
    let parameters = rule.head.parameters.iter().flatten();
    let result = rule.head.key.iter().chain(&rule.head.value);
    for part in parts.chain(parameters).chain(result) {
        term(part, visit);
    }
}

/// A body and all in it.
pub(crate) fn body<'a>(body: &'a Body, visit: &mut Visit<'_, 'a>) {
    for one in body {
        expr(one, visit);
    }
}

fn expr<'a>(expr: &'a Expr, visit: &mut Visit<'_, 'a>) {
    visit(Node::Expr(expr));
    match &expr.kind {
        ExprKind::Term(said) => term(said, visit),
        ExprKind::SomeDeclaration(names) => {
            for name in names {
                term(name, visit);
            }
        }
        ExprKind::SomeIn {
            key,
            value,
            collection,
        } => {
            for part in key.iter().chain([value, collection]) {
                term(part, visit);
            }
        }
        ExprKind::Every {
            key,
            value,
            domain,
            body: inner,
        } => {
            for part in key.iter().chain([value, domain]) {
                term(part, visit);
            }
            body(inner, visit);
        }
    }
    for with in &expr.with {
        term(&with.target, visit);
        term(&with.value, visit);
    }
}

/// A term and all in it.
pub(crate) fn term<'a>(whole: &'a Term, visit: &mut Visit<'_, 'a>) {
    visit(Node::Term(whole));
    match &whole.kind {
        TermKind::Null
        | TermKind::Bool(_)
        | TermKind::Number(_)
        | TermKind::String(_)
        | TermKind::Var(_) => {}
        TermKind::Ref(parts) => {
            let (root, keys) = match parts.split_first() {
                Some((first, keys)) if matches!(first.kind, TermKind::Var(_)) => {
                    (Some(first), keys)
                }
                _ => (None, parts.as_slice()),
            };
            if let Some(root) = root {
                visit(Node::Root(root));
            }
            for key in keys {
                term(key, visit);
            }
        }
        TermKind::Array(items) | TermKind::Set(items) => {
            for item in items {
                term(item, visit);
            }
        }
        TermKind::Call(function, operands) => {
            term(function, visit);
            for operand in operands {
                term(operand, visit);
            }
        }
        TermKind::Object(pairs) => {
            for (key, value) in pairs {
                term(key, visit);
                term(value, visit);
            }
        }
        TermKind::ArrayComprehension(head, inner) | TermKind::SetComprehension(head, inner) => {
            term(head, visit);
            body(inner, visit);
        }
        TermKind::ObjectComprehension(head, inner) => {
            term(&head.0, visit);
            term(&head.1, visit);
            body(inner, visit);
        }
        TermKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Term(inner) = part {
                    term(inner, visit);
                }
            }
        }
    }
}

/// The name of the function that a call names, with dots; `None` if it is no plain name.
pub(crate) fn function_name(function: &Term) -> Option<String> {
    match &function.kind {
        TermKind::Var(name) => Some(name.to_string()),
        TermKind::Ref(parts) => {
            let mut whole = String::new();
            for part in parts {
                let (TermKind::Var(name) | TermKind::String(name)) = &part.kind else {
                    return None;
                };
                if !whole.is_empty() {
                    whole.push('.');
                }
                whole.push_str(name);
            }
            Some(whole)
        }
        _ => None,
    }
}
