//! Tokens to a tree, by recursive descent with bounded depth.
//!
//! The grammar is that of <https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax>,
//! with optional selection and back-quoted field names.

use super::{
    ast::{Element, Entry, Expr, ExprKind, Field, Literal},
    lexer::{self, Token},
    macros::{self, MacroGroup},
};
use crate::error::{Error, Span};

/// Characters in an expression, as the reference implementation bounds them.
const MAX_CHARACTERS: usize = 100_000;

/// Levels of the tree. Evaluation, checking and dropping recurse, so this bounds the stack.
const MAX_DEPTH: u32 = 250;

/// Levels of brackets, which parsing recurses into with larger frames.
const MAX_NESTING: u32 = 120;

/// Names that are kept for the future, and so cannot be variables.
pub(crate) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Parses one expression.
pub(crate) fn parse(text: &str, macros: &[MacroGroup]) -> Result<Expr, Error> {
    if text.len() > MAX_CHARACTERS && text.chars().count() > MAX_CHARACTERS {
        return Err(Error::new(
            text,
            Span::default(),
            format!("expression code point size exceeds limit: limit {MAX_CHARACTERS}"),
        ));
    }
    let mut parser = Parser {
        text,
        tokens: lexer::tokens(text)?,
        next: 0,
        depth: 0,
        macros,
    };
    let expression = parser.expression()?;
    if *parser.peek() != Token::End {
        return Err(parser.unexpected("the end"));
    }
    Ok(expression)
}

pub(super) struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token, Span)>,
    next: usize,
    depth: u32,
    macros: &'t [MacroGroup],
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens
            .get(self.next)
            .map_or(&Token::End, |(token, _)| token)
    }

    fn span(&self) -> Span {
        self.tokens
            .get(self.next)
            .or(self.tokens.last())
            .map(|(_, span)| *span)
            .unwrap_or_default()
    }

    fn advance(&mut self) -> Span {
        let span = self.span();
        self.next += 1;
        span
    }

    fn at(&self, symbol: &str) -> bool {
        matches!(self.peek(), Token::Symbol(found) if *found == symbol)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let found = self.at(symbol);
        if found {
            self.next += 1;
        }
        found
    }

    fn expect(&mut self, symbol: &'static str) -> Result<Span, Error> {
        if self.at(symbol) {
            Ok(self.advance())
        } else {
            Err(self.unexpected(&format!("'{symbol}'")))
        }
    }

    fn unexpected(&self, wanted: &str) -> Error {
        self.error(
            self.span(),
            format!(
                "Syntax error: mismatched input {} expecting {wanted}",
                self.peek().name()
            ),
        )
    }

    pub(super) fn error(&self, span: Span, message: impl Into<String>) -> Error {
        Error::new(self.text, span, message)
    }

    /// A node above children of which the deepest is `below` levels deep.
    pub(super) fn node(&self, span: Span, below: u32, kind: ExprKind) -> Result<Expr, Error> {
        let depth = below + 1;
        if depth > MAX_DEPTH {
            return Err(self.error(
                span,
                format!("expression recursion limit exceeded: {MAX_DEPTH}"),
            ));
        }
        Ok(Expr { span, depth, kind })
    }

    fn leaf(span: Span, kind: ExprKind) -> Expr {
        Expr {
            span,
            depth: 1,
            kind,
        }
    }

    fn expression(&mut self) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > MAX_NESTING {
            return Err(self.error(
                self.span(),
                format!("expression recursion limit exceeded: {MAX_NESTING}"),
            ));
        }
        let mut last = self.binary(0)?;
        // `a ? b : c ? d : e` nests to the right, and is read without nesting.
        let mut chosen = Vec::new();
        while self.take("?") {
            let then = self.binary(0)?;
            self.expect(":")?;
            chosen.push((last, then));
            last = self.binary(0)?;
        }
        while let Some((condition, then)) = chosen.pop() {
            let span = condition.span.to(last.span);
            let parts = Box::new([condition, then, last]);
            let below = deepest(parts.iter());
            last = self.node(span, below, ExprKind::Ternary(parts))?;
        }
        self.depth -= 1;
        Ok(last)
    }

    /// Operators of at least a level, all of them left-associative. One function for all levels keeps the stack low.
    fn binary(&mut self, least: u8) -> Result<Expr, Error> {
        let mut left = self.unary()?;
        while let Some((level, function)) = self.operator()
            && level >= least
        {
            self.next += 1;
            let right = self.binary(level + 1)?;
            left = match function {
                "_||_" | "_&&_" => self.term(function == "_||_", left, right)?,
                function => self.operation(function, vec![left, right])?,
            };
        }
        Ok(left)
    }

    /// Adds a term to those of one `||` or `&&`, which do not nest.
    fn term(&self, is_or: bool, left: Expr, right: Expr) -> Result<Expr, Error> {
        let span = left.span.to(right.span);
        let depth = left.depth;
        let (below, mut terms) = match (left.kind, is_or) {
            (ExprKind::Or(terms), true) | (ExprKind::And(terms), false) => (depth - 1, terms),
            (kind, _) => {
                let left = Expr {
                    span: left.span,
                    depth,
                    kind,
                };
                (depth, vec![left])
            }
        };
        let below = below.max(right.depth);
        terms.push(right);
        let kind = if is_or {
            ExprKind::Or(terms)
        } else {
            ExprKind::And(terms)
        };
        self.node(span, below, kind)
    }

    /// The binary operator that is next, and how strongly it binds.
    fn operator(&self) -> Option<(u8, &'static str)> {
        let symbol = match self.peek() {
            Token::In => return Some((2, "@in")),
            Token::Symbol(symbol) => *symbol,
            _ => return None,
        };
        Some(match symbol {
            "||" => (0, "_||_"),
            "&&" => (1, "_&&_"),
            "<" => (2, "_<_"),
            "<=" => (2, "_<=_"),
            ">" => (2, "_>_"),
            ">=" => (2, "_>=_"),
            "==" => (2, "_==_"),
            "!=" => (2, "_!=_"),
            "+" => (3, "_+_"),
            "-" => (3, "_-_"),
            "*" => (4, "_*_"),
            "/" => (4, "_/_"),
            "%" => (4, "_%_"),
            _ => return None,
        })
    }

    fn operation(&self, function: &str, arguments: Vec<Expr>) -> Result<Expr, Error> {
        let span = arguments
            .iter()
            .map(|argument| argument.span)
            .reduce(Span::to)
            .unwrap_or_default();
        let below = deepest(&arguments);
        self.node(
            span,
            below,
            ExprKind::Call {
                function: function.to_owned(),
                target: None,
                arguments,
            },
        )
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        for (symbol, function) in [("!", "!_"), ("-", "-_")] {
            if !self.at(symbol) {
                continue;
            }
            let start = self.span();
            let first = self.next;
            while self.take(symbol) {}
            let count = self.next - first;
            // The sign of a number belongs to the number: the least integer has no positive twin.
            if symbol == "-"
                && count == 1
                && matches!(self.peek(), Token::Int { .. } | Token::Double(_))
            {
                self.next = first;
                return self.member();
            }
            let operand = self.member()?;
            if count.is_multiple_of(2) {
                return Ok(operand);
            }
            let mut operation = self.operation(function, vec![operand])?;
            operation.span = operation.span.to(start);
            return Ok(operation);
        }
        self.member()
    }

    fn member(&mut self) -> Result<Expr, Error> {
        let mut operand = self.primary()?;
        loop {
            if self.take(".") {
                operand = self.selection(operand)?;
            } else if self.take("[") {
                let optional = self.take("?");
                let index = self.expression()?;
                let end = self.expect("]")?;
                let function = if optional { "_[?_]" } else { "_[_]" };
                let span = operand.span.to(end);
                operand = self.operation(function, vec![operand, index])?;
                operand.span = span;
            } else if self.at("{") && operand.qualified_name().is_some() {
                operand = self.message(&operand)?;
            } else {
                return Ok(operand);
            }
        }
    }

    fn selection(&mut self, operand: Expr) -> Result<Expr, Error> {
        let optional = self.take("?");
        let (name, span, quoted) = self.field_name()?;
        let whole = operand.span.to(span);
        if !optional && !quoted && self.at("(") {
            let (arguments, end) = self.arguments()?;
            return self.call(whole.to(end), name, Some(operand), arguments);
        }
        self.node(
            whole,
            operand.depth,
            ExprKind::Select {
                operand: Box::new(operand),
                field: name,
                optional,
            },
        )
    }

    /// A name after a dot or in a message; whether it was quoted comes last.
    fn field_name(&mut self) -> Result<(String, Span, bool), Error> {
        let (name, quoted) = match self.peek() {
            Token::Ident(name) => (name.clone(), false),
            Token::Quoted(name) => (name.clone(), true),
            _ => return Err(self.unexpected("a field name")),
        };
        Ok((name, self.advance(), quoted))
    }

    /// From `(` to `)`.
    fn arguments(&mut self) -> Result<(Vec<Expr>, Span), Error> {
        self.expect("(")?;
        let mut arguments = Vec::new();
        if !self.at(")") {
            loop {
                arguments.push(self.expression()?);
                if !self.take(",") {
                    break;
                }
            }
        }
        Ok((arguments, self.expect(")")?))
    }

    fn call(
        &mut self,
        span: Span,
        function: String,
        target: Option<Expr>,
        arguments: Vec<Expr>,
    ) -> Result<Expr, Error> {
        let (target, arguments) =
            match macros::expand(self, self.macros, span, &function, target, arguments)? {
                macros::Expansion::Done(expression) => return Ok(*expression),
                macros::Expansion::Call(target, arguments) => (target, arguments),
            };
        let below = deepest(target.iter().chain(&arguments));
        self.node(
            span,
            below,
            ExprKind::Call {
                function,
                target: target.map(Box::new),
                arguments,
            },
        )
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        let start = self.span();
        let token = self.peek().clone();
        if let Some(literal) = token.literal() {
            self.next += 1;
            return Ok(Self::leaf(start, ExprKind::Literal(literal)));
        }
        match token {
            Token::Int { digits, radix } => {
                self.next += 1;
                self.integer(start, &digits, radix, false)
            }
            Token::Ident(name) => self.name(start, String::new(), &name),
            Token::Symbol(".") => {
                self.next += 1;
                let Token::Ident(name) = self.peek().clone() else {
                    return Err(self.unexpected("a name"));
                };
                self.name(start, ".".to_owned(), &name)
            }
            Token::Symbol("-") => {
                self.next += 1;
                let (token, span) = (self.peek().clone(), self.advance());
                match token {
                    Token::Int { digits, radix } => {
                        self.integer(start.to(span), &digits, radix, true)
                    }
                    Token::Double(value) => Ok(Self::leaf(
                        start.to(span),
                        ExprKind::Literal(Literal::Double(-value)),
                    )),
                    _ => {
                        self.next -= 1;
                        Err(self.unexpected("a number"))
                    }
                }
            }
            Token::Symbol("(") => {
                self.next += 1;
                let inner = self.expression()?;
                let end = self.expect(")")?;
                // Parentheses keep `(a).b` from being read as the dotted name `a.b` only in span, as in the reference.
                Ok(Expr {
                    span: start.to(end),
                    ..inner
                })
            }
            Token::Symbol("[") => self.list(),
            Token::Symbol("{") => self.map(),
            _ => Err(self.unexpected("an expression")),
        }
    }

    fn integer(&self, span: Span, digits: &str, radix: u32, negative: bool) -> Result<Expr, Error> {
        let text = if negative {
            format!("-{digits}")
        } else {
            digits.to_owned()
        };
        let value = i64::from_str_radix(&text, radix)
            .map_err(|_| self.error(span, "invalid int literal"))?;
        Ok(Self::leaf(span, ExprKind::Literal(Literal::Int(value))))
    }

    fn name(&mut self, start: Span, prefix: String, name: &str) -> Result<Expr, Error> {
        let span = start.to(self.span());
        if RESERVED.contains(&name) {
            return Err(self.error(span, format!("reserved identifier: {name}")));
        }
        self.next += 1;
        let full = prefix + name;
        if self.at("(") {
            let (arguments, end) = self.arguments()?;
            return self.call(span.to(end), full, None, arguments);
        }
        Ok(Self::leaf(span, ExprKind::Ident(full)))
    }

    fn list(&mut self) -> Result<Expr, Error> {
        let start = self.expect("[")?;
        let mut elements = Vec::new();
        self.lone_comma("]");
        while !self.at("]") {
            let optional = self.take("?");
            let value = self.expression()?;
            elements.push(Element { value, optional });
            if !self.take(",") {
                break;
            }
        }
        let span = start.to(self.expect("]")?);
        let below = deepest(elements.iter().map(|element| &element.value));
        self.node(span, below, ExprKind::List(elements))
    }

    /// The grammar lets a comma stand in an empty list or map.
    fn lone_comma(&mut self, end: &str) {
        let is_end =
            |token: &(Token, Span)| matches!(token.0, Token::Symbol(found) if found == end);
        if self.at(",") && self.tokens.get(self.next + 1).is_some_and(is_end) {
            self.next += 1;
        }
    }

    fn map(&mut self) -> Result<Expr, Error> {
        let start = self.expect("{")?;
        let mut entries = Vec::new();
        self.lone_comma("}");
        while !self.at("}") {
            let optional = self.take("?");
            let key = self.expression()?;
            self.expect(":")?;
            let value = self.expression()?;
            entries.push(Entry {
                key,
                value,
                optional,
            });
            if !self.take(",") {
                break;
            }
        }
        let span = start.to(self.expect("}")?);
        let below = deepest(entries.iter().flat_map(|entry| [&entry.key, &entry.value]));
        self.node(span, below, ExprKind::Map(entries))
    }

    fn message(&mut self, name: &Expr) -> Result<Expr, Error> {
        let message = name.qualified_name().unwrap_or_default();
        self.expect("{")?;
        let mut fields = Vec::new();
        while !self.at("}") {
            let optional = self.take("?");
            let (name, span, _) = self.field_name()?;
            self.expect(":")?;
            let value = self.expression()?;
            fields.push(Field {
                name,
                span,
                value,
                optional,
            });
            if !self.take(",") {
                break;
            }
        }
        let span = name.span.to(self.expect("}")?);
        let below = deepest(fields.iter().map(|field| &field.value));
        self.node(
            span,
            below,
            ExprKind::Message {
                name: message,
                fields,
            },
        )
    }
}

/// Levels of the deepest of these.
pub(super) fn deepest<'e>(expressions: impl IntoIterator<Item = &'e Expr>) -> u32 {
    expressions
        .into_iter()
        .map(|expression| expression.depth)
        .max()
        .unwrap_or(0)
}
