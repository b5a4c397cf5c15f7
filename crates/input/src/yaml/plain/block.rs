//! Literal (`|`) and folded (`>`) block scalars.

use ringwall_model::Span;

use super::{Kind, PlainReader, Waiting};
use crate::yaml::tree::NodeData;

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Strip,
    Clip,
    Keep,
}

impl PlainReader<'_> {
    /// A block scalar from its indicator up to the first line that is not part of it.
    pub(super) fn block_scalar(&mut self) -> Option<()> {
        let parent = self.open.last()?.column;
        let folded = self.peek()? == b'>';
        self.at += 1;
        let chomping = match self.peek()? {
            b'-' => Chomping::Strip,
            b'+' => Chomping::Keep,
            _ => Chomping::Clip,
        };
        if chomping != Chomping::Clip {
            self.at += 1;
        }
        self.skip_spaces();
        if !matches!(self.peek()?, b'\n' | b'\r') {
            return None;
        }
        self.skip_break();
        let (indentation, breaks) = self.first_line(parent)?;
        let start = self.at;
        let text = self.lines(indentation, breaks, folded, chomping)?;
        let span = self.document.block_span(Span::new(start, self.at));
        let (aux, flags) = self.document.locate(text.into(), span);
        self.document.push(NodeData {
            span,
            next: 0,
            aux,
            kind: Kind::Text,
            flags,
            print: 0,
        });
        self.end = span.end;
        self.waiting = Waiting::Entry;
        Some(())
    }

    /// Goes to the first text; gives its indentation and the number of blank lines before it.
    fn first_line(&mut self, parent: usize) -> Option<(usize, usize)> {
        let mut breaks = 0;
        let mut widest = 0;
        loop {
            let line = self.at;
            self.skip_spaces();
            let spaces = self.at - line;
            match self.peek()? {
                b'\n' | b'\r' => {
                    self.skip_break();
                    breaks += 1;
                    widest = widest.max(spaces);
                }
                b'\t' => return None,
                _ => return (spaces > parent && spaces >= widest).then_some((spaces, breaks)),
            }
        }
    }

    /// The text; stands then at the start of the first line behind it.
    fn lines(
        &mut self,
        indentation: usize,
        blank_lines: usize,
        folded: bool,
        chomping: Chomping,
    ) -> Option<String> {
        let mut text = String::new();
        // Breaks of blank lines that are not yet in the text.
        let mut breaks = blank_lines;
        // Whether the line before ended with a break, and whether it began with a blank.
        let mut after_break = false;
        let mut after_blank = false;
        loop {
            let blank = matches!(self.peek(), Some(b' ' | b'\t'));
            if folded && after_break && !after_blank && !blank {
                if breaks == 0 {
                    text.push(' ');
                }
            } else if after_break {
                text.push('\n');
            }
            text.extend(std::iter::repeat_n('\n', breaks));
            breaks = 0;
            after_blank = blank;
            let end = self.line_end();
            text.push_str(self.document.source.text.get(self.at..end)?);
            self.at = end;
            if self.peek().is_none() {
                break;
            }
            self.skip_break();
            after_break = true;
            if !self.next_line(indentation, &mut breaks) {
                break;
            }
        }
        // The last line counts as ended even where the file ends with it.
        if chomping != Chomping::Strip {
            text.push('\n');
        }
        if chomping == Chomping::Keep {
            text.extend(std::iter::repeat_n('\n', breaks));
        }
        Some(text)
    }

    /// Skips blank lines and the indentation of the next; whether that line belongs to the text.
    fn next_line(&mut self, indentation: usize, breaks: &mut usize) -> bool {
        loop {
            let line = self.at;
            while self.at - line < indentation && self.peek() == Some(b' ') {
                self.at += 1;
            }
            match self.peek() {
                Some(b'\n' | b'\r') => {
                    self.skip_break();
                    *breaks += 1;
                }
                Some(_) if self.at - line == indentation => return true,
                _ => {
                    self.at = line;
                    return false;
                }
            }
        }
    }
}
