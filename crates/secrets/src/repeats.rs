//! Where texts stand in another: of those that overlap the first one, and the longest of those that begin there.

use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use memchr::memmem::Finder;

/// So many texts are looked for one by one. Few files have more secrets, and an automaton takes longer to build than it
/// saves: what it is built for is a handful of messages.
const FEW: usize = 8;

/// Texts that are looked for.
#[derive(Debug)]
pub(crate) enum Repeats {
    Few(Vec<Finder<'static>>),
    Many(AhoCorasick),
}

/// How the search for one of a few texts goes on.
#[derive(Clone, Copy)]
enum Next {
    /// Not before this byte.
    From(usize),
    /// It begins at this byte.
    At(usize),
    /// Not any more.
    Never,
}

impl Repeats {
    /// For these texts, none of them empty.
    pub(crate) fn new(texts: impl ExactSizeIterator<Item = String>) -> Self {
        if texts.len() <= FEW {
            let finders = texts.map(|text| Finder::new(text.as_bytes()).into_owned());
            return Self::Few(finders.collect());
        }
        // A table of all transitions takes many times as long to build.
        let built = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .match_kind(MatchKind::LeftmostLongest)
            .build(texts);
        built.map_or_else(|_| Self::Few(Vec::new()), Self::Many)
    }

    /// Where they stand, each with its place among the texts that were given.
    pub(crate) fn find_all<'s>(
        &'s self,
        text: &'s str,
    ) -> Box<dyn Iterator<Item = (Range<usize>, usize)> + 's> {
        match self {
            Self::Few(finders) => Box::new(one_by_one(finders, text)),
            Self::Many(automaton) => Box::new(
                automaton
                    .find_iter(text)
                    .map(|found| (found.range(), found.pattern().as_usize())),
            ),
        }
    }
}

fn one_by_one<'s>(
    finders: &'s [Finder<'static>],
    text: &'s str,
) -> impl Iterator<Item = (Range<usize>, usize)> + 's {
    let mut nexts = vec![Next::From(0); finders.len()];
    let mut from = 0;
    std::iter::from_fn(move || {
        let mut first: Option<(Range<usize>, usize)> = None;
        for (index, (finder, next)) in finders.iter().zip(&mut nexts).enumerate() {
            if matches!(*next, Next::At(at) if at < from) {
                *next = Next::From(from);
            }
            if let Next::From(at) = *next {
                let rest = text.as_bytes().get(at..).unwrap_or_default();
                let found = finder.find(rest);
                *next = found.map_or(Next::Never, |found| Next::At(at + found));
            }
            let Next::At(at) = *next else { continue };
            let range = at..at + finder.needle().len();
            let is_better = first.as_ref().is_none_or(|(first, _)| {
                range.start < first.start || (range.start == first.start && range.end > first.end)
            });
            if is_better {
                first = Some((range, index));
            }
        }
        from = first.as_ref()?.0.end;
        first
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Few texts are found as many are.
    #[test]
    fn one_by_one_is_what_an_automaton_finds() {
        let texts = ["abc", "ab", "bcd", "cab", "b", "ä"];
        let few = Repeats::new(texts.map(str::to_owned).into_iter());
        assert!(matches!(few, Repeats::Few(_)));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(texts)
            .unwrap();
        let many = Repeats::Many(automaton);
        // Every text of up to seven letters of these four.
        let letters = ['a', 'b', 'c', 'ä'];
        let mut found = 0;
        for number in 0..4_usize.pow(7) {
            let text: String = (0..7)
                .map(|place| letters[number / 4_usize.pow(place) % 4])
                .collect();
            let expected: Vec<_> = many.find_all(&text).collect();
            assert_eq!(few.find_all(&text).collect::<Vec<_>>(), expected, "{text}");
            found += expected.len();
        }
        assert!(found > 10_000, "{found}");
    }

    #[test]
    fn nothing_is_found_without_texts() {
        assert_eq!(
            Repeats::new(std::iter::empty()).find_all("abc").next(),
            None
        );
    }

    #[test]
    fn many_texts_are_found_too() {
        let texts: Vec<String> = (0..=FEW).map(|number| format!("<{number}>")).collect();
        let many = Repeats::new(texts.into_iter());
        assert!(matches!(many, Repeats::Many(_)));
        let found: Vec<_> = many.find_all("a<3>b<8>").collect();
        assert_eq!(found, [(1..4, 3), (5..8, 8)]);
    }
}
