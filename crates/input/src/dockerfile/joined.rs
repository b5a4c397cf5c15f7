//! Text put together from parts of a file, and the way back to the places it came from.

use std::ops::Range;

use ringwall_model::Span;

/// A text whose parts come from increasing places of an original text.
///
/// Continuation lines, dropped comments and removed quotes all leave gaps;
/// a [`Span`] of the original can be had for any range all the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Joined {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy, Debug)]
struct Piece {
    at: usize,
    original: usize,
}

impl Joined {
    /// A text that is one uninterrupted part of the original.
    pub(super) fn of(original: usize, text: &str) -> Self {
        let mut joined = Self::default();
        joined.push(original, text);
        joined
    }

    /// Appends a part of the original.
    pub(super) fn push(&mut self, original: usize, text: &str) {
        let at = self.text.len();
        let follows = self
            .pieces
            .last()
            .is_some_and(|last| last.original + (at - last.at) == original);
        if !follows && !text.is_empty() {
            self.pieces.push(Piece { at, original });
        }
        self.text.push_str(text);
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of a range; empty when it is not in the text.
    pub(super) fn get(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    /// Where a byte of this text stands in the original.
    pub(super) fn original(&self, at: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.at <= at);
        let piece = index
            .checked_sub(1)
            .and_then(|index| self.pieces.get(index))
            .copied()
            .unwrap_or(Piece { at: 0, original: 0 });
        piece.original + (at - piece.at)
    }

    /// The range of the original from the first to the last byte of a range of this text.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        if range.start >= range.end {
            let at = match range.start.checked_sub(1) {
                Some(before) if range.start >= self.text.len() => self.original(before) + 1,
                _ => self.original(range.start),
            };
            return Span::at(at);
        }
        Span::new(self.original(range.start), self.original(range.end - 1) + 1)
    }

    /// A part of this text, still knowing where it came from.
    pub(super) fn slice(&self, range: Range<usize>) -> Self {
        let mut part = Self::default();
        part.push_from(self, range);
        part
    }

    /// Appends a part of another text, keeping its places.
    pub(super) fn push_from(&mut self, other: &Self, range: Range<usize>) {
        let mut start = range.start;
        let mut index = other.pieces.partition_point(|piece| piece.at <= start);
        while start < range.end {
            let next = other.pieces.get(index).map_or(range.end, |piece| piece.at);
            let end = next.min(range.end);
            self.push(other.original(start), other.get(start..end));
            start = end;
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_across_a_gap_span_the_gap() {
        let mut joined = Joined::of(4, "abc");
        joined.push(10, "def");
        assert_eq!(joined.text(), "abcdef");
        assert_eq!(joined.span(0..3), Span::new(4, 7));
        assert_eq!(joined.span(2..4), Span::new(6, 11));
        assert_eq!(joined.span(6..6), Span::at(13));
        let part = joined.slice(1..5);
        assert_eq!(part.text(), "bcde");
        assert_eq!(part.span(0..4), Span::new(5, 12));
        assert_eq!(part.span(2..3), Span::new(10, 11));
    }
}
