//! Names that hide `input` or `data`.

use super::Checker;
use crate::{
    ErrorCode, Span,
    ast::{ExprKind, Term, TermKind},
    walk::{self, Node},
};

fn root(term: &Term) -> Option<&str> {
    match &term.kind {
        TermKind::Var(name) if matches!(&**name, "input" | "data") => Some(name),
        _ => None,
    }
}

impl Checker<'_, '_> {
    /// In version 0 a rule may take the place of `input` or `data` in its package. Nobody means that.
    pub(super) fn hidden_roots(&mut self) {
        let module = self.module;
        for rule in &module.rules {
            if let Some(name) = rule.head.reference.first().and_then(root) {
                self.error(
                    ErrorCode::Unsupported,
                    rule.span,
                    format!(
                        "a rule named {name} hides the document of that name, use a different name"
                    ),
                );
            }
        }
    }

    pub(super) fn overridden_roots(&mut self) {
        let mut found: Vec<(Span, &str, String)> = Vec::new();
        for rule in &self.module.rules {
            if let Some(name) = rule.head.reference.first().and_then(root) {
                found.push((
                    rule.span,
                    "rules",
                    format!("{name} (use a different rule name)"),
                ));
            }
            for parameter in rule.head.parameters.iter().flatten() {
                if let Some(name) = root(parameter) {
                    let name = format!("{name} (use a different variable name)");
                    found.push((parameter.span, "args", name));
                }
            }
            walk::rule(rule, &mut |node| {
                if let Node::Expr(expr) = node
                    && let ExprKind::Term(term) = &expr.kind
                    && let TermKind::Call(function, operands) = &term.kind
                    && matches!(&function.kind, TermKind::Var(name) if &**name == "assign")
                    && let Some(name) = operands.first().and_then(root)
                {
                    let name = format!("{name} (use a different variable name)");
                    found.push((expr.span, "variables", name));
                }
            });
        }
        for (span, what, name) in found {
            self.error(
                ErrorCode::Compile,
                span,
                format!("{what} must not shadow {name}"),
            );
        }
    }
}
