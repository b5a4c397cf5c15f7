//! Scalars on one line.

use ringwall_model::Span;

use super::{Kind, PlainReader, ends_word};
use crate::yaml::tree::QUOTED;

/// Longest key in bytes; YAML allows 1024 characters.
pub(super) const MAX_KEY: usize = 1000;

/// A scalar that is not in the arena yet: it may turn out to be a key.
pub(super) struct Scalar {
    pub(super) span: Span,
    pub(super) kind: Kind,
    pub(super) flags: u8,
    pub(super) decoded: Option<String>,
}

impl Scalar {
    /// Text without quotes.
    pub(super) fn plain(span: Span) -> Self {
        Self {
            span,
            kind: Kind::Plain,
            flags: 0,
            decoded: None,
        }
    }

    /// What it means, if it means what is written.
    pub(super) fn written<'s>(&self, bytes: &'s [u8]) -> Option<&'s [u8]> {
        if self.decoded.is_some() {
            return None;
        }
        let quote = usize::from(self.kind == Kind::Text);
        let range = self.span.range();
        bytes.get(range.start + quote..range.end - quote)
    }
}

impl PlainReader<'_> {
    /// A plain or quoted scalar between blocks; behind it stand blanks, `: `, a comment or the line's end.
    pub(super) fn scalar(&mut self) -> Option<Scalar> {
        match self.peek()? {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            first => {
                self.begins_plain(first)?;
                self.plain()
            }
        }
    }

    /// A plain or quoted scalar inside brackets.
    pub(super) fn flow_scalar(&mut self) -> Option<Scalar> {
        match self.peek()? {
            b'"' => self.double_quoted(),
            b'\'' => self.single_quoted(),
            first => {
                self.begins_plain(first)?;
                self.flow_plain()
            }
        }
    }

    /// Gives up at characters that begin something else, or nothing at all.
    fn begins_plain(&self, first: u8) -> Option<()> {
        match first {
            b'-' => {
                let next = self.bytes.get(self.at + 1);
                let flow = matches!(next, Some(b',' | b'[' | b']' | b'{' | b'}'));
                (!flow && !ends_word(next)).then_some(())
            }
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
            | b'>' | b'%' | b'@' | b'`' | b'\t' | b' ' | b'\n' | b'\r' => None,
            _ => Some(()),
        }
    }

    fn plain(&mut self) -> Option<Scalar> {
        let start = self.at;
        let mut end = start;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let ordinary = rest
                .iter()
                .position(|byte| matches!(byte, b'\t' | b'\n' | b'\r' | b' ' | b'#' | b':'))
                .unwrap_or(rest.len());
            self.at += ordinary;
            if ordinary > 0 {
                end = self.at;
            }
            match self.peek() {
                None | Some(b'\n' | b'\r') => break,
                Some(b'\t') => return None,
                Some(b' ') => self.at += 1,
                Some(b'#') if end < self.at => break,
                Some(b':') if ends_word(self.bytes.get(self.at + 1)) => break,
                Some(_) => {
                    self.at += 1;
                    end = self.at;
                }
            }
        }
        Some(Scalar::plain(Span::new(start, end)))
    }

    fn flow_plain(&mut self) -> Option<Scalar> {
        let start = self.at;
        let mut end = start;
        loop {
            match self.peek()? {
                b'\t' | b'\n' | b'\r' => return None,
                b',' | b'[' | b']' | b'{' | b'}' => break,
                b' ' => {
                    self.at += 1;
                    continue;
                }
                b'#' if end < self.at => return None,
                b':' => match self.bytes.get(self.at + 1) {
                    Some(b',' | b'[' | b']' | b'{' | b'}') => return None,
                    next if ends_word(next) => break,
                    _ => {}
                },
                _ => {}
            }
            self.at += 1;
            end = self.at;
        }
        Some(Scalar::plain(Span::new(start, end)))
    }

    fn single_quoted(&mut self) -> Option<Scalar> {
        let start = self.at;
        let mut doubled = false;
        loop {
            self.at += 1;
            match self.peek()? {
                b'\n' | b'\r' => return None,
                b'\'' if self.bytes.get(self.at + 1) == Some(&b'\'') => {
                    doubled = true;
                    self.at += 1;
                }
                b'\'' => break,
                _ => {}
            }
        }
        self.at += 1;
        let mut scalar = Self::quoted(Span::new(start, self.at));
        if doubled {
            let inside = self.document.source.text.get(start + 1..self.at - 1)?;
            scalar.decoded = Some(inside.replace("''", "'"));
            scalar.flags = 0;
        }
        Some(scalar)
    }

    fn double_quoted(&mut self) -> Option<Scalar> {
        let start = self.at;
        self.at += 1;
        let mut decoded = None;
        // What is not yet copied to `decoded`.
        let mut pending = self.at;
        loop {
            match self.peek()? {
                b'\n' | b'\r' => return None,
                b'"' => break,
                b'\\' => {
                    let written = self.document.source.text.get(pending..self.at)?;
                    let escaped = unescape(*self.bytes.get(self.at + 1)?)?;
                    let text = decoded.get_or_insert_with(String::new);
                    text.push_str(written);
                    text.push(escaped);
                    self.at += 2;
                    pending = self.at;
                }
                _ => self.at += 1,
            }
        }
        let written = self.document.source.text.get(pending..self.at)?;
        self.at += 1;
        let mut scalar = Self::quoted(Span::new(start, self.at));
        if let Some(mut text) = decoded {
            text.push_str(written);
            scalar.decoded = Some(text);
            scalar.flags = 0;
        }
        Some(scalar)
    }

    fn quoted(span: Span) -> Scalar {
        Scalar {
            span,
            kind: Kind::Text,
            flags: QUOTED,
            decoded: None,
        }
    }
}

/// The character that a backslash and this letter mean.
fn unescape(letter: u8) -> Option<char> {
    Some(match letter {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b' ' => ' ',
        b'0' => '\0',
        b'a' => '\u{7}',
        b'b' => '\u{8}',
        b'e' => '\u{1b}',
        b'f' => '\u{c}',
        b'v' => '\u{b}',
        _ => return None,
    })
}
