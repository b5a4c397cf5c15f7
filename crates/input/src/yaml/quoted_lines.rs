//! Quoted texts whose lines go on at any column.
//!
//! YAML asks that such a line is indented deeper than the collection around it. The library behind kubectl does not:
//! it drops the blanks before the line, tabs too, and reads on. The parser used here refuses the document, so those
//! lines are given the indentation they lack, and every place is told as it is in the source. Blanks at the start of
//! a line in quotes or in brackets mean nothing, so nothing is read otherwise than kubectl reads it; where a line
//! turns out to be anything else, the document stays refused.

use std::{borrow::Cow, ops::Range};

use granit_parser::ErrorKind;

/// Readings of one text; each mends lines up to the next one that has a quotation mark.
const MAX_READINGS: usize = 64;

/// Widest indentation that is given, and most bytes of it in all.
const MAX_WIDTH: usize = 512;
const MAX_ADDED: usize = 4 << 20;

/// The lines of a text that are given more indentation.
#[derive(Debug, Default)]
pub(super) struct QuotedLines {
    /// Where the lines start in the text, in order.
    starts: Vec<usize>,
    /// Blanks put before each.
    width: usize,
    readings: usize,
}

impl QuotedLines {
    /// The text with what its lines lack.
    pub(super) fn widen<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.starts.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut wide = String::with_capacity(text.len() + self.starts.len() * self.width);
        let mut from = 0;
        for &start in &self.starts {
            wide.push_str(text.get(from..start).unwrap_or_default());
            wide.extend(std::iter::repeat_n(' ', self.width));
            from = start;
        }
        wide.push_str(text.get(from..).unwrap_or_default());
        Cow::Owned(wide)
    }

    /// Where a place of the widened text is in the text itself.
    pub(super) fn place(&self, wide: usize) -> usize {
        let moved = |at: usize, start: usize| start + at * self.width;
        let mut low = 0;
        let mut high = self.starts.len();
        while low < high {
            let middle = low.midpoint(high);
            let start = self.starts.get(middle).copied().unwrap_or_default();
            if moved(middle, start) < wide {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let last = low.checked_sub(1).and_then(|at| self.starts.get(at));
        let plain = wide.saturating_sub(low * self.width);
        last.map_or(wide, |&start| plain.max(start))
    }

    /// Takes note of the line that an error of the parser is about; whether another reading may get further.
    pub(super) fn note(&mut self, text: &str, error: &ErrorKind, at: usize) -> bool {
        let is_quoted = matches!(error, ErrorKind::InvalidQuotedScalarIndent);
        if !is_quoted && !matches!(error, ErrorKind::TabInIndentation) {
            return false;
        }
        self.readings += 1;
        let before = text.get(..at).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let is_new = self.starts.last().is_none_or(|&last| last < start);
        let first = self.starts.is_empty();
        if first {
            self.width = deepest(before) + 1;
        }
        if !is_new || start == 0 || self.readings > MAX_READINGS || self.width > MAX_WIDTH {
            return false;
        }
        self.starts.push(start);
        if is_quoted {
            self.go_on(text, start);
        }
        self.starts.len().saturating_mul(self.width) <= MAX_ADDED
    }

    /// No line behind it is out of the quotes before there is a quotation mark.
    fn go_on(&mut self, text: &str, start: usize) {
        let rest = text.get(start..).unwrap_or_default();
        let inside = rest.find(['"', '\'']).unwrap_or(0);
        let inside = rest.get(..inside).unwrap_or_default();
        for (newline, _) in inside.match_indices('\n') {
            let line = start + newline + 1;
            let rest = text.get(line..).unwrap_or_default();
            // These end a document for kubectl, in quotes too.
            if !rest.starts_with("---") && !rest.starts_with("...") {
                self.starts.push(line);
            }
        }
    }

    /// Whether all of the lines are inside of texts in quotes, or of collections in brackets.
    pub(super) fn are_within(&self, enclosing: &[Range<usize>]) -> bool {
        self.starts.iter().all(|start| {
            let mut enclosing = enclosing.iter();
            enclosing.any(|range| range.start < *start && *start < range.end)
        })
    }

    /// Whether a place has to be remembered, as a line may turn out to be in it.
    pub(super) fn concern(&self, range: &Range<usize>) -> bool {
        let next = self.starts.partition_point(|&line| line <= range.start);
        let next = self.starts.get(next);
        next.is_some_and(|&line| line < range.end)
    }

    /// Whether the text is read as it is written.
    pub(super) const fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// The column of what is indented deepest, with the marks of lists and keys before it.
fn deepest(text: &str) -> usize {
    let marks = [' ', '-', '?', ':'];
    let column = |line: &str| line.len() - line.trim_start_matches(marks).len();
    text.lines().map(column).max().unwrap_or(0)
}
