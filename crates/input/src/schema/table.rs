//! Lines sorted by their first two words, searched where they lie.

use std::cmp::Ordering;

use memchr::{memchr, memrchr};

/// A line: the two words it is found by, and the others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) first: &'static str,
    pub(super) second: &'static str,
    pub(super) rest: Words,
}

/// Words with one space between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Words(pub(super) &'static str);

/// The line that begins with these two words.
pub(super) fn find(table: &'static str, first: &str, second: &str) -> Option<Line> {
    let line = Line::new(from(table, first, second).lines().next()?)?;
    (line.first == first && line.second == second).then_some(line)
}

/// The table from the first line on that does not sort before these two words.
pub(super) fn from(table: &'static str, first: &str, second: &str) -> &'static str {
    let bytes = table.as_bytes();
    let (mut low, mut high) = (0, bytes.len());
    // Both are always at the start of a line or at the end of the table.
    while low < high {
        let middle = low + (high - low) / 2;
        let start = bytes
            .get(low..middle)
            .and_then(|before| memrchr(b'\n', before))
            .map_or(low, |newline| low + newline + 1);
        let end = bytes
            .get(middle..)
            .and_then(|after| memchr(b'\n', after))
            .map_or(bytes.len(), |newline| middle + newline + 1);
        let order = table
            .get(start..end)
            .and_then(Line::new)
            .map_or(Ordering::Less, |line| {
                (line.first, line.second).cmp(&(first, second))
            });
        if order == Ordering::Less {
            low = end;
        } else {
            high = start;
        }
    }
    table.get(low..).unwrap_or_default()
}

impl Line {
    pub(super) fn new(line: &'static str) -> Option<Self> {
        let (first, rest) = line.trim_end().split_once(' ')?;
        let (second, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self {
            first,
            second,
            rest: Words(rest),
        })
    }
}

impl Words {
    pub(super) fn iter(self) -> impl Iterator<Item = &'static str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }

    /// What follows `key=`.
    pub(super) fn value(self, key: &str) -> Option<&'static str> {
        self.iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}
