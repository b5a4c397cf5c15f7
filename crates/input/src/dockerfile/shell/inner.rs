//! Scripts that another script hands to a shell: strings of `sh -c`, heredocs.

use std::ops::Range;

use super::super::joined::Joined;
use super::PartKind;
use super::cursor::Parser;
use super::heredoc::Heredoc;
use super::word_parser::{Builder, PlacedWord};

/// A text that a shell gets as script.
#[derive(Debug, Default)]
pub(super) struct InnerScript {
    pub(super) text: Joined,
    /// What the shell around it expands; empty if it is all constant.
    pub(super) known: Vec<Known>,
}

impl InnerScript {
    /// The text behind its first `length` bytes.
    pub(super) fn without_start(mut self, length: usize) -> Self {
        if length > 0 {
            self.text = self.text.slice(length..self.text.text().len());
            self.known.retain(|known| known.range.start >= length);
            for known in &mut self.known {
                known.range = known.range.start - length..known.range.end - length;
            }
        }
        self
    }
}

/// An expansion that the shell around a script makes, once, before another shell gets the script.
#[derive(Clone, Debug)]
pub(super) struct Known {
    range: Range<usize>,
    kind: PartKind,
}

impl Known {
    pub(super) fn new(range: Range<usize>, kind: PartKind) -> Self {
        Self { range, kind }
    }

    pub(super) fn is_expansion(&self) -> bool {
        !matches!(self.kind, PartKind::Literal(_))
    }
}

impl Parser<'_> {
    /// Passes over an expansion that was read before.
    ///
    /// Read again, its commands would be there twice, and strings within strings take time without end.
    pub(super) fn pass_known(&mut self, builder: &mut Builder, quoted: bool) -> bool {
        let start = self.at;
        let index = self
            .known
            .binary_search_by_key(&start, |known| known.range.start);
        let Some(known) = index.ok().and_then(|index| self.known.get(index)) else {
            return false;
        };
        self.at = known.range.end;
        builder.part(self, known.range.clone(), known.kind.clone(), quoted);
        true
    }

    /// The expansions known in a part of this text, by their place in the part.
    pub(super) fn known_in(&self, part: Range<usize>) -> Vec<Known> {
        let first = self
            .known
            .partition_point(|known| known.range.start < part.start);
        let known = self.known.get(first..).unwrap_or_default().iter();
        let inside = known.take_while(|known| known.range.end <= part.end);
        let moved = inside.map(|known| {
            let range = known.range.start - part.start..known.range.end - part.start;
            Known::new(range, known.kind.clone())
        });
        moved.collect()
    }

    /// The text of words with their quotes removed.
    pub(super) fn unquoted(&self, words: &[PlacedWord]) -> InnerScript {
        let mut inner = InnerScript::default();
        for (index, placed) in words.iter().enumerate() {
            if index > 0 {
                inner.text.push_from(
                    self.source,
                    placed.range.start.saturating_sub(1)..placed.range.start,
                );
            }
            for (part, range) in placed.word.parts.iter().zip(&placed.ranges) {
                if let PartKind::Literal(text) = &part.kind {
                    self.push_literal(&mut inner.text, text, range.clone());
                } else {
                    self.push_known(&mut inner, range.clone(), part.kind.clone());
                }
            }
        }
        inner
    }

    /// The lines of a heredoc as a command gets them.
    pub(super) fn heredoc_text(&self, heredoc: &Heredoc) -> InnerScript {
        let mut inner = InnerScript::default();
        let mut known = heredoc.known.iter().peekable();
        let Range { start, end } = heredoc.body;
        let bytes = self.text.as_bytes();
        let (mut at, mut run) = (start, start);
        while at < end {
            let starts_line = at == start || bytes.get(at - 1) == Some(&b'\n');
            if heredoc.chomp && starts_line {
                inner.text.push_from(self.source, run..at);
                let line = bytes.get(at..end).unwrap_or_default();
                at += line.iter().take_while(|&&byte| byte == b'\t').count();
                run = at;
            }
            if let Some(expansion) = known.next_if(|known| known.range.start + start == at) {
                inner.text.push_from(self.source, run..at);
                run = start + expansion.range.end;
                self.push_known(&mut inner, at..run, expansion.kind.clone());
                at = run;
                continue;
            }
            let next = bytes.get(at..end).unwrap_or_default();
            at += 1;
            if let ([b'\\', b'$' | b'`' | b'\\', ..], true) = (next, heredoc.expands) {
                inner.text.push_from(self.source, run..at - 1);
                run = at;
                at += 1;
            }
        }
        inner.text.push_from(self.source, run..end);
        inner
    }

    fn push_known(&self, inner: &mut InnerScript, range: Range<usize>, kind: PartKind) {
        let start = inner.text.text().len();
        inner.text.push_from(self.source, range);
        let end = inner.text.text().len();
        inner.known.push(Known::new(start..end, kind));
    }

    /// Appends a literal whose source may hold backslashes that are not in it.
    fn push_literal(&self, joined: &mut Joined, text: &str, range: Range<usize>) {
        if self.slice(range.clone()) == text {
            joined.push_from(self.source, range);
            return;
        }
        let mut at = range.start;
        let mut buffer = [0; 4];
        for character in text.chars() {
            while let Some(rest) = self.slice(at..range.end).strip_prefix("\\\n") {
                at = range.end - rest.len();
            }
            if let Some(rest) = self.slice(at..range.end).strip_prefix('\\')
                && rest.starts_with(character)
            {
                at += 1;
            }
            let place = self.source.original(at);
            joined.push(place, character.encode_utf8(&mut buffer));
            at += character.len_utf8();
        }
    }
}
