//! Arrays, sets, objects and their comprehensions.

use super::{Kind, Parsed, Parser, infix::Operand, token::Operator};
use crate::{
    Span,
    ast::{Body, Term, TermKind},
};

/// What stands after `head |`.
enum AfterBar {
    /// The body of a comprehension with this head, and its height.
    Body(Term, Body, u32),
    /// No comprehension but a list: the first item is a union, and the second may have been read too.
    List(Operand, Option<Operand>),
}

impl Parser<'_> {
    /// `[a, b]` or `[a | body]`, at the bracket.
    pub(super) fn array(&mut self) -> Parsed<Term> {
        let start = self.span();
        self.advance();
        let kind = if self.eat(Kind::RightBracket) {
            self.height = 0;
            TermKind::Array(Vec::new())
        } else {
            // OPA allows a comma before the first item, and no comprehension after one.
            let may_be_comprehension = !self.eat(Kind::Comma);
            let first = self.operand()?;
            if self.kind() == Kind::Or && may_be_comprehension {
                match self.after_bar(first, Kind::RightBracket)? {
                    AfterBar::Body(head, body, height) => {
                        self.height = height;
                        TermKind::ArrayComprehension(Box::new(head), body)
                    }
                    AfterBar::List(first, second) => {
                        TermKind::Array(self.listed(first, second, Kind::RightBracket)?)
                    }
                }
            } else {
                let first = self.item_from(first)?;
                TermKind::Array(self.listed(first, None, Kind::RightBracket)?)
            }
        };
        self.grow(self.height, start)?;
        let span = self.since(start);
        Ok(Term { span, kind })
    }

    /// `{a, b}`, `{a | body}`, `{k: v}` or `{k: v | body}`, at the brace.
    pub(super) fn set_or_object(&mut self) -> Parsed<Term> {
        let start = self.span();
        self.advance();
        let kind = if self.eat(Kind::RightBrace) {
            self.height = 0;
            TermKind::Object(Vec::new())
        } else {
            let may_be_comprehension = !self.eat(Kind::Comma);
            let first = self.operand()?;
            if self.kind() == Kind::Or && may_be_comprehension {
                match self.after_bar(first, Kind::RightBrace)? {
                    AfterBar::Body(head, body, height) => {
                        self.height = height;
                        TermKind::SetComprehension(Box::new(head), body)
                    }
                    AfterBar::List(first, second) => {
                        TermKind::Set(self.listed(first, second, Kind::RightBrace)?)
                    }
                }
            } else {
                let first = self.item_from(first)?;
                match self.kind() {
                    Kind::Colon => self.object(first, may_be_comprehension)?,
                    Kind::Comma | Kind::RightBrace => {
                        TermKind::Set(self.listed(first, None, Kind::RightBrace)?)
                    }
                    _ => return Err(self.unexpected("`,`, `:` or `}`")),
                }
            }
        };
        self.grow(self.height, start)?;
        let span = self.since(start);
        Ok(Term { span, kind })
    }

    /// A list's item whose first operand was read.
    fn item_from(&mut self, first: Operand) -> Parsed<Operand> {
        let chain = self.chain(Some(first))?;
        let term = self.fold(chain)?;
        let term = self.membership(term, false)?;
        let height = self.height;
        Ok(Operand { term, height })
    }

    fn listed(&mut self, first: Operand, second: Option<Operand>, end: Kind) -> Parsed<Vec<Term>> {
        let mut tallest = first.height;
        let mut items = vec![first.term];
        if let Some(second) = second {
            tallest = tallest.max(second.height);
            items.push(second.term);
        }
        self.list(items, tallest, end)
    }

    /// The rest of an object after its first key, at the colon.
    fn object(&mut self, key: Operand, may_be_comprehension: bool) -> Parsed<TermKind> {
        self.advance();
        let first = self.operand()?;
        let mut tallest = key.height;
        let (value, next_key) = if self.kind() == Kind::Or && may_be_comprehension {
            match self.after_bar(first, Kind::RightBrace)? {
                AfterBar::Body(value, body, height) => {
                    self.height = tallest.max(height);
                    return Ok(TermKind::ObjectComprehension(
                        Box::new((key.term, value)),
                        body,
                    ));
                }
                AfterBar::List(value, next_key) => (value, next_key),
            }
        } else {
            (self.item_from(first)?, None)
        };
        tallest = tallest.max(value.height);
        let mut pairs = vec![(key.term, value.term)];
        if let Some(key) = next_key {
            tallest = tallest.max(key.height);
            self.colon_after(key.term, &mut pairs, &mut tallest)?;
        }
        loop {
            if self.eat(Kind::RightBrace) {
                break;
            }
            self.expect(Kind::Comma, "`,` or `}`")?;
            if self.eat(Kind::RightBrace) {
                break;
            }
            let key = self.infix_in_list()?;
            tallest = tallest.max(self.height);
            self.colon_after(key, &mut pairs, &mut tallest)?;
        }
        self.height = tallest;
        Ok(TermKind::Object(pairs))
    }

    fn colon_after(
        &mut self,
        key: Term,
        pairs: &mut Vec<(Term, Term)>,
        tallest: &mut u32,
    ) -> Parsed<()> {
        self.expect(Kind::Colon, "`:` and the value of the key")?;
        let value = self.infix_in_list()?;
        *tallest = (*tallest).max(self.height);
        pairs.push((key, value));
        Ok(())
    }

    /// Reads what stands after `head |`. A comprehension goes before a union, unless a comma shows that this is a list.
    fn after_bar(&mut self, head: Operand, end: Kind) -> Parsed<AfterBar> {
        self.nested(|parser| parser.after_bar_here(head, end))
    }

    fn after_bar_here(&mut self, head: Operand, end: Kind) -> Parsed<AfterBar> {
        let bar = self.span();
        self.advance();
        let starts_with_term = !matches!(self.kind(), Kind::Some | Kind::Every | Kind::Not)
            || self.take_keyword_as_name();
        if !starts_with_term || self.kind() == end || self.is_operand_next() {
            return self.comprehension(head, None, end);
        }
        self.take_keyword_as_name();
        let start = self.span();
        let first = self.chain(None)?;
        let union = Operator {
            name: "or",
            binds: 2,
        };
        let mut second = None;
        let (comma, comma_at) = (self.span(), self.at);
        let is_comma = self.eat(Kind::Comma);
        if is_comma {
            if self.kind() == end {
                self.at = comma_at;
                let first = self.folded(first.after(head, union, bar))?;
                return Ok(AfterBar::List(first, None));
            }
            let chain = self.chain(None)?;
            second = Some(self.folded(chain)?);
        }
        let mut collections = Vec::new();
        while self.is_in_operator() {
            collections.push(self.collection()?);
        }
        let is_keyed = is_comma && !collections.is_empty();
        let is_list = match self.kind() {
            Kind::Comma => true,
            Kind::Colon => is_comma,
            _ => is_comma && !is_keyed,
        };
        if is_list {
            let first = self.folded(first.after(head, union, bar))?;
            return Ok(match second {
                Some(second) => {
                    let second = self.members(vec![second], collections)?;
                    AfterBar::List(first, Some(second))
                }
                None => AfterBar::List(self.members(vec![first], collections)?, None),
            });
        }
        let mut operands = vec![self.folded(first)?];
        operands.extend(second);
        if operands.len() == 2 && collections.is_empty() {
            return Err(self.error(comma, "unexpected `,` in the body of a comprehension"));
        }
        let lead = self.members(operands, collections)?;
        self.comprehension(head, Some((start, lead)), end)
    }

    fn folded(&mut self, chain: super::infix::Chain) -> Parsed<Operand> {
        let term = self.fold(chain)?;
        let height = self.height;
        Ok(Operand { term, height })
    }

    /// Operands and the collections that they are looked up in, one after the other.
    fn members(
        &mut self,
        mut operands: Vec<Operand>,
        collections: Vec<(Span, Operand)>,
    ) -> Parsed<Operand> {
        for (span, collection) in collections {
            let height = operands.iter().map(|operand| operand.height).max();
            let terms = operands.into_iter().map(|operand| operand.term).collect();
            let term = self.member(terms, height.unwrap_or(0), span, collection)?;
            let height = self.height;
            operands = vec![Operand { term, height }];
        }
        match operands.pop() {
            Some(operand) => Ok(operand),
            None => Err(self.unexpected("a term")),
        }
    }

    /// The body of a comprehension, whose first expression may begin with a term that was read already.
    fn comprehension(
        &mut self,
        head: Operand,
        lead: Option<(Span, Operand)>,
        end: Kind,
    ) -> Parsed<AfterBar> {
        let body = self.nested(|parser| match lead {
            Some((start, lead)) => {
                parser.height = lead.height;
                let first = parser.expression_from(start, lead.term)?;
                let first = parser.logical_rest(start, first)?;
                parser.body_from(first, end)
            }
            None => parser.body(end),
        })?;
        let height = head.height.max(self.height);
        self.advance();
        Ok(AfterBar::Body(head.term, body, height))
    }
}
