//! A text that a user wrote, and places in it.

use std::sync::{Arc, OnceLock};

use crate::{Location, Position};

/// A range of bytes in one source: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range from `start` to `end`; positions beyond 4 GiB are cut, inputs are bounded far below.
    pub fn new(start: usize, end: usize) -> Self {
        Self {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            end: u32::try_from(end).unwrap_or(u32::MAX),
        }
    }

    /// An empty range at one place: where something would be inserted.
    pub fn at(offset: usize) -> Self {
        Self::new(offset, offset)
    }

    /// The range as indexes.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Whether `other` lies wholly inside this range.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The smallest range that holds both.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }
}

/// In lines longer than this many bytes, characters are counted from the nearest of places that far apart.
const BLOCK: usize = 1_024;

/// Where each line of a text starts.
#[derive(Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Whether each byte is a character, as in most manifests: nothing has to be counted then.
    is_ascii: bool,
    /// How many characters begin before each block; counted when a long line first needs it.
    blocks: OnceLock<Vec<usize>>,
}

impl LineIndex {
    /// Finds the lines of `text`; a line ends with `\n`.
    pub fn new(text: &str) -> Self {
        let mut starts =
            Vec::with_capacity(memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1);
        starts.push(0);
        starts.extend(
            memchr::memchr_iter(b'\n', text.as_bytes()).filter_map(|at| u32::try_from(at + 1).ok()),
        );
        Self {
            starts,
            is_ascii: text.is_ascii(),
            blocks: OnceLock::new(),
        }
    }

    /// Line and column, both from 1, columns in characters.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.starts.partition_point(|&start| start <= offset);
        self.position_in(line, text, offset)
    }

    /// The positions of both ends of a range, which mostly stand on one line.
    fn positions(&self, text: &str, span: Span) -> (Position, Position) {
        let line = self.starts.partition_point(|&start| start <= span.start);
        let start = self.position_in(line, text, span.start);
        let next = self.starts.get(line);
        let end = if span.start <= span.end && next.is_none_or(|&next| span.end < next) {
            self.position_in(line, text, span.end)
        } else {
            self.position(text, span.end)
        };
        (start, end)
    }

    /// The position of an offset whose line (from 1) is known.
    fn position_in(&self, line: usize, text: &str, offset: u32) -> Position {
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(0);
        let start = start as usize;
        let end = floor_char_boundary(text, offset as usize);
        let before = if self.is_ascii {
            end.saturating_sub(start)
        } else if end.saturating_sub(start) <= BLOCK {
            characters(text, start, end)
        } else {
            // JSON is one line: from its start for every place, a long one would take quadratic time.
            self.characters_before(text, end) - self.characters_before(text, start)
        };
        Position {
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(before + 1).unwrap_or(u32::MAX),
        }
    }

    /// How many characters begin before an offset.
    fn characters_before(&self, text: &str, offset: usize) -> usize {
        let blocks = self.blocks.get_or_init(|| {
            let mut count = 0;
            let starts = (0..text.len()).step_by(BLOCK);
            starts
                .map(|start| {
                    let before = count;
                    count += characters(text, start, text.len().min(start + BLOCK));
                    before
                })
                .collect()
        });
        let block = (offset / BLOCK).min(blocks.len().saturating_sub(1));
        let before = blocks.get(block).copied().unwrap_or(0);
        before + characters(text, block * BLOCK, offset)
    }

    /// The bytes of a line (from 1) without its line break; `None` past the end.
    pub fn line(&self, text: &str, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self
            .starts
            .get(index + 1)
            .map_or(text.len(), |&next| next as usize);
        let content = text.get(start..end)?;
        let content = content.strip_suffix('\n').unwrap_or(content);
        let content = content.strip_suffix('\r').unwrap_or(content);
        Some(Span::new(start, start + content.len()))
    }

    /// How many lines there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: even an empty text has one line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }
}

/// How many characters begin in a range of bytes, which may begin and end within one.
fn characters(text: &str, start: usize, end: usize) -> usize {
    let bytes = text.as_bytes().get(start..end).unwrap_or(&[]);
    bytes
        .iter()
        .filter(|byte| !matches!(byte, 0x80..=0xbf))
        .count()
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// A file, or standard input: its name as reports print it, and its text.
#[derive(Debug)]
pub struct Source {
    /// Path as given by the user or relative to the scan, with `/`; `-` for standard input.
    pub name: Arc<str>,
    /// The whole text.
    pub text: String,
    lines: OnceLock<LineIndex>,
}

impl Source {
    /// A source from its name and text.
    pub fn new(name: impl Into<Arc<str>>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
            lines: OnceLock::new(),
        }
    }

    /// The line starts, found once.
    pub fn lines(&self) -> &LineIndex {
        self.lines.get_or_init(|| LineIndex::new(&self.text))
    }

    /// The text of a range; empty when the range is not in the text.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or("")
    }

    /// A place in this source as reports print it.
    pub fn location(&self, span: Span) -> Location {
        let (start, end) = self.lines().positions(&self.text, span);
        Location {
            file: Arc::clone(&self.name),
            span,
            start,
            end,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_count_from_one() {
        let source = Source::new("a.yaml", "ä: 1\nbö: 2\n");
        let at = source.text.find('2').unwrap();
        let location = source.location(Span::new(at, at + 1));
        assert_eq!((location.start.line, location.start.column), (2, 5));
        assert_eq!((location.end.line, location.end.column), (2, 6));
    }

    #[test]
    fn a_line_has_no_line_break() {
        let source = Source::new("a", "one\r\ntwo");
        let line = source.lines().line(&source.text, 1).unwrap();
        assert_eq!(source.slice(line), "one");
        let line = source.lines().line(&source.text, 2).unwrap();
        assert_eq!(source.slice(line), "two");
        assert_eq!(source.lines().line(&source.text, 3), None);
    }

    #[test]
    fn positions_outside_the_text_do_not_panic() {
        let source = Source::new("a", "é");
        assert_eq!(source.location(Span::new(1, 900)).start.column, 1);
    }
    #[test]
    fn columns_of_long_lines_are_counted_as_those_of_short_ones() {
        let source = Source::new("a.json", format!("é\n{}\nx", "aé€".repeat(2_000)));
        for column in [1_usize, 340, 341, 342, 343, 1_025, 5_999, 6_000] {
            let line = source.text.lines().nth(1).unwrap();
            let (at, _) = line.char_indices().nth(column - 1).unwrap();
            let at = "é\n".len() + at;
            let start = source.location(Span::new(at, at)).start;
            assert_eq!((start.line, start.column as usize), (2, column));
        }
        let last = source.location(Span::at(source.text.len())).start;
        assert_eq!((last.line, last.column), (3, 2));
    }
}
