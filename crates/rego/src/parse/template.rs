//! Template strings: `$"text {term}"`, and with backquotes.

use std::sync::Arc;

use super::{Kind, Parsed, Parser, infix::binary};
use crate::{
    Number,
    ast::{Expr, ExprKind, TemplatePart, Term, TermKind, Version, With},
};

impl Parser<'_> {
    pub(super) fn template(&mut self) -> Parsed<Term> {
        let start = self.span();
        if self.version == Version::V0 {
            return Err(self.error(
                start,
                "template strings need version 1 of Rego; use `sprintf` here",
            ));
        }
        let mut parts = Vec::new();
        let mut tallest = 0;
        loop {
            let Kind::Template { raw, first, last } = self.kind() else {
                return Err(self.unexpected("the rest of the template string"));
            };
            let text = self.text(self.span());
            let inner = text
                .get(if first { 2 } else { 0 }..text.len().saturating_sub(1))
                .unwrap_or("");
            let text = self.template_text(inner, raw)?;
            if !text.is_empty() {
                parts.push(TemplatePart::Text(text));
            }
            self.advance();
            if last {
                self.grow(tallest, start)?;
                return Ok(Term {
                    span: self.since(start),
                    kind: TermKind::Template(parts),
                });
            }
            parts.push(TemplatePart::Term(self.interpolated()?));
            tallest = tallest.max(self.height);
            if self.kind() != Kind::RightBrace {
                return Err(self.unexpected(
                    "an operator or the `}` that ends the expression in a template string",
                ));
            }
            self.advance();
        }
    }

    /// The text without escapes: `\{` everywhere, those of JSON where it is not raw.
    fn template_text(&mut self, inner: &str, raw: bool) -> Parsed<Arc<str>> {
        if !inner.contains('\\') {
            return Ok(Arc::from(inner));
        }
        let mut plain = String::with_capacity(inner.len());
        let mut rest = inner.chars();
        while let Some(next) = rest.next() {
            if next != '\\' {
                plain.push(next);
                continue;
            }
            match rest.clone().next() {
                Some('{') => {}
                Some(other) if !raw => {
                    plain.push('\\');
                    plain.push(other);
                    rest.next();
                }
                _ => plain.push('\\'),
            }
        }
        if raw {
            Ok(Arc::from(plain))
        } else {
            self.unescaped(&plain)
        }
    }

    /// The expression between braces: a value, not a condition.
    fn interpolated(&mut self) -> Parsed<Term> {
        if self.kind() == Kind::RightBrace {
            return Err(self.error(
                self.span(),
                "a template string needs an expression between braces; write `\\{` for a brace",
            ));
        }
        let expr = self.nested(Self::literal)?;
        let problem = match &expr.kind {
            _ if expr.is_negated => "`not` gives no value",
            ExprKind::SomeDeclaration(_) | ExprKind::SomeIn { .. } => "`some` gives no value",
            ExprKind::Every { .. } => "`every` gives no value",
            ExprKind::Term(term) => match operator(term) {
                Some("eq") => "`=` gives no value, `==` compares",
                Some("assign") => "`:=` gives no value, `==` compares",
                _ => "",
            },
        };
        if !problem.is_empty() {
            return Err(self.error(
                expr.span,
                format!("{problem}; a template string needs one between braces"),
            ));
        }
        match expr.kind {
            ExprKind::Term(term) if expr.with.is_empty() => Ok(term),
            ExprKind::Term(term) => self.replaced(term, expr.with),
            _ => Err(self.error(expr.span, "a template string needs a term between braces")),
        }
    }
}

impl Parser<'_> {
    /// A term whose value is that of another under `with`: `[x | x = term with ..][0]`.
    fn replaced(&mut self, term: Term, with: Vec<With>) -> Parsed<Term> {
        let span = term.span;
        let variable = Term {
            span,
            kind: TermKind::Var(self.wildcard()),
        };
        self.grow(self.height + 3, span)?;
        let only = Expr {
            span,
            is_negated: false,
            kind: ExprKind::Term(binary("eq", span, variable.clone(), term)),
            with,
        };
        let values = TermKind::ArrayComprehension(Box::new(variable), vec![only]);
        let first = TermKind::Number(Number::from(0));
        let parts = [values, first].map(|kind| Term { span, kind });
        Ok(Term {
            span,
            kind: TermKind::Ref(parts.into()),
        })
    }
}

/// The name of the builtin that an infix term calls.
fn operator(term: &Term) -> Option<&str> {
    match &term.kind {
        TermKind::Call(function, _) => match &function.kind {
            TermKind::Var(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}
