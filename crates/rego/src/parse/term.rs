//! Terms without operators: literals, variables, collections, and what follows them directly (`.x`, `[x]`, `(x)`).

use super::{Kind, Parsed, Parser, infix::binary};
use crate::{
    Number, Span,
    ast::{Term, TermKind},
};

impl Parser<'_> {
    /// A term up to a space or an operator.
    pub(super) fn term(&mut self) -> Parsed<Term> {
        self.nested(Self::term_here)
    }

    fn term_here(&mut self) -> Parsed<Term> {
        let span = self.span();
        let head = match self.kind() {
            Kind::Null => self.constant(TermKind::Null),
            Kind::True => self.constant(TermKind::Bool(true)),
            Kind::False => self.constant(TermKind::Bool(false)),
            Kind::Minus => {
                // `contains` is a name everywhere but in the head of a rule.
                if matches!(self.kind_at(self.at + 1), Kind::Ident | Kind::Contains) {
                    return self.negative(span);
                }
                self.number()?
            }
            Kind::Dot | Kind::Number => self.number()?,
            Kind::String | Kind::RawString => self.string()?,
            Kind::Template { .. } => self.template()?,
            Kind::Ident | Kind::Contains => self.variable(),
            // The functions behind `&` and `|`; as operators these words cannot stand here.
            Kind::AndWord | Kind::OrWord if self.is_called() => self.variable(),
            Kind::LeftBracket => self.nested(Self::array)?,
            Kind::LeftBrace => self.nested(Self::set_or_object)?,
            Kind::LeftParen => {
                self.advance();
                let inner = self.infix()?;
                self.expect(Kind::RightParen, "an operator or `)`")?;
                inner
            }
            Kind::In | Kind::Every | Kind::If | Kind::AndWord | Kind::OrWord => {
                return Err(
                    self.unexpected("a term (this word is a keyword here, name it otherwise)")
                );
            }
            _ => return Err(self.unexpected("a term")),
        };
        self.postfix(head)
    }

    fn is_called(&self) -> bool {
        let next = self.token_at(self.at + 1);
        !next.spaced && next.kind == Kind::LeftParen
    }

    fn constant(&mut self, kind: TermKind) -> Term {
        let span = self.span();
        self.advance();
        self.height = 1;
        Term { span, kind }
    }

    /// `-x.y`: the difference of 0 and the reference.
    fn negative(&mut self, minus: Span) -> Parsed<Term> {
        self.advance();
        let variable = self.variable();
        let operand = self.postfix(variable)?;
        self.grow(self.height, minus)?;
        let zero = Term {
            span: minus,
            kind: TermKind::Number(Number::from(0)),
        };
        Ok(binary("minus", minus, zero, operand))
    }

    /// What follows a term without a space between.
    pub(super) fn postfix(&mut self, head: Term) -> Parsed<Term> {
        if !self.is_postfix() {
            return Ok(head);
        }
        self.check_head(&head)?;
        let start = head.span;
        let mut tallest = self.height;
        let mut parts = vec![head];
        while self.is_postfix() {
            match self.kind() {
                Kind::Dot => parts.push(self.field()?),
                Kind::LeftBracket => {
                    self.advance();
                    parts.push(self.infix()?);
                    tallest = tallest.max(self.height);
                    self.expect(Kind::RightBracket, "an operator or `]`")?;
                }
                _ => {
                    let call = self.call(parts, start, tallest)?;
                    if self.kind() == Kind::LeftParen || !self.is_postfix() {
                        return Ok(call);
                    }
                    self.check_head(&call)?;
                    tallest = self.height;
                    parts = vec![call];
                }
            }
        }
        self.grow(tallest, start)?;
        Ok(Term {
            span: self.since(start),
            kind: TermKind::Ref(parts),
        })
    }

    fn is_postfix(&self) -> bool {
        !self.token().spaced
            && matches!(self.kind(), Kind::Dot | Kind::LeftBracket | Kind::LeftParen)
    }

    fn check_head(&mut self, head: &Term) -> Parsed<()> {
        let what = match head.kind {
            TermKind::Null => "null",
            TermKind::Bool(_) => "a boolean",
            TermKind::Number(_) => "a number",
            TermKind::String(_) | TermKind::Template(_) => "a string",
            TermKind::Ref(_) => "a reference in parentheses",
            _ => return Ok(()),
        };
        Err(self.error(
            head.span,
            format!("{what} cannot be the head of a reference or call; give it a name first"),
        ))
    }

    /// `.name`, where the name may be a keyword.
    pub(super) fn field(&mut self) -> Parsed<Term> {
        self.advance();
        let (token, kind) = (self.token(), self.kind());
        let is_name = kind == Kind::Ident || kind.is_keyword();
        if token.spaced || !is_name {
            return Err(self.unexpected("a name right after the dot"));
        }
        let name = self.text(token.span).into();
        self.advance();
        Ok(Term {
            span: token.span,
            kind: TermKind::String(name),
        })
    }

    /// The call of a function that was read, at the parenthesis.
    fn call(&mut self, mut function: Vec<Term>, start: Span, tallest: u32) -> Parsed<Term> {
        let is_named =
            matches!(function.first(), Some(head) if matches!(head.kind, TermKind::Var(_)));
        if !is_named {
            return Err(self.error(start, "only a function that has a name can be called"));
        }
        let function_span = self.since(start);
        self.advance();
        let operands = self.nested(|parser| parser.list(Vec::new(), 0, Kind::RightParen))?;
        let span = self.since(start);
        let operator = match function.pop() {
            Some(only) if function.is_empty() => only,
            last => {
                function.extend(last);
                Term {
                    span: function_span,
                    kind: TermKind::Ref(function),
                }
            }
        };
        let is_set = operands.is_empty()
            && matches!(&operator.kind, TermKind::Var(name) if &**name == "set");
        if is_set {
            self.height = 1;
            return Ok(Term {
                span,
                kind: TermKind::Set(Vec::new()),
            });
        }
        self.grow(self.height.max(tallest + 1), start)?;
        Ok(Term {
            span,
            kind: TermKind::Call(Box::new(operator), operands),
        })
    }

    /// The rest of a list up to its closing token, behind the items read already; `self.height` is that of the tallest.
    pub(super) fn list(
        &mut self,
        mut items: Vec<Term>,
        mut tallest: u32,
        end: Kind,
    ) -> Parsed<Vec<Term>> {
        let wanted = match end {
            Kind::RightBracket => "`,` or `]`",
            Kind::RightBrace => "`,` or `}`",
            _ => "`,` or `)`",
        };
        loop {
            if self.eat(end) {
                self.height = tallest;
                return Ok(items);
            }
            if !items.is_empty() {
                self.expect(Kind::Comma, wanted)?;
                if self.kind() == end {
                    continue;
                }
            }
            items.push(self.infix_in_list()?);
            tallest = tallest.max(self.height);
        }
    }
}
