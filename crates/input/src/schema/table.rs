//! Lines sorted by their first two words, searched where they lie.

use std::cmp::Ordering;

use memchr::{memchr, memchr_iter};

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

/// Where each line of a table begins.
pub(super) fn line_starts(table: &str) -> Vec<usize> {
    let ends = memchr_iter(b'\n', table.as_bytes()).map(|newline| newline + 1);
    let mut starts: Vec<_> = std::iter::once(0).chain(ends).collect();
    starts.retain(|&start| start < table.len());
    starts
}

/// The first of the lines, told by where they start, that does not sort before these two words.
pub(super) fn search<'l, L>(
    table: &str,
    lines: &'l [L],
    start: impl Fn(&L) -> usize,
    first: &str,
    second: &str,
) -> Option<&'l L> {
    let bytes = table.as_bytes();
    let is_before = |line: &L| {
        let rest = bytes.get(start(line)..).unwrap_or_default();
        compare(rest, first, second).is_lt()
    };
    lines.get(lines.partition_point(is_before))
}

/// Where a line sorts, seen from these two words. A blank sorts before all that words are made of.
fn compare(line: &[u8], first: &str, second: &str) -> Ordering {
    let (head, rest) = line.split_at_checked(first.len()).unwrap_or((line, b""));
    let (blank, rest) = rest.split_at_checked(1).unwrap_or((rest, b""));
    let (name, rest) = rest.split_at_checked(second.len()).unwrap_or((rest, b""));
    head.cmp(first.as_bytes())
        .then_with(|| blank.cmp(b" "))
        .then_with(|| name.cmp(second.as_bytes()))
        .then_with(|| match rest.first() {
            None | Some(b' ' | b'\n') => Ordering::Equal,
            Some(_) => Ordering::Greater,
        })
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
        let mut rest = self.0;
        // Many are asked for, and `split` does more for words as short as these.
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(' ');
            let end = memchr(b' ', rest.as_bytes()).unwrap_or(rest.len());
            let word = rest.get(..end).filter(|word| !word.is_empty());
            rest = rest.get(end + 1..).unwrap_or_default();
            word
        })
    }

    /// What follows `key=`.
    pub(super) fn value(self, key: &str) -> Option<&'static str> {
        self.iter()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='))
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_end_where_the_line_does_however_many_blanks_stand_between() {
        let words = |text| Words(text).iter().collect::<Vec<_>>();
        assert_eq!(words(""), [""; 0]);
        assert_eq!(words("  "), [""; 0]);
        assert_eq!(words("a"), ["a"]);
        assert_eq!(words(" a=1  b=2 c "), ["a=1", "b=2", "c"]);
        assert_eq!(Words("a=1  b=2").value("b"), Some("2"));
        assert_eq!(Words("ab=1 a=2").value("a"), Some("2"));
        assert_eq!(Words("ab=1").value("a"), None);
    }
}
