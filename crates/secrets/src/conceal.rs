//! Secrets of a text, concealed in it and in whatever repeats it.
//!
//! A concealed text has the geometry of the original, in bytes and in characters, so spans, columns
//! and edits mean the same in both.

use std::{borrow::Cow, collections::BTreeSet, ops::Range};

use aho_corasick::{AhoCorasick, MatchKind};
use ringwall_model::Span;

use crate::redact::shown_characters;

/// A secret of fewer characters is looked for elsewhere only where it stands alone and holds a digit:
/// others would match words that are none.
const VALUE_CHARACTERS: usize = 8;
/// A secret of fewer characters is concealed where it was found, but not looked for elsewhere.
const SHORT_CHARACTERS: usize = 5;

/// Knows the secrets of one text, and conceals all but their first characters.
#[derive(Debug)]
pub struct Concealer {
    /// What the spans hide of the text itself.
    ranges: Vec<Range<usize>>,
    values: Option<AhoCorasick>,
}

impl Concealer {
    /// For the secrets that stand at `spans` of a text.
    ///
    /// A span that is a mere point means what follows on its line.
    pub fn new(text: &str, spans: &[Span]) -> Self {
        let mut ranges = Vec::new();
        let mut values: Vec<Cow<'_, str>> = Vec::new();
        for &span in spans {
            let range = secret_range(text, span);
            let value = text.get(range.clone()).unwrap_or("");
            let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            if is_looked_for(value) {
                values.push(value.into());
                // A message repeats what an escaped text means, not how it is written.
                if value.contains('\\') {
                    values.push(unescaped(value).into());
                }
            }
            ranges.extend(hidden_part(text, range));
        }
        values.sort_unstable();
        values.dedup();
        let values = (!values.is_empty())
            .then(|| {
                AhoCorasick::builder()
                    .match_kind(MatchKind::LeftmostLongest)
                    .build(values.iter().map(|value| value.as_bytes()))
                    .ok()
            })
            .flatten();
        Self { ranges, values }
    }

    /// The text that the secrets stand in, concealed.
    pub fn text(&self, text: &str) -> String {
        let mut ranges = self.ranges.clone();
        ranges.extend(self.repeated(text));
        cover(text, ranges).into_owned()
    }

    /// The lines of the text, from 0, that hold something of a secret.
    pub fn lines(&self, text: &str) -> BTreeSet<usize> {
        let concealed = self.text(text);
        let lines = text.split('\n').zip(concealed.split('\n')).enumerate();
        lines
            .filter(|(_, (line, concealed))| line != concealed)
            .map(|(number, _)| number)
            .collect()
    }

    /// A text that repeats parts of it, such as a message or an edit; borrowed where no secret is in it.
    pub fn conceal<'t>(&self, text: &'t str) -> Cow<'t, str> {
        cover(text, self.repeated(text).collect())
    }

    fn repeated<'s>(&'s self, text: &'s str) -> impl Iterator<Item = Range<usize>> + use<'s> {
        let found = self
            .values
            .iter()
            .flat_map(move |values| values.find_iter(text));
        found
            .map(|found| found.range())
            .filter(|range| {
                let value = text.get(range.clone()).unwrap_or("");
                value.chars().count() >= VALUE_CHARACTERS || stands_alone(text, range)
            })
            .filter_map(|range| hidden_part(text, range))
    }
}

/// Whether a value can be told from an ordinary word.
fn is_looked_for(value: &str) -> bool {
    let length = value.chars().count();
    length >= VALUE_CHARACTERS
        || (length >= SHORT_CHARACTERS && value.contains(|c: char| c.is_ascii_digit()))
}

fn stands_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).unwrap_or("").chars().next_back();
    let after = text.get(range.end..).unwrap_or("").chars().next();
    !before
        .into_iter()
        .chain(after)
        .any(|character| character.is_alphanumeric() || matches!(character, '_' | '.'))
}

/// A value without the backslashes that JSON, YAML and shells put before quotes and backslashes.
fn unescaped(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut characters = value.chars().peekable();
    while let Some(character) = characters.next() {
        let escaped = (character == '\\')
            .then(|| characters.next_if(|next| matches!(next, '"' | '\'' | '\\' | '/' | '$')))
            .flatten();
        plain.push(escaped.unwrap_or(character));
    }
    plain
}

/// The bytes of a secret: the span, or what follows on its line when the span is a mere point.
fn secret_range(text: &str, span: Span) -> Range<usize> {
    let start = floor_char_boundary(text, span.start as usize);
    let end = floor_char_boundary(text, span.end as usize).max(start);
    if start < end {
        return start..end;
    }
    let rest = text.get(start..).unwrap_or("");
    start..start + rest.find('\n').unwrap_or(rest.len())
}

fn floor_char_boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

/// What of a secret is concealed: all but its first characters.
fn hidden_part(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let secret = text.get(range.clone())?;
    let (skipped, _) = secret.char_indices().nth(shown_characters(secret))?;
    Some(range.start + skipped..range.end)
}

/// The text with the characters of the ranges replaced; indentation and line breaks stay.
fn cover(text: &str, mut ranges: Vec<Range<usize>>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut ranges = ranges.into_iter().peekable();
    let mut covered_until = 0;
    let mut covered = String::with_capacity(text.len());
    let mut in_indentation = true;
    for (at, character) in text.char_indices() {
        while let Some(range) = ranges.next_if(|range| range.start <= at) {
            covered_until = covered_until.max(range.end);
        }
        in_indentation = character == '\n' || (in_indentation && character.is_ascii_whitespace());
        if at < covered_until && !in_indentation && character != '\r' {
            covered.push(cover_character(character));
        } else {
            covered.push(character);
        }
    }
    Cow::Owned(covered)
}

/// A character that says nothing, as long in UTF-8 as the one it replaces.
const fn cover_character(character: char) -> char {
    match character.len_utf8() {
        1 => '*',
        2 => '·',
        3 => '•',
        _ => '🞶',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of `said` when the text's part between `|` is a secret.
    fn check(text: &str, said: &str, expected: &str) {
        let start = text.find('|').expect("a mark before the secret");
        let end = text.rfind('|').expect("a mark behind the secret") - 1;
        let concealer = Concealer::new(&text.replace('|', ""), &[Span::new(start, end)]);
        assert_eq!(concealer.conceal(said), expected, "{text}");
    }

    #[test]
    fn a_secret_is_concealed_wherever_it_is_repeated() {
        check(
            "T=|ghp_aaaabbbbcccc|",
            "fetches https://ghp_aaaabbbbcccc@host",
            "fetches https://ghp_************@host",
        );
        check("p: \"|hunter2-hunter2|\"", "says nothing", "says nothing");
    }

    #[test]
    fn a_short_secret_is_no_part_of_a_word() {
        check("P=|hunter2|", "runs -p hunter2 now", "runs -p h****** now");
        check(
            "P=|12345|",
            "image a:1.12345 of 1234567",
            "image a:1.12345 of 1234567",
        );
        check("P=|secret|", "reads a secret", "reads a secret");
    }

    #[test]
    fn lines_with_a_secret_are_known() {
        let text = "a: 1\nkey: |\n  AAAAAAAAAAAA\n  BBBBBBBBBBBB\nb: 2\n";
        let start = text.find("AAAA").expect("the first line of it");
        let end = text.find("\nb").expect("the line behind it");
        let concealer = Concealer::new(text, &[Span::new(start, end)]);
        assert_eq!(concealer.lines(text), BTreeSet::from([2, 3]));
    }

    #[test]
    fn what_an_escaped_secret_means_is_concealed_too() {
        check(
            r#"{"p":"|correct\"horse\\battery|"}"#,
            r#"says correct"horse\battery"#,
            "says corr*****************",
        );
    }
}
