//! Text to tokens.

use std::sync::Arc;

use super::{ast::Literal, literal};
use crate::error::{Error, Span};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Ident(String),
    /// A name between back quotes, allowed where a field is named.
    Quoted(String),
    Null,
    Bool(bool),
    In,
    /// Digits of a decimal or, after `0x`, hexadecimal number, whose sign is not known yet.
    Int {
        digits: String,
        radix: u32,
    },
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
    /// An operator or bracket, by its text.
    Symbol(&'static str),
    End,
}

impl Token {
    /// What to call it in a message.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Ident(name) => format!("'{name}'"),
            Self::Quoted(name) => format!("'`{name}`'"),
            Self::Null => "'null'".to_owned(),
            Self::Bool(value) => format!("'{value}'"),
            Self::In => "'in'".to_owned(),
            Self::Int { .. } | Self::Uint(_) | Self::Double(_) => "a number".to_owned(),
            Self::String(_) => "a string".to_owned(),
            Self::Bytes(_) => "bytes".to_owned(),
            Self::Symbol(symbol) => format!("'{symbol}'"),
            Self::End => "<EOF>".to_owned(),
        }
    }

    pub(crate) fn literal(&self) -> Option<Literal> {
        Some(match self {
            Self::Null => Literal::Null,
            Self::Bool(value) => Literal::Bool(*value),
            Self::Uint(value) => Literal::Uint(*value),
            Self::Double(value) => Literal::Double(*value),
            Self::String(value) => Literal::String(Arc::clone(value)),
            Self::Bytes(value) => Literal::Bytes(Arc::clone(value)),
            _ => return None,
        })
    }
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "-", "+", "*", "/", "%", "?", ":", ".", ",",
    "(", ")", "[", "]", "{", "}", "=",
];

/// All tokens of a text, with [`Token::End`] last.
pub(crate) fn tokens(text: &str) -> Result<Vec<(Token, Span)>, Error> {
    let mut lexer = Lexer {
        text,
        position: 0,
        tokens: Vec::with_capacity(text.len() / 4 + 1),
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'t> {
    text: &'t str,
    position: usize,
    tokens: Vec<(Token, Span)>,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn error(&self, start: usize, message: impl Into<String>) -> Error {
        Error::new(
            self.text,
            Span::new(start, self.position.max(start + 1)),
            message,
        )
    }

    fn push(&mut self, start: usize, token: Token) {
        self.tokens.push((token, Span::new(start, self.position)));
    }

    fn run(&mut self) -> Result<(), Error> {
        loop {
            self.skip_blanks();
            let start = self.position;
            let rest = self.rest();
            let Some(first) = rest.chars().next() else {
                self.push(start, Token::End);
                return Ok(());
            };
            if let Some(token) = self.quoted(rest)? {
                self.push(start, token);
            } else if first.is_ascii_alphabetic() || first == '_' {
                self.word(rest);
            } else if first.is_ascii_digit()
                || (first == '.' && rest.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
            {
                self.number(rest)?;
            } else if first == '`' {
                self.back_quoted(rest)?;
            } else if let Some(symbol) = SYMBOLS.iter().find(|symbol| rest.starts_with(**symbol))
                && *symbol != "="
            {
                self.position += symbol.len();
                self.push(start, Token::Symbol(symbol));
            } else {
                return Err(self.error(
                    start,
                    format!("Syntax error: token recognition error at: '{first}'"),
                ));
            }
        }
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r', '\x0c']);
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.position += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn word(&mut self, rest: &str) {
        let start = self.position;
        let length = rest
            .find(|character: char| !character.is_ascii_alphanumeric() && character != '_')
            .unwrap_or(rest.len());
        self.position += length;
        let token = match rest.get(..length).unwrap_or_default() {
            "true" => Token::Bool(true),
            "false" => Token::Bool(false),
            "null" => Token::Null,
            "in" => Token::In,
            word => Token::Ident(word.to_owned()),
        };
        self.push(start, token);
    }

    fn back_quoted(&mut self, rest: &str) -> Result<(), Error> {
        let start = self.position;
        let name = rest
            .get(1..)
            .and_then(|inside| inside.split_once('`'))
            .map(|(name, _)| name)
            .filter(|name| {
                !name.is_empty()
                    && name.chars().all(|character| {
                        character.is_ascii_alphanumeric() || "_.-/ ".contains(character)
                    })
            });
        let Some(name) = name else {
            return Err(self.error(start, "Syntax error: not a name between back quotes"));
        };
        self.position += name.len() + 2;
        self.push(start, Token::Quoted(name.to_owned()));
        Ok(())
    }

    fn number(&mut self, rest: &str) -> Result<(), Error> {
        let start = self.position;
        let bytes = rest.as_bytes();
        let digits_from = |from: usize| {
            bytes
                .iter()
                .skip(from)
                .take_while(|byte| byte.is_ascii_digit())
                .count()
        };
        let is_unsigned = |at: usize| matches!(bytes.get(at), Some(b'u' | b'U'));
        if rest.starts_with("0x") || rest.starts_with("0X") {
            let length = bytes
                .iter()
                .skip(2)
                .take_while(|byte| byte.is_ascii_hexdigit())
                .count();
            if length > 0 {
                return self.whole_number(start, 2, length, 16, is_unsigned(2 + length));
            }
        }
        let whole = digits_from(0);
        let mut end = whole;
        if bytes.get(end) == Some(&b'.') {
            let fraction = digits_from(end + 1);
            if fraction > 0 {
                end += 1 + fraction;
            }
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits_from(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        if end == whole {
            return self.whole_number(start, 0, whole, 10, is_unsigned(whole));
        }
        self.position += end;
        let value: f64 = rest
            .get(..end)
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| self.error(start, "invalid double literal"))?;
        if value.is_infinite() {
            return Err(self.error(start, "invalid double literal"));
        }
        self.push(start, Token::Double(value));
        Ok(())
    }

    fn whole_number(
        &mut self,
        start: usize,
        prefix: usize,
        length: usize,
        radix: u32,
        unsigned: bool,
    ) -> Result<(), Error> {
        let digits = self
            .rest()
            .get(prefix..prefix + length)
            .unwrap_or_default()
            .to_owned();
        self.position += prefix + length + usize::from(unsigned);
        let token = if unsigned {
            let value = u64::from_str_radix(&digits, radix)
                .map_err(|_| self.error(start, "invalid uint literal"))?;
            Token::Uint(value)
        } else {
            Token::Int { digits, radix }
        };
        self.push(start, token);
        Ok(())
    }

    /// A string or bytes, if one begins here.
    fn quoted(&mut self, rest: &'t str) -> Result<Option<Token>, Error> {
        let mut body = rest;
        let mut is_bytes = false;
        let mut is_raw = false;
        if let Some(after) = body.strip_prefix(['b', 'B']) {
            is_bytes = true;
            body = after;
        }
        if let Some(after) = body.strip_prefix(['r', 'R']) {
            is_raw = true;
            body = after;
        }
        let delimiter = ["\"\"\"", "'''", "\"", "'"]
            .into_iter()
            .find(|delimiter| body.starts_with(delimiter));
        let Some(delimiter) = delimiter else {
            return Ok(None);
        };
        let start = self.position;
        let prefix = rest.len() - body.len() + delimiter.len();
        let inside = rest.get(prefix..).unwrap_or_default();
        let Some(length) = closing(inside, delimiter, is_raw) else {
            return Err(self.error(
                start,
                format!("Syntax error: token recognition error: no closing {delimiter}"),
            ));
        };
        self.position += prefix + length + delimiter.len();
        let content = inside.get(..length).unwrap_or_default();
        let token = if is_bytes {
            literal::bytes(content, is_raw).map(|bytes| Token::Bytes(bytes.into()))
        } else {
            literal::string(content, is_raw).map(|text| Token::String(text.into()))
        };
        token
            .map(Some)
            .map_err(|message| self.error(start, message))
    }
}

/// Where the closing delimiter begins.
fn closing(inside: &str, delimiter: &str, is_raw: bool) -> Option<usize> {
    let mut characters = inside.char_indices();
    while let Some((index, character)) = characters.next() {
        if inside.get(index..)?.starts_with(delimiter) {
            return Some(index);
        }
        match character {
            '\n' | '\r' if delimiter.len() == 1 => return None,
            '\\' if !is_raw => {
                characters.next();
            }
            _ => {}
        }
    }
    None
}
