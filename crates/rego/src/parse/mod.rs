//! Text to syntax trees: the grammar of Rego, versions 0 and 1, as OPA reads it.
//!
//! Reading takes time linear in the text: nothing is read twice, except the first braces after a rule's `if`,
//! which may be an object or a body. Nesting is bounded by [`MAX_DEPTH`], so that no text overflows the stack here or
//! in anything that walks the tree afterwards.

mod annotation;
mod body;
mod collection;
mod infix;
mod lexer;
mod literal;
mod logical;
mod metadata_yaml;
mod module;
mod rule;
mod template;
mod term;
mod token;

use std::{cell::OnceCell, sync::Arc};

use self::token::{Kind, Token};
use crate::{
    Error, ErrorCode, Source, Span,
    ast::{Body, Module, Term, TermKind, Version},
};

/// How deep a tree may be. Operators that follow each other count one each, brackets two to five levels each.
pub const MAX_DEPTH: u32 = 256;

/// The largest text that is read, in bytes.
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// How many errors of one text are told.
const MAX_ERRORS: usize = 20;

/// Reads a module. What is wrong is told for each statement, up to a bound.
pub fn parse(name: &str, text: &str, version: Version) -> Result<Module, Vec<Error>> {
    let source = source_of(name, text)?;
    let lexed = lexer::tokenize(text);
    let mut parser = Parser::new(&source, &lexed.tokens, version);
    let module = parser.module(&lexed.comments);
    if parser.errors.is_empty() {
        Ok(module)
    } else {
        parser.errors.truncate(MAX_ERRORS);
        Err(parser.errors)
    }
}

/// Reads a query: expressions separated by `;` or newlines.
pub fn parse_query(text: &str, version: Version) -> Result<Body, Vec<Error>> {
    whole("query", text, version, |parser| {
        let body = parser.body(Kind::End)?;
        Ok(body)
    })
}

/// Reads a reference such as `data.a.b["c"]` or `input`: its head and operands.
pub fn parse_reference(text: &str) -> Result<Vec<Term>, Vec<Error>> {
    whole("reference", text, Version::V1, |parser| {
        let term = parser.term()?;
        let span = term.span;
        match term.kind {
            TermKind::Ref(parts) => Ok(parts),
            TermKind::Var(_) => Ok(vec![term]),
            _ => Err(parser.error(
                span,
                "this is no reference, which looks like data.a.b[\"c\"]",
            )),
        }
    })
}

fn whole<T>(
    name: &str,
    text: &str,
    version: Version,
    read: impl FnOnce(&mut Parser<'_>) -> Parsed<T>,
) -> Result<T, Vec<Error>> {
    let source = source_of(name, text)?;
    let lexed = lexer::tokenize(text);
    let mut parser = Parser::new(&source, &lexed.tokens, version);
    match read(&mut parser) {
        Ok(value) if parser.errors.is_empty() => {
            if parser.kind() == Kind::End {
                return Ok(value);
            }
            parser.unexpected("the end of the text");
        }
        _ => {}
    }
    Err(parser.errors)
}

fn source_of(name: &str, text: &str) -> Result<Arc<Source>, Vec<Error>> {
    let too_long = text.len() > MAX_TEXT_BYTES;
    let source = Source {
        name: Arc::from(name),
        text: Box::from(if too_long { "" } else { text }),
    };
    if too_long {
        let message = format!(
            "the text has {} bytes, more than {MAX_TEXT_BYTES}",
            text.len()
        );
        return Err(vec![Error::new(
            ErrorCode::Parse,
            &source,
            Span::default(),
            message,
        )]);
    }
    Ok(Arc::new(source))
}

/// The error stands in [`Parser::errors`].
#[derive(Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

/// Which of the words that once had to be imported are keywords now, as bits.
#[derive(Clone, Copy, Debug, Default)]
struct Keywords(u8);

impl Keywords {
    /// Those of version 1.
    const ALL: Self = Self(0b1111);

    /// Those of version 1 and what `import rego.v2` brings.
    const V2: Self = Self(0b111_1111);

    const NOT_BODIES: u8 = 0b100_0000;

    const fn bit(kind: Kind) -> u8 {
        match kind {
            Kind::In => 0b0001,
            Kind::Every => 0b0010,
            Kind::Contains => 0b0100,
            Kind::If => 0b1000,
            Kind::AndWord => 0b1_0000,
            Kind::OrWord => 0b10_0000,
            _ => 0,
        }
    }

    const fn knows(self, kind: Kind) -> bool {
        let bit = Self::bit(kind);
        bit == 0 || self.0 & bit != 0
    }

    /// Whether `not` takes a body.
    const fn has_not_bodies(self) -> bool {
        self.0 & Self::NOT_BODIES != 0
    }

    /// Learns a word; `every` brings `in` along.
    const fn learn(&mut self, kind: Kind) {
        self.0 |= match kind {
            Kind::Not => Self::NOT_BODIES,
            _ => Self::bit(kind),
        };
        if matches!(kind, Kind::Every) {
            self.0 |= Self::bit(Kind::In);
        }
    }
}

struct Parser<'a> {
    source: &'a Arc<Source>,
    tokens: &'a [Token],
    at: usize,
    version: Version,
    keywords: Keywords,
    /// The token (by its index) that is a name although it is spelt like a keyword, as in `not.x`.
    name_at: Option<usize>,
    /// `import future.keywords` without a word: `not {` may then be a body or a set, depending on OPA's version.
    is_not_ambiguous: bool,
    /// Which bracket closes which, once that is asked for.
    pairs: OnceCell<Vec<u32>>,
    errors: Vec<Error>,
    /// What is wrong should the module turn out to be of version 1.
    only_in_v1: Vec<Error>,
    wildcards: u32,
    /// How many constructs are open around the current token.
    depth: u32,
    /// How deep the tree is that was read last.
    height: u32,
}

impl<'a> Parser<'a> {
    fn new(source: &'a Arc<Source>, tokens: &'a [Token], version: Version) -> Self {
        Self {
            source,
            tokens,
            at: 0,
            version,
            keywords: match version {
                Version::V0 => Keywords::default(),
                Version::V1 => Keywords::ALL,
            },
            name_at: None,
            is_not_ambiguous: false,
            pairs: OnceCell::new(),
            errors: Vec::new(),
            only_in_v1: Vec::new(),
            wildcards: 0,
            depth: 0,
            height: 0,
        }
    }

    fn token_at(&self, index: usize) -> Token {
        let last = self.tokens.last().copied().unwrap_or(Token {
            kind: Kind::End,
            span: Span::default(),
            spaced: false,
            on_new_line: false,
        });
        self.tokens.get(index).copied().unwrap_or(last)
    }

    fn token(&self) -> Token {
        self.token_at(self.at)
    }

    fn span(&self) -> Span {
        self.token().span
    }

    /// The kind of the current token, seen with the keywords of the moment.
    fn kind(&self) -> Kind {
        if self.name_at == Some(self.at) {
            return Kind::Ident;
        }
        self.kind_at(self.at)
    }

    fn kind_at(&self, index: usize) -> Kind {
        match self.token_at(index).kind {
            kind if self.keywords.knows(kind) => kind,
            _ => Kind::Ident,
        }
    }

    fn advance(&mut self) {
        if self.at + 1 < self.tokens.len() {
            self.at += 1;
        }
    }

    fn eat(&mut self, kind: Kind) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, kind: Kind, wanted: &str) -> Parsed<()> {
        if self.eat(kind) {
            Ok(())
        } else {
            Err(self.unexpected(wanted))
        }
    }

    fn text(&self, span: Span) -> &'a str {
        self.source.slice(span)
    }

    /// From a place to the end of the token before the current one.
    fn since(&self, start: Span) -> Span {
        let end = self.token_at(self.at.wrapping_sub(1)).span.end;
        Span {
            start: start.start,
            end: if self.at == 0 {
                start.end
            } else {
                end.max(start.start)
            },
        }
    }

    /// Whether the current token is a keyword that begins a reference, as in `input.if` or `not["x"]`:
    /// it then counts as a name.
    fn take_keyword_as_name(&mut self) -> bool {
        let next = self.token_at(self.at + 1);
        let is_name = self.kind().is_keyword()
            && !next.spaced
            && matches!(next.kind, Kind::Dot | Kind::LeftBracket);
        if is_name {
            self.name_at = Some(self.at);
        }
        is_name
    }

    fn error(&mut self, span: Span, message: impl Into<String>) -> Failed {
        self.error_of(ErrorCode::Parse, span, message)
    }

    fn error_of(&mut self, code: ErrorCode, span: Span, message: impl Into<String>) -> Failed {
        // The bound keeps the cost of finding lines and columns in proportion.
        if self.errors.len() < MAX_ERRORS {
            self.errors
                .push(Error::new(code, self.source, span, message));
        }
        Failed
    }

    /// Says what was found where something else was wanted.
    fn unexpected(&mut self, wanted: &str) -> Failed {
        let found = self.found();
        match self.kind() {
            Kind::Illegal(problem) => self.error(self.span(), problem),
            _ => self.error(
                self.span(),
                format!("unexpected {found}, expected {wanted}"),
            ),
        }
    }

    fn found(&self) -> String {
        let kind = self.kind();
        if let Some(words) = kind.describe() {
            return words.to_owned();
        }
        let text: String = self.text(self.span()).chars().take(40).collect();
        match kind {
            Kind::Ident => format!("name `{text}`"),
            _ if kind.is_keyword() => format!("keyword `{text}`"),
            _ => format!("`{text}`"),
        }
    }

    /// Runs a reader one level deeper.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.nested_by(1, read)
    }

    /// Runs a reader that needs as much of the stack as so many levels.
    fn nested_by<T>(
        &mut self,
        levels: u32,
        read: impl FnOnce(&mut Self) -> Parsed<T>,
    ) -> Parsed<T> {
        if self.depth + levels > MAX_DEPTH {
            return Err(self.too_deep(self.span()));
        }
        self.depth += levels;
        let result = read(self);
        self.depth -= levels;
        result
    }

    /// Notes that the tree read last holds trees of this height.
    fn grow(&mut self, tallest: u32, span: Span) -> Parsed<()> {
        self.height = tallest + 1;
        if self.height + self.depth > MAX_DEPTH {
            return Err(self.too_deep(span));
        }
        Ok(())
    }

    fn too_deep(&mut self, span: Span) -> Failed {
        self.error(
            span,
            format!("nested or chained more than {MAX_DEPTH} deep, name parts of it in rules of their own"),
        )
    }

    /// The name of the current word; `_` gets one of its own.
    fn variable(&mut self) -> Term {
        let span = self.span();
        let name = match self.text(span) {
            "_" => self.wildcard(),
            name => Arc::from(name),
        };
        self.advance();
        self.height = 1;
        Term {
            span,
            kind: TermKind::Var(name),
        }
    }

    fn wildcard(&mut self) -> Arc<str> {
        let name = Arc::from(format!("${}", self.wildcards));
        self.wildcards += 1;
        name
    }
}

#[cfg(test)]
mod tests;
