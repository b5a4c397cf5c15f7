//! Text to tokens.
//!
//! The whole text is read at once. An illegal piece becomes a token that says so, and the parser reports it if it
//! gets there. Template strings switch back and forth between text and tokens; a stack of braces tells which.

use super::token::{Kind, Token};
use crate::Span;

/// Tokens, the last of which is [`Kind::End`], and the comments between them (from `#` to the end of the line).
pub(super) struct Tokens {
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Span>,
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Tokens,
    /// One entry for each template string that is open: its kind and how many braces are open in its expression.
    templates: Vec<(bool, u32)>,
}

/// Reads a text of less than 4 GiB.
pub(super) fn tokenize(text: &str) -> Tokens {
    let mut lexer = Lexer {
        text,
        at: 0,
        out: Tokens {
            tokens: Vec::with_capacity(text.len() / 5),
            comments: Vec::new(),
        },
        templates: Vec::new(),
    };
    if text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8();
    }
    while lexer.next_token() {}
    lexer.out
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }

    fn byte(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.byte() == byte && self.at < self.text.len();
        self.at += usize::from(found);
        found
    }

    /// Reads one token; `false` after the last.
    fn next_token(&mut self) -> bool {
        let (mut spaced, mut on_new_line) = (false, false);
        loop {
            match self.byte() {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    on_new_line = true;
                }
                b'#' => self.comment(),
                _ => break,
            }
            spaced = true;
        }
        let start = self.at;
        let Some(first) = self.bump() else {
            self.push(Kind::End, start, spaced, on_new_line);
            return false;
        };
        let kind = self.kind(first, start);
        self.push(kind, start, spaced, on_new_line);
        if kind == Kind::RightBrace {
            self.close_brace();
        }
        true
    }

    fn push(&mut self, kind: Kind, start: usize, spaced: bool, on_new_line: bool) {
        let span = self.span(start);
        self.out.tokens.push(Token {
            kind,
            span,
            spaced,
            on_new_line,
        });
    }

    fn span(&self, start: usize) -> Span {
        let byte = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Span {
            start: byte(start),
            end: byte(self.at),
        }
    }

    fn comment(&mut self) {
        let start = self.at;
        let rest = self.text.get(start..).unwrap_or("");
        self.at += rest.find('\n').unwrap_or(rest.len());
        let line = self.text.get(start..self.at).unwrap_or("");
        let trimmed = line.trim_end_matches('\r').len();
        let mut span = self.span(start);
        span.end = span
            .start
            .saturating_add(u32::try_from(trimmed).unwrap_or(0));
        self.out.comments.push(span);
    }

    fn kind(&mut self, first: char, start: usize) -> Kind {
        match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                while self.peek().is_some_and(is_word) {
                    self.bump();
                }
                Kind::of_word(self.text.get(start..self.at).unwrap_or(""))
            }
            '0'..='9' => self.number(),
            '"' => self.string(),
            '`' => {
                let rest = self.text.get(self.at..).unwrap_or("");
                if let Some(end) = rest.find('`') {
                    self.at += end + 1;
                    Kind::RawString
                } else {
                    self.at = self.text.len();
                    Kind::Illegal("a raw string is not closed, it needs another backquote")
                }
            }
            '$' => match self.byte() {
                b'"' => {
                    self.at += 1;
                    self.template(false, true)
                }
                b'`' => {
                    self.at += 1;
                    self.template(true, true)
                }
                _ => Kind::Illegal("`$` must stand before the quote of a template string"),
            },
            '[' => Kind::LeftBracket,
            ']' => Kind::RightBracket,
            '{' => {
                if let Some((_, depth)) = self.templates.last_mut() {
                    *depth += 1;
                }
                Kind::LeftBrace
            }
            '}' => Kind::RightBrace,
            '(' => Kind::LeftParen,
            ')' => Kind::RightParen,
            ',' => Kind::Comma,
            ';' => Kind::Semicolon,
            '.' => Kind::Dot,
            '+' => Kind::Plus,
            '-' => Kind::Minus,
            '*' => Kind::Times,
            '/' => Kind::Divide,
            '%' => Kind::Remainder,
            '&' => Kind::And,
            '|' => Kind::Or,
            ':' if self.eat(b'=') => Kind::Assign,
            ':' => Kind::Colon,
            '=' if self.eat(b'=') => Kind::Equal,
            '=' => Kind::Unify,
            '>' if self.eat(b'=') => Kind::GreaterEqual,
            '>' => Kind::Greater,
            '<' if self.eat(b'=') => Kind::LessEqual,
            '<' => Kind::Less,
            '!' if self.eat(b'=') => Kind::NotEqual,
            '!' => Kind::Illegal("`!` is no operator, write `not`"),
            '\u{a0}' => Kind::Illegal("a non-breaking space, use a regular one"),
            '\u{feff}' => Kind::Illegal("a byte-order mark inside the text"),
            '\0' => Kind::Illegal("a NUL byte"),
            _ => Kind::Illegal("a character that has no meaning outside of strings"),
        }
    }

    fn number(&mut self) -> Kind {
        let mut problem = None;
        self.digits();
        if self.eat(b'.') && !self.digits() {
            problem = Some("a number needs digits after its dot");
        }
        if matches!(self.byte(), b'e' | b'E') {
            self.at += 1;
            if matches!(self.byte(), b'+' | b'-') {
                self.at += 1;
            }
            if !self.digits() {
                problem = Some("a number needs digits in its exponent");
            }
        }
        if self.byte().is_ascii_alphabetic() || self.byte() == b'_' {
            while self.peek().is_some_and(is_word) {
                self.bump();
            }
            problem = Some("no number, and a name cannot begin with a digit");
        }
        problem.map_or(Kind::Number, Kind::Illegal)
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        self.at > start
    }

    fn string(&mut self) -> Kind {
        let mut problem = None;
        loop {
            match self.peek() {
                None | Some('\n') => {
                    return Kind::Illegal(
                        "a string is not closed, it needs another `\"` on its line",
                    );
                }
                Some('"') => {
                    self.at += 1;
                    return problem.map_or(Kind::String, Kind::Illegal);
                }
                Some('\\') => {
                    self.at += 1;
                    problem = self.escape().or(problem);
                }
                Some(other) => {
                    problem = unwanted(other).or(problem);
                    self.at += other.len_utf8();
                }
            }
        }
    }

    /// Steps over what follows a backslash; says what is wrong with it.
    fn escape(&mut self) -> Option<&'static str> {
        if matches!(
            self.byte(),
            b'\\' | b'"' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'
        ) {
            self.at += 1;
            None
        } else {
            Some(
                "a string has an escape that is none of \\\\ \\\" \\/ \\b \\f \\n \\r \\t \\uXXXX; a raw string (in backquotes) needs none",
            )
        }
    }

    /// Reads the text of a template string after its quote or after the brace of an expression.
    fn template(&mut self, raw: bool, first: bool) -> Kind {
        let quote = if raw { '`' } else { '"' };
        let mut problem = None;
        loop {
            match self.peek() {
                Some('\n') if raw => self.at += 1,
                None | Some('\n') => {
                    return Kind::Illegal("a template string is not closed");
                }
                Some('{') => {
                    self.at += 1;
                    if first {
                        self.templates.push((raw, 0));
                    }
                    let last = false;
                    return problem.map_or(Kind::Template { raw, first, last }, Kind::Illegal);
                }
                Some(other) if other == quote => {
                    self.at += 1;
                    if !first {
                        self.templates.pop();
                    }
                    let last = true;
                    return problem.map_or(Kind::Template { raw, first, last }, Kind::Illegal);
                }
                Some('\\') => {
                    self.at += 1;
                    if self.byte() == b'{' {
                        self.at += 1;
                    } else if !raw {
                        problem = self.escape().or(problem);
                    }
                }
                Some(other) => {
                    problem = unwanted(other).or(problem);
                    self.at += other.len_utf8();
                }
            }
        }
    }

    /// After a `}`: goes on with the text of a template string if it closed an expression of one.
    fn close_brace(&mut self) {
        match self.templates.last_mut() {
            Some((_, depth)) if *depth > 0 => *depth -= 1,
            Some((raw, _)) => {
                let (raw, start) = (*raw, self.at);
                let kind = self.template(raw, false);
                if matches!(kind, Kind::Illegal(_)) {
                    self.templates.pop();
                }
                self.push(kind, start, false, false);
            }
            None => {}
        }
    }
}

fn is_word(character: char) -> bool {
    character == '_'
        || character.is_ascii_alphanumeric()
        || (!character.is_ascii() && is_decimal_digit(character))
}

/// Decimal digits of other scripts may stand in names, as in OPA (`unicode.IsDigit`).
fn is_decimal_digit(character: char) -> bool {
    // Category Nd outside of the first planes comes in runs of ten; `is_numeric` also takes Nl and No,
    // which are no digits. Fullwidth and the common scripts are what names are ever written with.
    const ZEROS: [u32; 20] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6,
        0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10,
    ];
    let code = u32::from(character);
    ZEROS.iter().any(|zero| (*zero..zero + 10).contains(&code))
}

fn unwanted(character: char) -> Option<&'static str> {
    match character {
        '\0' => Some("a string holds a NUL byte"),
        '\u{feff}' => Some("a string holds a byte-order mark"),
        _ => None,
    }
}
