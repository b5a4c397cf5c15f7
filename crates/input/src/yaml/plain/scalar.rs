//! Plain and quoted scalars.

use ringwall_model::Span;

use super::{Kind, PlainReader, ends_word};
use crate::yaml::tree::QUOTED;

/// Longest key in bytes; YAML allows 1024 characters.
pub(super) const MAX_KEY: usize = 1000;

/// The bytes that may end plain text, a bit for each; all of them are below 64.
const ENDS_TEXT: u64 = 1 << b'\t' | 1 << b'\n' | 1 << b'\r' | 1 << b' ' | 1 << b'#' | 1 << b':';

fn may_end_text(byte: u8) -> bool {
    byte < 64 && (ENDS_TEXT >> byte) & 1 == 1
}

/// A scalar that is not in the arena yet: it may turn out to be a key.
pub(super) struct Scalar {
    pub(super) span: Span,
    pub(super) kind: Kind,
    pub(super) flags: u8,
    pub(super) decoded: Option<String>,
    /// It goes over several lines, so it is no key.
    pub(super) is_folded: bool,
}

impl Scalar {
    /// Text without quotes.
    pub(super) fn plain(span: Span) -> Self {
        Self {
            span,
            kind: Kind::Plain,
            flags: 0,
            decoded: None,
            is_folded: false,
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
    /// A plain or quoted scalar outside brackets, over several lines where these are indented deeper
    /// than `parent`. Behind it stand blanks, `: `, a comment or the line's end.
    pub(super) fn scalar(&mut self, parent: Option<usize>) -> Option<Scalar> {
        match self.peek()? {
            b'"' => self.double_quoted(parent),
            b'\'' => self.single_quoted(parent),
            b':' | b'?' if !ends_word(self.bytes.get(self.at + 1)) => self.plain(parent),
            first => {
                self.begins_plain(first)?;
                self.plain(parent)
            }
        }
    }

    /// A plain or quoted scalar inside brackets.
    pub(super) fn flow_scalar(&mut self) -> Option<Scalar> {
        match self.peek()? {
            b'"' => self.double_quoted(None),
            b'\'' => self.single_quoted(None),
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
                (!flow && !ends_word(next) && next != Some(&b'.')).then_some(())
            }
            // May be no number that JSON has.
            b'.' if matches!(self.bytes.get(self.at + 1), Some(b'i' | b'I' | b'n' | b'N')) => None,
            b'+' if self.bytes.get(self.at + 1) == Some(&b'.') => None,
            b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|'
            | b'>' | b'%' | b'@' | b'`' | b'\t' | b' ' | b'\n' | b'\r' => None,
            _ => Some(()),
        }
    }

    fn plain(&mut self, parent: Option<usize>) -> Option<Scalar> {
        let start = self.at;
        let mut end = self.plain_line()?;
        let mut decoded: Option<String> = None;
        while let Some(parent) = parent
            && matches!(self.peek(), Some(b'\n' | b'\r'))
        {
            let line_break = self.at;
            let NextText::After(blank_lines) = self.next_text(parent)? else {
                self.at = line_break;
                break;
            };
            if self.peek() == Some(b'#') {
                self.at = line_break;
                break;
            }
            let from = self.at;
            let to = self.plain_line()?;
            if from == to {
                return None;
            }
            let text = &self.document.source.text;
            let decoded = match &mut decoded {
                Some(decoded) => decoded,
                None => decoded.insert(text.get(start..end)?.to_owned()),
            };
            fold(decoded, blank_lines);
            decoded.push_str(text.get(from..to)?);
            end = to;
        }
        let mut scalar = Scalar::plain(Span::new(start, end));
        scalar.is_folded = decoded.is_some();
        scalar.decoded = decoded;
        Some(scalar)
    }

    /// Goes to the end of plain text on this line; gives where its last character ends.
    fn plain_line(&mut self) -> Option<usize> {
        let mut end = self.at;
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let ordinary = rest
                .iter()
                .position(|&byte| may_end_text(byte))
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
        Some(end)
    }

    /// Goes from a line break to the next line with text.
    fn next_text(&mut self, parent: usize) -> Option<NextText> {
        self.skip_break();
        let mut blank_lines = 0;
        loop {
            let line = self.at;
            self.skip_spaces();
            match self.peek() {
                Some(b'\t') => return None,
                Some(b'\n' | b'\r') => {
                    self.skip_break();
                    blank_lines += 1;
                }
                Some(_) if self.at - line > parent => return Some(NextText::After(blank_lines)),
                _ => return Some(NextText::Elsewhere),
            }
        }
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

    fn single_quoted(&mut self, parent: Option<usize>) -> Option<Scalar> {
        let mut quoted = Quoted::new(self.at);
        self.at += 1;
        loop {
            match self.peek()? {
                b'\n' | b'\r' => self.fold_quoted(&mut quoted, parent)?,
                b'\'' if self.bytes.get(self.at + 1) == Some(&b'\'') => {
                    self.take(&mut quoted, self.at)?.push('\'');
                    self.at += 2;
                    quoted.pending = self.at;
                }
                b'\'' => return self.end_quoted(quoted),
                _ => self.at += 1,
            }
        }
    }

    fn double_quoted(&mut self, parent: Option<usize>) -> Option<Scalar> {
        let mut quoted = Quoted::new(self.at);
        self.at += 1;
        loop {
            match self.peek()? {
                b'\n' | b'\r' => self.fold_quoted(&mut quoted, parent)?,
                b'\\' if matches!(self.bytes.get(self.at + 1), Some(b'\n' | b'\r')) => {
                    self.take(&mut quoted, self.at)?;
                    self.at += 1;
                    let NextText::After(0) = self.next_text(parent?)? else {
                        return None;
                    };
                    quoted.is_folded = true;
                    quoted.pending = self.at;
                }
                b'\\' => {
                    let escaped = unescape(*self.bytes.get(self.at + 1)?)?;
                    self.take(&mut quoted, self.at)?.push(escaped);
                    self.at += 2;
                    quoted.pending = self.at;
                }
                b'"' => return self.end_quoted(quoted),
                _ => self.at += 1,
            }
        }
    }

    /// A line break in quotes: blanks around it go, it becomes a blank itself or the breaks behind it.
    fn fold_quoted(&mut self, quoted: &mut Quoted, parent: Option<usize>) -> Option<()> {
        let written = self.bytes.get(quoted.pending..self.at)?;
        let blanks = written
            .iter()
            .rev()
            .take_while(|&&byte| byte == b' ')
            .count();
        let end = self.at - blanks;
        if end > quoted.pending && self.bytes.get(end - 1) == Some(&b'\t') {
            return None;
        }
        self.take(quoted, end)?;
        let NextText::After(blank_lines) = self.next_text(parent?)? else {
            return None;
        };
        fold(quoted.decoded.get_or_insert_default(), blank_lines);
        quoted.is_folded = true;
        quoted.pending = self.at;
        Some(())
    }

    /// Copies what is written up to `end`.
    fn take<'q>(&self, quoted: &'q mut Quoted, end: usize) -> Option<&'q mut String> {
        let text = quoted.decoded.get_or_insert_default();
        text.push_str(self.document.source.text.get(quoted.pending..end)?);
        Some(text)
    }

    /// At the closing quote.
    fn end_quoted(&mut self, mut quoted: Quoted) -> Option<Scalar> {
        if quoted.decoded.is_some() {
            self.take(&mut quoted, self.at)?;
        }
        self.at += 1;
        Some(Scalar {
            span: Span::new(quoted.start, self.at),
            kind: Kind::Text,
            flags: if quoted.decoded.is_some() { 0 } else { QUOTED },
            decoded: quoted.decoded,
            is_folded: quoted.is_folded,
        })
    }
}

/// What follows a line break inside a scalar.
enum NextText {
    /// Text that is indented deeper than the parent, after so many blank lines.
    After(usize),
    /// Nothing, or text that is no part of the scalar.
    Elsewhere,
}

/// A quoted scalar whose end is not reached.
struct Quoted {
    start: usize,
    /// From where nothing is copied to `decoded` yet.
    pending: usize,
    /// The text so far, where it is not what is written.
    decoded: Option<String>,
    is_folded: bool,
}

impl Quoted {
    fn new(start: usize) -> Self {
        Self {
            start,
            pending: start + 1,
            decoded: None,
            is_folded: false,
        }
    }
}

/// Adds what the break between two lines of a scalar means.
fn fold(text: &mut String, blank_lines: usize) {
    if blank_lines == 0 {
        text.push(' ');
    }
    text.extend(std::iter::repeat_n('\n', blank_lines));
}

/// The character that a backslash and this letter mean.
fn unescape(letter: u8) -> Option<char> {
    Some(match letter {
        b'n' => '\n',
        b't' => '\t',
        b'r' => '\r',
        b'"' => '"',
        b'\\' => '\\',
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
