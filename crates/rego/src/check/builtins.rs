//! Calls of builtins that version 1 no longer has, or that give no value where one is needed.

use std::{collections::HashSet, sync::Arc};

use super::Checker;
use crate::{
    ErrorCode, Span,
    ast::{ExprKind, Term, TermKind},
    builtins,
    walk::{self, Node},
};

impl Checker<'_, '_> {
    /// `known` are the names that mean something else than a builtin.
    pub(super) fn deprecated_builtins(&mut self, known: &HashSet<Arc<str>>) {
        let mut found: Vec<(Span, String)> = Vec::new();
        for rule in &self.module.rules {
            walk::rule(rule, &mut |node| {
                if let Node::Term(term) = node
                    && let TermKind::Call(function, _) = &term.kind
                    && let Some(name) = walk::function_name(function)
                    && builtins::lookup(&name).is_some_and(|builtin| builtin.is_deprecated)
                    && !known.contains(&*name)
                {
                    found.push((function.span, name));
                }
            });
        }
        for (span, name) in found {
            self.error(
                ErrorCode::Type,
                span,
                format!("deprecated built-in function calls in expression: {name}"),
            );
        }
    }

    /// Calls without a value, as `print`, must be expressions of their own.
    pub(super) fn void_calls(&mut self) {
        let mut found: Vec<(Span, String)> = Vec::new();
        for rule in &self.module.rules {
            let mut whole: HashSet<*const Term> = HashSet::new();
            walk::rule(rule, &mut |node| match node {
                Node::Expr(expr) => {
                    if let ExprKind::Term(term) = &expr.kind {
                        whole.insert(term);
                    }
                }
                Node::Term(term) => {
                    if let TermKind::Call(function, _) = &term.kind
                        && let Some(name) = walk::function_name(function)
                        && builtins::lookup(&name).is_some_and(|builtin| builtin.result.is_none())
                        && !whole.contains(&std::ptr::from_ref(term))
                    {
                        found.push((term.span, name));
                    }
                }
                Node::Root(_) => {}
            });
        }
        for (span, name) in found {
            self.error(
                ErrorCode::Type,
                span,
                format!("{name}(...) used as value, but it gives none"),
            );
        }
    }
}
