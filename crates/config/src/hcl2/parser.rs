//! Bodies of HCL, and the ground that expressions and templates stand on: characters, blanks, names.

use super::syntax::{Attribute, Block, Body};
use crate::{MAX_DEPTH, ParseError};

pub(super) fn parse(text: &str) -> Result<Body, ParseError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    let body = parser.body()?;
    if parser.at < text.len() {
        return Err(parser.error("unexpected }"));
    }
    Ok(body)
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    /// Open blocks, brackets, templates and operators.
    depth: usize,
}

/// Whether a line break ends what is being read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lines {
    /// Outside brackets, and between the items of an object.
    End,
    /// In parentheses, brackets and interpolations.
    Skip,
}

impl<'a> Parser<'a> {
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.text, self.at, message)
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        self.rest().starts_with(text)
    }

    /// Moves behind the text if it is there.
    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn expect(&mut self, text: &str) -> Result<(), ParseError> {
        if self.eat(text) {
            return Ok(());
        }
        Err(self.error(format!("expected {text}")))
    }

    /// Reads something one level deeper.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ParseError>,
    ) -> Result<T, ParseError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    /// Moves behind blanks and comments. A comment up to the end of its line leaves the line break.
    pub(super) fn blanks(&mut self, lines: Lines) -> Result<(), ParseError> {
        loop {
            let rest = self.rest();
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\n') if lines == Lines::Skip => self.at += 1,
                Some('#') => self.line(),
                Some('/') if rest.starts_with("//") => self.line(),
                Some('/') if rest.starts_with("/*") => match rest.find("*/") {
                    Some(end) => self.at += end + 2,
                    None => return Err(self.error("comment without an end")),
                },
                _ => return Ok(()),
            }
        }
    }

    fn line(&mut self) {
        let rest = self.rest();
        self.at += rest.find('\n').unwrap_or(rest.len());
    }

    /// The name that starts here.
    pub(super) fn name(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let is_start = |c: char| c.is_alphabetic() || c == '_';
        if !rest.starts_with(is_start) {
            return None;
        }
        let end = rest
            .find(|c: char| !is_start(c) && !c.is_numeric() && c != '-')
            .unwrap_or(rest.len());
        self.at += end;
        rest.get(..end)
    }

    /// Attributes and blocks up to a closing brace or the end of the file.
    fn body(&mut self) -> Result<Body, ParseError> {
        let mut body = Body::default();
        loop {
            self.blanks(Lines::Skip)?;
            if matches!(self.peek(), None | Some('}')) {
                return Ok(body);
            }
            let at = self.at;
            let name = self
                .name()
                .ok_or_else(|| self.error("expected an argument or a block"))?;
            self.blanks(Lines::End)?;
            if self.peek() == Some('=') && !self.starts_with("==") {
                self.at += 1;
                if body.attributes.iter().any(|known| known.name == name) {
                    self.at = at;
                    return Err(self.error(format!("{name} is set twice")));
                }
                let value = self.expression(Lines::End)?;
                body.attributes.push(Attribute {
                    name: name.to_owned(),
                    value,
                });
            } else {
                body.blocks.push(self.block(at, name)?);
            }
            self.blanks(Lines::End)?;
            if !matches!(self.peek(), None | Some('\n' | '}')) {
                return Err(self.error("expected the end of the line"));
            }
        }
    }

    /// Labels and body of a block whose type was read.
    fn block(&mut self, at: usize, name: &str) -> Result<Block, ParseError> {
        let mut path = vec![name.to_owned()];
        loop {
            self.blanks(Lines::End)?;
            match self.peek() {
                Some('{') => break,
                Some('"') => path.push(self.label()?),
                _ => match self.name() {
                    Some(label) => path.push(label.to_owned()),
                    None => return Err(self.error("expected = or a label or {")),
                },
            }
        }
        self.at += 1;
        let body = self.nested(Self::body)?;
        self.expect("}")?;
        Ok(Block { at, path, body })
    }
}
