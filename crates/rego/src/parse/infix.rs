//! Terms with operators between them.
//!
//! Operands and operators are read flat and then folded by precedence. The flat form is what lets `{a | b, c}` be
//! read once: whether it is a comprehension or a set is known only after `b`.

use std::sync::Arc;

use super::{Kind, Parsed, Parser, token::Operator};
use crate::{
    Span,
    ast::{Term, TermKind},
};

/// A term and the height of its tree.
pub(super) struct Operand {
    pub(super) term: Term,
    pub(super) height: u32,
}

/// Operands with operators between them, not folded yet.
pub(super) struct Chain {
    first: Operand,
    rest: Vec<(Operator, Span, Operand)>,
}

impl Chain {
    /// Puts an operand and an operator before the chain.
    pub(super) fn after(self, first: Operand, operator: Operator, span: Span) -> Self {
        let mut rest = vec![(operator, span, self.first)];
        rest.extend(self.rest);
        Self { first, rest }
    }
}

impl Parser<'_> {
    /// A term with all operators, and `key, value in collection`.
    pub(super) fn infix(&mut self) -> Parsed<Term> {
        self.nested(|parser| {
            let first = parser.relation()?;
            parser.membership(first, true)
        })
    }

    /// A term with all operators where a comma separates: in a list.
    pub(super) fn infix_in_list(&mut self) -> Parsed<Term> {
        self.nested(|parser| {
            let first = parser.relation()?;
            parser.membership(first, false)
        })
    }

    /// A term with the operators that bind more than `in`.
    pub(super) fn relation(&mut self) -> Parsed<Term> {
        let chain = self.chain(None)?;
        self.fold(chain)
    }

    /// What may follow a term: `in collection`, and `, value in collection` where a comma separates nothing.
    pub(super) fn membership(&mut self, first: Term, allows_key: bool) -> Parsed<Term> {
        let mut height = self.height;
        let mut left = first;
        if allows_key && self.kind() == Kind::Comma && self.may_be_keyed() {
            let comma = self.span();
            self.advance();
            let value = self.relation()?;
            height = height.max(self.height);
            if self.kind() != Kind::In {
                return Err(self.error(
                    comma,
                    "unexpected `,`: outside of brackets it stands only in `key, value in collection`",
                ));
            }
            left = self.member_of(vec![left, value], height)?;
            height = self.height;
        }
        self.height = height;
        while self.is_in_operator() {
            height = self.height;
            left = self.member_of(vec![left], height)?;
        }
        Ok(left)
    }

    /// A comma after a term is reported where it stands if `in` is no keyword.
    fn may_be_keyed(&self) -> bool {
        self.keywords.knows(Kind::In)
    }

    /// Whether `in` follows. Any keyword that begins a reference here begins the next expression, as in
    /// `x == 1` before a line `with.y == 2`.
    pub(super) fn is_in_operator(&mut self) -> bool {
        self.take_keyword_as_name();
        self.kind() == Kind::In
    }

    /// `in collection` after its left side: one term, or key and value.
    fn member_of(&mut self, operands: Vec<Term>, height: u32) -> Parsed<Term> {
        let (span, collection) = self.collection()?;
        self.member(operands, height, span, collection)
    }

    /// `in` and the collection after it.
    pub(super) fn collection(&mut self) -> Parsed<(Span, Operand)> {
        let span = self.span();
        self.advance();
        let term = self.relation()?;
        let height = self.height;
        Ok((span, Operand { term, height }))
    }

    /// The call that `in` means.
    pub(super) fn member(
        &mut self,
        mut operands: Vec<Term>,
        height: u32,
        span: Span,
        collection: Operand,
    ) -> Parsed<Term> {
        let name = if operands.len() == 1 {
            "member_2"
        } else {
            "member_3"
        };
        let whole = operands
            .first()
            .map_or(span, |left| left.span)
            .to(collection.term.span);
        self.grow(height.max(collection.height), span)?;
        operands.push(collection.term);
        let function = TermKind::Ref(vec![
            Term {
                span,
                kind: TermKind::Var(Arc::from("internal")),
            },
            Term {
                span,
                kind: TermKind::String(Arc::from(name)),
            },
        ]);
        Ok(Term {
            span: whole,
            kind: TermKind::Call(
                Box::new(Term {
                    span,
                    kind: function,
                }),
                operands,
            ),
        })
    }

    /// Operands and operators up to something else; the first operand may have been read already.
    pub(super) fn chain(&mut self, first: Option<Operand>) -> Parsed<Chain> {
        let first = match first {
            Some(operand) => operand,
            None => self.operand()?,
        };
        let mut rest = Vec::new();
        while let Some(operator) = self.kind().operator() {
            let span = self.span();
            self.advance();
            rest.push((operator, span, self.operand()?));
        }
        Ok(Chain { first, rest })
    }

    pub(super) fn operand(&mut self) -> Parsed<Operand> {
        let term = self.term()?;
        Ok(Operand {
            term,
            height: self.height,
        })
    }

    /// Gives the chain its tree: all operators bind to the left.
    pub(super) fn fold(&mut self, chain: Chain) -> Parsed<Term> {
        let mut left = chain.first;
        let mut waiting: Vec<(Operand, Operator, Span)> = Vec::new();
        for (operator, span, operand) in chain.rest {
            while let Some((before, other, other_span)) =
                waiting.pop_if(|(_, other, _)| other.binds >= operator.binds)
            {
                left = self.apply(other, other_span, before, left)?;
            }
            waiting.push((left, operator, span));
            left = operand;
        }
        while let Some((before, operator, span)) = waiting.pop() {
            left = self.apply(operator, span, before, left)?;
        }
        self.height = left.height;
        Ok(left.term)
    }

    fn apply(
        &mut self,
        operator: Operator,
        span: Span,
        left: Operand,
        right: Operand,
    ) -> Parsed<Operand> {
        self.grow(left.height.max(right.height), span)?;
        Ok(Operand {
            height: self.height,
            term: binary(operator.name, span, left.term, right.term),
        })
    }
}

/// A call of a builtin that is written between its operands.
pub(super) fn binary(name: &str, span: Span, left: Term, right: Term) -> Term {
    Term {
        span: left.span.to(right.span),
        kind: TermKind::Call(
            Box::new(Term {
                span,
                kind: TermKind::Var(Arc::from(name)),
            }),
            vec![left, right],
        ),
    }
}
