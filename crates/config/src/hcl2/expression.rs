//! Expressions of HCL. Only where one ends matters for most of them, not what it means.

use super::{
    parser::{Lines, Parser},
    syntax::{Expression, Kind, Number},
};
use crate::ParseError;

/// Longest first, so that `<=` is not read as `<`.
const OPERATORS: [&str; 13] = [
    "==", "!=", "<=", ">=", "&&", "||", "+", "-", "*", "/", "%", "<", ">",
];

impl Parser<'_> {
    pub(super) fn expression(&mut self, lines: Lines) -> Result<Expression, ParseError> {
        self.nested(|parser| parser.conditional(lines))
    }

    fn conditional(&mut self, lines: Lines) -> Result<Expression, ParseError> {
        self.blanks(lines)?;
        let condition = self.operation(lines)?;
        let end = self.at;
        self.blanks(lines)?;
        if !self.eat("?") {
            self.at = end;
            return Ok(condition);
        }
        let then = self.expression(lines)?;
        self.blanks(lines)?;
        self.expect(":")?;
        let otherwise = self.expression(lines)?;
        Ok(Expression {
            start: condition.start,
            end: otherwise.end,
            kind: Kind::Conditional(Box::new([condition, then, otherwise])),
        })
    }

    /// Terms with operators between them. Which binds tighter makes no difference to where they end.
    fn operation(&mut self, lines: Lines) -> Result<Expression, ParseError> {
        let first = self.term_with_traversals(lines)?;
        let (start, mut end) = (first.start, first.end);
        let mut is_operation = false;
        loop {
            self.at = end;
            self.blanks(lines)?;
            let operator = OPERATORS.iter().find(|operator| self.starts_with(operator));
            let Some(operator) = operator else {
                self.at = end;
                break;
            };
            self.at += operator.len();
            self.blanks(lines)?;
            end = self.term_with_traversals(lines)?.end;
            is_operation = true;
        }
        if !is_operation {
            return Ok(first);
        }
        Ok(Expression {
            kind: Kind::Other,
            start,
            end,
        })
    }

    fn term_with_traversals(&mut self, lines: Lines) -> Result<Expression, ParseError> {
        let mut expression = self.term(lines)?;
        loop {
            let end = self.at;
            self.blanks(lines)?;
            let literal = if self.starts_with("...") {
                None
            } else if self.eat(".") {
                self.blanks(lines)?;
                Some(self.attribute()?)
            } else if self.eat("[") {
                Some(self.nested(Self::index)?)
            } else {
                None
            };
            let Some(is_literal) = literal else {
                self.at = end;
                return Ok(expression);
            };
            let stays = is_literal && matches!(expression.kind, Kind::Traversal);
            expression.kind = if stays { Kind::Traversal } else { Kind::Other };
            expression.end = self.at;
        }
    }

    /// What follows a dot: a name, a number or `*`. Whether it is no `*`.
    fn attribute(&mut self) -> Result<bool, ParseError> {
        if self.eat("*") {
            return Ok(false);
        }
        if self.name().is_some() {
            return Ok(true);
        }
        let rest = self.rest();
        // `.0.1` is two indices, which the scanner of HCL takes for one number.
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits == 0 {
            return Err(self.error("expected a name after ."));
        }
        self.at += digits;
        Ok(true)
    }

    /// An index whose bracket was read. Whether it is a literal.
    fn index(&mut self) -> Result<bool, ParseError> {
        self.blanks(Lines::Skip)?;
        if self.eat("*") {
            self.blanks(Lines::Skip)?;
            self.expect("]")?;
            return Ok(false);
        }
        let index = self.expression(Lines::Skip)?;
        self.blanks(Lines::Skip)?;
        self.expect("]")?;
        Ok(match &index.kind {
            Kind::Number(_) => true,
            Kind::Template(parts) => {
                matches!(parts.as_slice(), [] | [super::syntax::Part::Text(_)])
            }
            _ => false,
        })
    }

    fn term(&mut self, lines: Lines) -> Result<Expression, ParseError> {
        let start = self.at;
        let kind = match self.peek() {
            Some('"') => self.quoted()?,
            Some('<') if self.starts_with("<<") => self.heredoc()?,
            Some('(') => {
                self.at += 1;
                self.expression(Lines::Skip)?;
                self.blanks(Lines::Skip)?;
                self.expect(")")?;
                Kind::Other
            }
            Some('[') => self.nested(Self::brackets)?,
            Some('{') => self.nested(Self::braces)?,
            Some(operator @ ('-' | '!')) => {
                self.at += 1;
                self.blanks(lines)?;
                let operand = self.nested(|parser| parser.term(lines))?;
                Kind::Unary(operator, Box::new(operand))
            }
            Some(c) if c.is_ascii_digit() => self.number()?,
            _ => self.variable_or_call()?,
        };
        Ok(Expression {
            kind,
            start,
            end: self.at,
        })
    }

    fn number(&mut self) -> Result<Kind, ParseError> {
        let rest = self.rest();
        let digits =
            |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let mut length = digits(rest);
        if let Some(fraction) = rest.get(length..).and_then(|rest| rest.strip_prefix('.'))
            && digits(fraction) > 0
        {
            length += 1 + digits(fraction);
        }
        if let Some(exponent) = rest
            .get(length..)
            .and_then(|rest| rest.strip_prefix(['e', 'E']))
        {
            let sign = usize::from(exponent.starts_with(['+', '-']));
            let count = digits(exponent.get(sign..).unwrap_or(""));
            if count > 0 {
                length += 1 + sign + count;
            }
        }
        let number = rest.get(..length).and_then(Number::parse);
        let number = number.ok_or_else(|| self.error("number out of range"))?;
        self.at += length;
        Ok(Kind::Number(number))
    }

    fn variable_or_call(&mut self) -> Result<Kind, ParseError> {
        let name = self
            .name()
            .ok_or_else(|| self.error("expected an expression"))?;
        while self.eat("::") {
            if self.name().is_none() {
                return Err(self.error("expected a name after ::"));
            }
        }
        let end = self.at;
        self.blanks(Lines::End)?;
        if self.eat("(") {
            self.nested(Self::arguments)?;
            return Ok(Kind::Other);
        }
        self.at = end;
        Ok(match name {
            "true" => Kind::Bool(true),
            "false" => Kind::Bool(false),
            "null" => Kind::Null,
            _ => Kind::Traversal,
        })
    }

    /// Arguments of a call whose parenthesis was read.
    fn arguments(&mut self) -> Result<(), ParseError> {
        loop {
            self.blanks(Lines::Skip)?;
            if self.eat(")") {
                return Ok(());
            }
            self.expression(Lines::Skip)?;
            self.blanks(Lines::Skip)?;
            if self.eat("...") {
                self.blanks(Lines::Skip)?;
                return self.expect(")");
            }
            if !self.eat(",") && self.peek() != Some(')') {
                return Err(self.error("expected , or )"));
            }
        }
    }

    /// A tuple or a `for`.
    fn brackets(&mut self) -> Result<Kind, ParseError> {
        self.at += 1;
        let mut values = Vec::new();
        self.blanks(Lines::Skip)?;
        if self.starts_for() {
            return self.for_expression("]");
        }
        loop {
            self.blanks(Lines::Skip)?;
            if self.eat("]") {
                return Ok(Kind::Tuple(values));
            }
            values.push(self.expression(Lines::Skip)?);
            self.blanks(Lines::Skip)?;
            if !self.eat(",") && self.peek() != Some(']') {
                return Err(self.error("expected , or ]"));
            }
        }
    }

    /// An object or a `for`.
    fn braces(&mut self) -> Result<Kind, ParseError> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks(Lines::Skip)?;
        if self.starts_for() {
            return self.for_expression("}");
        }
        loop {
            self.blanks(Lines::Skip)?;
            if self.eat("}") {
                return Ok(Kind::Object(items));
            }
            let key = self.nested(|parser| parser.operation(Lines::End))?;
            self.blanks(Lines::End)?;
            if !self.eat("=") && !self.eat(":") {
                return Err(self.error("expected = or : after a key"));
            }
            let value = self.expression(Lines::End)?;
            items.push((key, value));
            self.blanks(Lines::End)?;
            if !self.eat(",") && !matches!(self.peek(), Some('\n' | '}')) {
                return Err(self.error("expected , or the end of the line or }"));
            }
        }
    }

    fn starts_for(&self) -> bool {
        self.rest()
            .strip_prefix("for")
            .is_some_and(|rest| rest.starts_with([' ', '\t', '\n', '\r']))
            && {
                // `for = 1` is an item of an object.
                let rest = self.rest().get(3..).unwrap_or("").trim_start();
                !rest.starts_with(['=', ':'])
            }
    }

    /// `for` up to the closing bracket: names, collection, results, condition.
    fn for_expression(&mut self, closing: &str) -> Result<Kind, ParseError> {
        self.at += "for".len();
        self.loop_names()?;
        self.expression(Lines::Skip)?;
        self.blanks(Lines::Skip)?;
        self.expect(":")?;
        self.expression(Lines::Skip)?;
        self.blanks(Lines::Skip)?;
        if self.eat("=>") {
            self.expression(Lines::Skip)?;
            self.blanks(Lines::Skip)?;
        }
        if self.eat("...") {
            self.blanks(Lines::Skip)?;
        }
        if self.starts_with("if") {
            self.at += "if".len();
            self.expression(Lines::Skip)?;
            self.blanks(Lines::Skip)?;
        }
        self.expect(closing)?;
        Ok(Kind::Other)
    }

    /// `key, value in` or `value in`: the names.
    pub(super) fn loop_names(&mut self) -> Result<(Option<String>, String), ParseError> {
        let mut names = Vec::new();
        loop {
            self.blanks(Lines::Skip)?;
            let name = self.name().ok_or_else(|| self.error("expected a name"))?;
            names.push(name.to_owned());
            self.blanks(Lines::Skip)?;
            if names.len() == 2 || !self.eat(",") {
                break;
            }
        }
        if self.name() != Some("in") {
            return Err(self.error("expected in"));
        }
        let value = names.pop().unwrap_or_default();
        Ok((names.pop(), value))
    }
}
