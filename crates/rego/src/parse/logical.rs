//! `and`, `or` and `not` with bodies: keywords that have to be imported, and come with `import rego.v2`.
//!
//! An operand is a body that holds or not, whatever its variables are: it is read as `every _ in [0] { .. }`, which
//! holds once, keeps its variables to itself, and ends at the first solution. So `{a} and {b}` is
//! `every _ in [0] { every _ in [0] {a}; every _ in [0] {b} }`, and `or` is that with three times `not`.

use std::sync::Arc;

use super::{Kind, Parsed, Parser};
use crate::{
    Number, Span,
    ast::{Body, Expr, ExprKind, Term, TermKind},
    builtins,
};

/// What stands on one side of an operator, or behind `not`.
pub(super) struct Operand {
    body: Body,
    height: u32,
    span: Span,
}

impl Parser<'_> {
    /// Whether `and` or `or` are keywords here.
    fn knows_logical(&self) -> bool {
        self.keywords.knows(Kind::AndWord) || self.keywords.knows(Kind::OrWord)
    }

    /// At the start of an expression: an operand in braces or parentheses and what follows it, if it is one.
    pub(super) fn logical_start(&mut self, start: Span) -> Parsed<Option<Expr>> {
        if !self.is_operand_next() {
            return Ok(None);
        }
        let operand = self.operand_of("and")?;
        self.logical_tail(start, operand).map(Some)
    }

    /// Whether braces or parentheses here are an operand.
    pub(super) fn is_operand_next(&self) -> bool {
        self.knows_logical()
            && match self.kind() {
                Kind::LeftBrace => self
                    .closing(self.at)
                    .is_some_and(|end| is_operator(self.kind_at(end + 1))),
                Kind::LeftParen => self.is_group(self.at),
                _ => false,
            }
    }

    /// After an expression that is no operand in braces: operators, if there are any.
    pub(super) fn logical_rest(&mut self, start: Span, expr: Expr) -> Parsed<Expr> {
        if !is_operator(self.kind()) {
            return Ok(expr);
        }
        if let Some(with) = expr.with.first() {
            let word = self.text(self.span());
            return Err(self.error(
                with.span,
                format!(
                    "`with` cannot stand before `{word}`; move it behind the whole expression, or put the operand in parentheses"
                ),
            ));
        }
        if !expr.is_negated && self.text(expr.span).starts_with('{') {
            return Err(self.error(
                expr.span,
                "braces before `and` and `or` hold a body; put a value in parentheses",
            ));
        }
        let operand = Operand {
            height: self.height,
            span: expr.span,
            body: vec![expr],
        };
        self.logical_tail(start, operand)
    }

    /// `not` with a body, once `future.keywords.not` is imported: behind the word.
    pub(super) fn not_body(&mut self, start: Span) -> Parsed<Expr> {
        let is_whole = match self.kind() {
            Kind::LeftBrace => true,
            Kind::LeftParen => self.knows_logical() && self.is_group(self.at),
            _ => false,
        };
        if is_whole {
            let operand = self.operand_of("not")?;
            let negated = self.negation(start, operand)?;
            return self.logical_tail(start, negated);
        }
        let inner_start = self.span();
        let lead = self.infix()?;
        let mut expr = self.expression_from(inner_start, lead)?;
        let with = std::mem::take(&mut expr.with);
        let height = self.height;
        let mut negated = self.negation(
            start,
            Operand {
                span: expr.span,
                body: vec![expr],
                height,
            },
        )?;
        if let Some(expr) = negated.body.first_mut() {
            expr.with = with;
        }
        self.height = negated.height;
        match negated.body.pop() {
            Some(expr) => self.logical_rest(start, expr),
            None => Err(self.unexpected("an expression")),
        }
    }

    fn negation(&mut self, start: Span, operand: Operand) -> Parsed<Operand> {
        let mut expr = self.holds(operand)?;
        expr.span = self.since(start);
        expr.is_negated = !expr.is_negated;
        Ok(Operand {
            span: expr.span,
            height: self.height,
            body: vec![expr],
        })
    }

    /// Operators and operands behind the first one, then `with`, which is for all of them.
    fn logical_tail(&mut self, start: Span, first: Operand) -> Parsed<Expr> {
        let mut expr = self.alternatives(first)?;
        if self.kind() == Kind::With {
            expr.with = self.modifiers()?;
        }
        expr.span = self.since(start);
        Ok(expr)
    }

    /// `a or b and c`: `and` binds more.
    fn alternatives(&mut self, first: Operand) -> Parsed<Expr> {
        let mut left = self.conjunction(first)?;
        if self.kind() != Kind::OrWord {
            return self.single(left);
        }
        let mut branches = Vec::new();
        let mut tallest = 0;
        let start = left.span;
        loop {
            self.check_void(&left, "or")?;
            let mut branch = self.holds(left)?;
            tallest = tallest.max(self.height);
            branch.is_negated = !branch.is_negated;
            branches.push(branch);
            if !self.eat(Kind::OrWord) {
                break;
            }
            let operand = self.operand_of("or")?;
            left = self.conjunction(operand)?;
        }
        let mut expr = self.holds(Operand {
            body: branches,
            height: tallest,
            span: self.since(start),
        })?;
        expr.is_negated = true;
        Ok(expr)
    }

    fn conjunction(&mut self, first: Operand) -> Parsed<Operand> {
        if self.kind() != Kind::AndWord {
            return Ok(first);
        }
        let start = first.span;
        let mut parts = Vec::new();
        let mut tallest = 0;
        let mut next = first;
        loop {
            self.check_void(&next, "and")?;
            parts.push(self.holds(next)?);
            tallest = tallest.max(self.height);
            if !self.eat(Kind::AndWord) {
                break;
            }
            next = self.operand_of("and")?;
        }
        Ok(Operand {
            body: parts,
            height: tallest,
            span: self.since(start),
        })
    }

    /// The one expression that an operand alone is.
    fn single(&mut self, mut operand: Operand) -> Parsed<Expr> {
        self.height = operand.height;
        match (operand.body.len(), operand.body.pop()) {
            (1, Some(expr)) => Ok(expr),
            (_, last) => {
                operand.body.extend(last);
                self.holds(operand)
            }
        }
    }

    /// `every _ in [0] { body }`.
    fn holds(&mut self, operand: Operand) -> Parsed<Expr> {
        let Operand { body, height, span } = operand;
        self.grow(height + 1, span)?;
        let name = self.wildcard();
        let zero = Term {
            span,
            kind: TermKind::Number(Number::from(0)),
        };
        Ok(Expr {
            span,
            is_negated: false,
            kind: ExprKind::Every {
                key: None,
                value: Term {
                    span,
                    kind: TermKind::Var(Arc::clone(&name)),
                },
                domain: Term {
                    span,
                    kind: TermKind::Array(vec![zero]),
                },
                body,
            },
            with: Vec::new(),
        })
    }

    /// One operand: a body in braces, a group in parentheses, or an expression without `with`.
    fn operand_of(&mut self, word: &str) -> Parsed<Operand> {
        self.nested_by(3, |parser| parser.operand_here(word))
    }

    fn operand_here(&mut self, word: &str) -> Parsed<Operand> {
        let start = self.span();
        if self.kind() == Kind::LeftBrace {
            self.advance();
            let body = self.nested(|parser| parser.body(Kind::RightBrace))?;
            self.advance();
            let span = self.since(start);
            if self.is_ambiguous(&body) {
                return Err(self.error(
                    span,
                    "braces here hold a body, and this one looks like a comprehension; put the braces or the union in parentheses",
                ));
            }
            return Ok(Operand {
                height: self.height,
                body,
                span,
            });
        }
        let is_negated = self.kind() == Kind::Not && !self.take_keyword_as_name();
        if is_negated {
            self.advance();
            if self.keywords.has_not_bodies() && self.kind() == Kind::LeftBrace {
                let operand = self.operand_of(word)?;
                return self.negation(start, operand);
            }
        }
        if self.kind() == Kind::LeftParen
            && (!is_negated || self.keywords.has_not_bodies())
            && self.is_group(self.at)
        {
            let group = self.group()?;
            return if is_negated {
                self.negation(start, group)
            } else {
                Ok(group)
            };
        }
        let inner_start = self.span();
        let lead = self.infix()?;
        let mut expr = self.compared(inner_start, lead)?;
        let operand = if is_negated && self.keywords.has_not_bodies() {
            let height = self.height;
            let inner = Operand {
                span: expr.span,
                body: vec![expr],
                height,
            };
            return self.negation(start, inner);
        } else {
            expr.is_negated = is_negated;
            Operand {
                height: self.height,
                body: vec![expr],
                span: self.since(start),
            }
        };
        Ok(operand)
    }

    /// `(a or b)`, at the parenthesis.
    fn group(&mut self) -> Parsed<Operand> {
        let start = self.span();
        self.advance();
        let first = self.operand_of("and")?;
        let expr = self.logical_tail(start, first)?;
        self.expect(Kind::RightParen, "`and`, `or`, `with` or `)`")?;
        Ok(Operand {
            span: self.since(start),
            height: self.height,
            body: vec![expr],
        })
    }

    /// A body of which it is not clear whether it was meant to be a comprehension.
    fn is_ambiguous(&self, body: &Body) -> bool {
        let Some(Expr {
            kind:
                ExprKind::Term(Term {
                    kind: TermKind::Call(function, _),
                    ..
                }),
            span,
            ..
        }) = body.first()
        else {
            return false;
        };
        self.text(function.span) == "|" && !self.text(*span).starts_with('(')
    }

    /// Operands that cannot fail say nothing.
    fn check_void(&mut self, operand: &Operand, word: &str) -> Parsed<()> {
        let is_void = operand.body.iter().all(|expr| match &expr.kind {
            ExprKind::Term(Term {
                kind: TermKind::Call(function, _),
                ..
            }) if !expr.is_negated => match &function.kind {
                TermKind::Var(name) => {
                    builtins::lookup(name).is_some_and(|builtin| builtin.result.is_none())
                }
                _ => false,
            },
            _ => false,
        });
        if is_void {
            return Err(self.error(
                operand.span,
                format!("an operand of `{word}` needs something that can fail, a call without a value cannot"),
            ));
        }
        Ok(())
    }

    /// Whether the parentheses at a token hold operands rather than a term.
    fn is_group(&self, mut at: usize) -> bool {
        loop {
            let Some(end) = self.closing(at) else {
                return false;
            };
            let mut inner = at + 1;
            if self.kind_at(inner) == Kind::Not && !self.is_reference_at(inner) {
                return true;
            }
            while inner < end {
                match self.kind_at(inner) {
                    Kind::AndWord | Kind::OrWord | Kind::With if !self.is_word_as_name(inner) => {
                        return true;
                    }
                    _ => {}
                }
                inner = self.closing(inner).unwrap_or(inner) + 1;
            }
            // `((a or b))`
            if self.kind_at(at + 1) == Kind::LeftParen && self.closing(at + 1) == Some(end - 1) {
                at += 1;
            } else {
                return false;
            }
        }
    }

    fn is_reference_at(&self, at: usize) -> bool {
        let next = self.token_at(at + 1);
        !next.spaced && matches!(next.kind, Kind::Dot | Kind::LeftBracket)
    }

    /// `and.x`, `x.and` and `or(x, y)` where a term is wanted are no operators.
    fn is_word_as_name(&self, at: usize) -> bool {
        let before = self.kind_at(at.wrapping_sub(1));
        let ends_term = matches!(
            before,
            Kind::Ident
                | Kind::Contains
                | Kind::Number
                | Kind::String
                | Kind::RawString
                | Kind::True
                | Kind::False
                | Kind::Null
                | Kind::RightParen
                | Kind::RightBracket
                | Kind::RightBrace
                | Kind::Template { last: true, .. }
        );
        before == Kind::Dot || self.is_reference_at(at) || !ends_term
    }

    /// The token that closes the bracket at another.
    fn closing(&self, open: usize) -> Option<usize> {
        let pairs = self.pairs.get_or_init(|| pairs(self));
        pairs
            .get(open)
            .map(|close| *close as usize)
            .filter(|close| *close > open)
    }
}

fn is_operator(kind: Kind) -> bool {
    matches!(kind, Kind::AndWord | Kind::OrWord)
}

/// For each opening bracket the index of the one that closes it, 0 for all else.
fn pairs(parser: &Parser<'_>) -> Vec<u32> {
    let mut pairs = vec![0; parser.tokens.len()];
    let mut open = Vec::new();
    for (index, token) in parser.tokens.iter().enumerate() {
        let closes = matches!(
            token.kind,
            Kind::RightBrace | Kind::RightBracket | Kind::RightParen
        );
        if closes
            && let Some(start) = open.pop()
            && let Some(place) = pairs.get_mut::<usize>(start)
        {
            *place = u32::try_from(index).unwrap_or(0);
        }
        let opens = matches!(
            token.kind,
            Kind::LeftBrace
                | Kind::LeftBracket
                | Kind::LeftParen
                | Kind::Template { last: false, .. }
        );
        if opens {
            open.push(index);
        }
    }
    pairs
}
