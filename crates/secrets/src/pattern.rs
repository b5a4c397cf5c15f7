//! A regex that is cheap to compile, and becomes a fast one where it is asked often.

use std::{
    ops::Range,
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use regex::bytes::{Regex, RegexBuilder};
use regex_automata::{
    Input,
    nfa::thompson::{
        self,
        backtrack::{self, BoundedBacktracker},
    },
    util::syntax,
};

/// So many searches are cheaper without the automata that make each of them fast. Most scans ask a format once or twice,
/// and compiling those automata took a tenth of the time of a scan.
const FEW: u32 = 6;

/// The name of the group with the secret.
const SECRET: &str = "secret";

/// A regex over bytes with a group named `secret`.
pub(crate) struct Pattern {
    text: String,
    simple: Option<BoundedBacktracker>,
    searches: AtomicU32,
    fast: OnceLock<Option<Regex>>,
}

/// Where a regex matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) whole: Range<usize>,
    pub(crate) secret: Option<Range<usize>>,
}

impl Pattern {
    pub(crate) fn new(text: String) -> Self {
        let simple = BoundedBacktracker::builder()
            .configure(backtrack::Config::new().visited_capacity(64 * 1024))
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .thompson(thompson::Config::new().utf8(false))
            .build(&text);
        Self {
            simple: simple.ok(),
            text,
            searches: AtomicU32::new(0),
            fast: OnceLock::new(),
        }
    }

    /// The first match that begins at a place or behind it.
    pub(crate) fn find_at(&self, haystack: &[u8], from: usize) -> Option<Match> {
        if from > haystack.len() {
            return None;
        }
        let is_few = self.searches.fetch_add(1, Ordering::Relaxed) < FEW;
        match self.simple.as_ref().filter(|_| is_few) {
            Some(simple) if let Ok(found) = simply(simple, haystack, from) => found,
            _ => self.fast(haystack, from),
        }
    }

    fn fast(&self, haystack: &[u8], from: usize) -> Option<Match> {
        let regex = self.fast.get_or_init(|| compile(&self.text)).as_ref()?;
        let captures = regex.captures_at(haystack, from)?;
        Some(Match {
            whole: captures.get(0)?.range(),
            secret: captures.name(SECRET).map(|secret| secret.range()),
        })
    }
}

/// Fails where the haystack is too long for it.
fn simply(
    simple: &BoundedBacktracker,
    haystack: &[u8],
    from: usize,
) -> Result<Option<Match>, regex_automata::MatchError> {
    let mut cache = simple.create_cache();
    let mut captures = simple.create_captures();
    let input = Input::new(haystack).range(from..);
    simple.try_search(&mut cache, &input, &mut captures)?;
    Ok(captures.get_match().map(|whole| Match {
        whole: whole.range(),
        secret: captures
            .get_group_by_name(SECRET)
            .map(|secret| secret.range()),
    }))
}

/// Formats are ASCII, so the regexes are over bytes: smaller, and quicker to compile.
pub(crate) fn compile(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simple_search_finds_what_the_fast_one_finds() {
        let patterns = [
            "^(?:(?<secret>gh[ps]_[0-9A-Za-z]{4}))",
            r#"(?i)key["']?\s*[:=]\s*(?<secret>[a-z\d]{3,6})(?:[^a-z\d]|$)"#,
            "a(?<secret>b+?)c|ab(?<other>b)",
            r"\b(?<secret>[^\x00-\x20]{2})\b",
        ];
        let texts = [
            "ghp_ab12 KEY = \"abc12\" abbc abb ü\u{fffd}xx",
            "key:abcdefgh",
            "",
            "abbb",
        ];
        let mut found = 0;
        for pattern in patterns {
            let pattern = Pattern::new(pattern.to_owned());
            let simple = pattern.simple.as_ref().unwrap();
            for text in texts {
                for from in 0..=text.len() {
                    let expected = pattern.fast(text.as_bytes(), from);
                    let told = simply(simple, text.as_bytes(), from).unwrap();
                    assert_eq!(told, expected, "{} in {text:?} from {from}", pattern.text);
                    found += usize::from(told.is_some());
                }
            }
        }
        assert!(found > 50, "{found}");
    }

    #[test]
    fn what_is_too_long_or_asked_too_often_is_searched_by_the_fast_one() {
        let pattern = Pattern::new("x(?<secret>y{5})".to_owned());
        let long = [b"-".repeat(1_000_000), b"xyyyyy".to_vec()].concat();
        let expected = Some(Match {
            whole: 1_000_000..1_000_006,
            secret: Some(1_000_001..1_000_006),
        });
        assert_eq!(pattern.find_at(&long, 0), expected);
        assert!(pattern.fast.get().is_some());
        let pattern = Pattern::new("x(?<secret>y)".to_owned());
        for _ in 0..FEW {
            assert!(pattern.find_at(b"xy", 0).is_some());
        }
        assert!(pattern.fast.get().is_none());
        assert!(pattern.find_at(b"xy", 0).is_some());
        assert!(pattern.fast.get().is_some());
    }
}
