//! Words: quotes, escapes, expansions.

use std::ops::Range;

use super::cursor::{Parser, Result};
use super::{FactKind, Part, PartKind, ShellWord};

/// A word while it is read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) parts: Vec<Part>,
    /// Where each part stands in the text being read.
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) segments: Vec<Segment>,
}

/// A stretch of a word with one kind of quotes, or without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Double,
    Single,
    Bare(Range<usize>),
    Other,
}

impl Builder {
    pub(super) fn literal(
        &mut self,
        parser: &Parser<'_>,
        range: Range<usize>,
        text: &str,
        quoted: bool,
    ) {
        if let (Some(last), Some(before)) = (self.parts.last_mut(), self.ranges.last_mut())
            && last.quoted == quoted
            && before.end == range.start
            && let PartKind::Literal(value) = &mut last.kind
        {
            value.push_str(text);
            before.end = range.end;
            last.span = parser.span(before.clone());
            return;
        }
        let kind = PartKind::Literal(text.to_owned());
        self.part(parser, range, kind, quoted);
    }

    pub(super) fn part(
        &mut self,
        parser: &Parser<'_>,
        range: Range<usize>,
        kind: PartKind,
        quoted: bool,
    ) {
        self.parts.push(Part {
            span: parser.span(range.clone()),
            kind,
            quoted,
        });
        self.ranges.push(range);
    }

    fn bare(&mut self, range: Range<usize>) {
        match self.segments.last_mut() {
            Some(Segment::Bare(before)) if before.end == range.start => before.end = range.end,
            _ => self.segments.push(Segment::Bare(range)),
        }
    }
}

/// A word and where its parts stand in the text it was read from.
#[derive(Clone, Debug, Default)]
pub(super) struct PlacedWord {
    pub(super) word: ShellWord,
    pub(super) range: Range<usize>,
    pub(super) ranges: Vec<Range<usize>>,
}

/// Bytes that end a run of plain text.
fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b';'
            | b'&'
            | b'|'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b'\\'
            | b'\''
            | b'"'
            | b'`'
            | b'$'
    )
}

impl<'a> Parser<'a> {
    /// Reads a word; `splits` says whether the shell splits what expansions in it give.
    pub(super) fn word(&mut self, splits: bool) -> Result<PlacedWord> {
        let start = self.at;
        let mut builder = Builder::default();
        while let Some(next) = self.peek() {
            let at = self.at;
            match next {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'\r' if matches!(self.peek_at(1), Some(b'\n') | None) => break,
                b'<' | b'>' => {
                    if self.peek_at(1) != Some(b'(') {
                        break;
                    }
                    self.process_substitution(&mut builder)?;
                }
                b'(' => {
                    let before = self.text.as_bytes().get(at.wrapping_sub(1));
                    let is_glob = at > start && before.is_some_and(|byte| b"?*+@!".contains(byte));
                    if !is_glob {
                        break;
                    }
                    self.extended_glob(&mut builder)?;
                }
                b'\\' => self.escape(&mut builder),
                b'\'' => {
                    self.single_quoted(&mut builder)?;
                    builder.segments.push(Segment::Single);
                }
                b'"' => {
                    self.double_quoted(&mut builder)?;
                    builder.segments.push(Segment::Double);
                }
                b'`' => {
                    self.backticks(&mut builder, false, splits)?;
                    builder.segments.push(Segment::Other);
                }
                b'$' => {
                    self.dollar(&mut builder, false, splits)?;
                    builder.segments.push(Segment::Other);
                }
                _ => {
                    self.plain(is_special);
                    let range = at..self.at;
                    builder.literal(self, range.clone(), self.slice(range.clone()), false);
                    builder.bare(range);
                }
            }
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(self.finish(start, builder))
    }

    /// Passes over at least one byte, and up to one that `ends` the run.
    pub(super) fn plain(&mut self, ends: fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().position(|&byte| ends(byte));
        self.at += 1 + length.unwrap_or(rest.len());
    }

    fn finish(&mut self, start: usize, builder: Builder) -> PlacedWord {
        let range = start..self.at;
        self.note_quotes(&builder.segments);
        let literal: Option<String> = builder
            .parts
            .iter()
            .map(|part| match &part.kind {
                PartKind::Literal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        PlacedWord {
            word: ShellWord {
                span: self.span(range.clone()),
                text: self.slice(range.clone()).to_owned(),
                literal,
                parts: builder.parts,
            },
            range,
            ranges: builder.ranges,
        }
    }

    fn note_quotes(&mut self, segments: &[Segment]) {
        for three in segments.windows(3) {
            let [before, Segment::Bare(range), after] = three else {
                continue;
            };
            let text = self.slice(range.clone());
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            match (before, after) {
                (Segment::Double, Segment::Double) if !["=", ":", "/"].contains(&text) => {
                    self.note(range.clone(), FactKind::MixedQuotes);
                }
                (Segment::Single, Segment::Single) if text.bytes().all(plain) => {
                    self.note(range.clone(), FactKind::UnquotedWord);
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self, builder: &mut Builder) {
        let start = self.at;
        self.at += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return;
        }
        let text_start = self.at;
        if self.peek().is_some() {
            self.skip_char();
        }
        // A backslash at the very end stands for itself.
        let text = match self.slice(text_start..self.at) {
            "" => "\\",
            text => text,
        };
        builder.literal(self, start..self.at, text, true);
        builder.bare(start..self.at);
    }

    pub(super) fn single_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 1;
        let Some(length) = memchr::memchr(b'\'', self.rest().as_bytes()) else {
            return Err(self.error(start..start + 1, "a single quote is not closed"));
        };
        let range = self.at..self.at + length;
        self.at = range.end + 1;
        let text = self.slice(range.clone());
        builder.literal(self, range, text, true);
        Ok(())
    }

    /// Reads from one double quote to the other.
    pub(super) fn double_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 1;
        let mut is_empty = true;
        loop {
            let at = self.at;
            match self.peek() {
                None => {
                    return Err(self.error(start..start + 1, "a double quote is not closed"));
                }
                Some(b'"') => {
                    if is_empty {
                        builder.literal(self, at..at, "", true);
                    }
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.peek_at(1) {
                    Some(b'$' | b'`' | b'"' | b'\\') => {
                        self.at += 2;
                        builder.literal(self, at..at + 2, self.slice(at + 1..at + 2), true);
                    }
                    Some(b'\n') => self.at += 2,
                    _ => {
                        self.at += 1;
                        builder.literal(self, at..at + 1, "\\", true);
                    }
                },
                Some(b'$') => self.dollar(builder, true, false)?,
                Some(b'`') => self.backticks(builder, true, false)?,
                Some(_) => {
                    self.plain(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'`'));
                    builder.literal(self, at..self.at, self.slice(at..self.at), true);
                }
            }
            is_empty = false;
        }
    }

    /// `$'...'`.
    pub(super) fn ansi_c_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 2;
        loop {
            match self.peek() {
                None => {
                    return Err(self.error(start..start + 2, "a single quote is not closed"));
                }
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.at += 1;
                    self.skip_char();
                }
                Some(_) => self.at += 1,
            }
        }
        let range = start + 2..self.at;
        self.at += 1;
        self.bashism(start..self.at, "$'...' quotes");
        let text = self.slice(range.clone());
        builder.literal(self, range, text, true);
        Ok(())
    }

    /// Passes over a variable name, if one stands here.
    pub(super) fn name(&mut self) -> &'a str {
        let start = self.at;
        if self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            self.plain(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
        }
        self.slice(start..self.at)
    }

    /// `(a|b)` behind one of `?*+@!`.
    fn extended_glob(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        let mut ignored = Builder::default();
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None | Some(b'\n') => {
                    return Err(self.error(start..start + 1, "a parenthesis is not closed"));
                }
                Some(b'(') => {
                    open += 1;
                    self.at += 1;
                }
                Some(b')') => {
                    open -= 1;
                    self.at += 1;
                    if open == 0 {
                        break;
                    }
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.skip_char();
                }
                Some(b'\'') => self.single_quoted(&mut ignored)?,
                Some(b'"') => self.double_quoted(&mut ignored)?,
                Some(b'$') => self.dollar(&mut ignored, true, false)?,
                Some(b'`') => self.backticks(&mut ignored, true, false)?,
                Some(_) => self.at += 1,
            }
        }
        self.bashism(start - 1..self.at, "extended globs");
        let range = start..self.at;
        builder.literal(self, range.clone(), self.slice(range), false);
        Ok(())
    }
}
