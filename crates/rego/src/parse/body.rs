//! Bodies: expressions, `some`, `every`, `not`, `with`.

use super::{Kind, Parsed, Parser, infix::binary};
use crate::{
    ErrorCode, Span,
    ast::{Body, Expr, ExprKind, Term, TermKind, With},
};

impl Parser<'_> {
    /// Expressions up to a closing token, which is left.
    pub(super) fn body(&mut self, end: Kind) -> Parsed<Body> {
        if self.kind() == end {
            return Err(self.error(
                self.span(),
                "a body without an expression; write `true` if it always holds",
            ));
        }
        let first = self.literal()?;
        self.body_from(first, end)
    }

    /// The rest of a body whose first expression was read.
    pub(super) fn body_from(&mut self, first: Expr, end: Kind) -> Parsed<Body> {
        let mut tallest = self.height;
        let mut body = vec![first];
        loop {
            if !self.eat(Kind::Semicolon) {
                if self.kind() == end {
                    self.height = tallest;
                    return Ok(body);
                }
                if !self.token().on_new_line {
                    return Err(self.unended(end));
                }
            }
            body.push(self.literal()?);
            tallest = tallest.max(self.height);
        }
    }

    /// An expression is followed by something that cannot follow it.
    fn unended(&mut self, end: Kind) -> super::Failed {
        let close = match end {
            Kind::RightBrace => " or `}`",
            Kind::RightBracket => " or `]`",
            _ => "",
        };
        let hint = match (self.kind(), self.text(self.span())) {
            (Kind::Ident, "in") => " (in this version `x in xs` needs `import future.keywords.in`)",
            (Kind::Ident, "and") => " (`x and y` needs `import future.keywords.and`)",
            (Kind::Ident, "or") => " (`x or y` needs `import future.keywords.or`)",
            _ => "",
        };
        self.unexpected(&format!("an operator, a newline, `;`{close}{hint}"))
    }

    /// One expression with its modifiers.
    pub(super) fn literal(&mut self) -> Parsed<Expr> {
        let start = self.span();
        if let Some(expr) = self.logical_start(start)? {
            return Ok(expr);
        }
        let is_negated = !self.take_keyword_as_name() && self.eat(Kind::Not);
        if is_negated && self.is_not_ambiguous && self.kind() == Kind::LeftBrace {
            return Err(self.error_of(
                ErrorCode::Unsupported,
                self.span(),
                "`not {` after `import future.keywords` is a set or a body, depending on the version of OPA; \
                 import the keywords by their names",
            ));
        }
        let word = match self.kind() {
            Kind::Some => "some",
            Kind::Every => "every",
            _ if is_negated && self.keywords.has_not_bodies() => return self.not_body(start),
            _ => {
                let lead = self.infix()?;
                let mut expr = self.expression_from(start, lead)?;
                expr.is_negated = is_negated;
                return self.logical_rest(start, expr);
            }
        };
        if is_negated {
            return Err(self.error(
                self.span(),
                format!("`not` cannot stand before `{word}`; put the expression in a rule of its own and negate that"),
            ));
        }
        if word == "some" {
            self.some()
        } else {
            self.every()
        }
    }

    /// The rest of an expression after its first term: `:=` or `=` and the other side, then `with`.
    pub(super) fn expression_from(&mut self, start: Span, lead: Term) -> Parsed<Expr> {
        let expr = self.compared(start, lead)?;
        self.modified(start, expr.kind)
    }

    /// The rest of an expression after its first term, without `with`.
    pub(super) fn compared(&mut self, start: Span, lead: Term) -> Parsed<Expr> {
        let name = match self.kind() {
            Kind::Assign => Some("assign"),
            Kind::Unify => Some("eq"),
            _ => None,
        };
        let term = if let Some(name) = name {
            let (height, operator) = (self.height, self.span());
            self.advance();
            let right = self.infix()?;
            self.grow(height.max(self.height), operator)?;
            binary(name, operator, lead, right)
        } else {
            lead
        };
        Ok(Expr {
            span: self.since(start),
            is_negated: false,
            kind: ExprKind::Term(term),
            with: Vec::new(),
        })
    }

    /// The expression with the `with` modifiers that follow it.
    fn modified(&mut self, start: Span, kind: ExprKind) -> Parsed<Expr> {
        let with = self.modifiers()?;
        Ok(Expr {
            span: self.since(start),
            is_negated: false,
            kind,
            with,
        })
    }

    /// `with .. as ..`, any number of times.
    pub(super) fn modifiers(&mut self) -> Parsed<Vec<With>> {
        let mut tallest = self.height;
        let mut with = Vec::new();
        while self.kind() == Kind::With {
            let start = self.span();
            self.advance();
            if self.kind() != Kind::Ident {
                return Err(self.unexpected(
                    "what to replace: a reference below `input` or `data`, or a function",
                ));
            }
            let target = self.term()?;
            if !matches!(target.kind, TermKind::Var(_) | TermKind::Ref(_)) {
                return Err(self.error(
                    target.span,
                    "only a reference below `input` or `data`, or a function, can be replaced",
                ));
            }
            tallest = tallest.max(self.height);
            self.expect(Kind::As, "`as` and the value that stands in")?;
            let value = self.infix()?;
            tallest = tallest.max(self.height);
            with.push(With {
                span: self.since(start),
                target,
                value,
            });
        }
        self.height = tallest + 1;
        Ok(with)
    }

    /// `some x, y` or `some x in xs`.
    fn some(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.advance();
        if let Some(names) = self.declared() {
            self.height = 1;
            return Ok(Expr {
                span: self.since(start),
                is_negated: false,
                kind: ExprKind::SomeDeclaration(names),
                with: Vec::new(),
            });
        }
        let term = self.infix()?;
        let span = term.span;
        match membership(term) {
            Some((key, value, collection)) => {
                let kind = ExprKind::SomeIn {
                    key,
                    value,
                    collection,
                };
                self.modified(start, kind)
            }
            None if self.text(self.span()) == "in" => {
                Err(self.unexpected("the end of the names (in this version `some x in xs` needs `import future.keywords.in`)"))
            }
            None => Err(self.error(
                span,
                "`some` declares names, as in `some x, y`, or walks a collection, as in `some x in xs`",
            )),
        }
    }

    /// The names of a declaration, if this is one and no pattern before `in`.
    fn declared(&mut self) -> Option<Vec<Term>> {
        let mut end = self.at;
        loop {
            if self.kind_at(end) != Kind::Ident {
                return None;
            }
            let next = self.token_at(end + 1);
            match self.kind_at(end + 1) {
                Kind::Comma => end += 2,
                Kind::In => return None,
                Kind::Dot | Kind::LeftBracket | Kind::LeftParen if !next.spaced => return None,
                _ => break,
            }
        }
        let mut names = Vec::new();
        loop {
            names.push(self.variable());
            if self.at > end {
                return Some(names);
            }
            self.advance();
        }
    }

    /// `every x in xs { .. }`.
    fn every(&mut self) -> Parsed<Expr> {
        let start = self.span();
        self.advance();
        let term = self.infix()?;
        let (span, tallest) = (term.span, self.height);
        let Some((key, value, domain)) = membership(term) else {
            return Err(self.error(span, "`every` needs names and a collection, as in `every x in xs { .. }` or `every k, v in xs { .. }`"));
        };
        for name in key.iter().chain([&value]) {
            if !matches!(name.kind, TermKind::Var(_)) {
                return Err(self.error(
                    name.span,
                    "`every` takes only names before `in`; take the value apart in its body",
                ));
            }
        }
        if self.kind() != Kind::LeftBrace {
            return Err(self.unexpected("`{` and what must hold for each"));
        }
        self.advance();
        let body = self.nested(|parser| parser.body(Kind::RightBrace))?;
        self.advance();
        self.height = tallest.max(self.height);
        let kind = ExprKind::Every {
            key,
            value,
            domain,
            body,
        };
        self.modified(start, kind)
    }
}

/// Takes `value in collection` or `key, value in collection` apart.
fn membership(term: Term) -> Option<(Option<Term>, Term, Term)> {
    let TermKind::Call(function, operands) = term.kind else {
        return None;
    };
    let TermKind::Ref(parts) = &function.kind else {
        return None;
    };
    let is_operator = matches!(parts.last(), Some(Term { kind: TermKind::String(name), .. })
        if name.starts_with("member_"))
        && matches!(parts.first(), Some(Term { kind: TermKind::Var(name), .. }) if &**name == "internal");
    let mut operands = operands.into_iter();
    match (is_operator, operands.len()) {
        (true, 2) => Some((None, operands.next()?, operands.next()?)),
        (true, 3) => Some((operands.next(), operands.next()?, operands.next()?)),
        _ => None,
    }
}
