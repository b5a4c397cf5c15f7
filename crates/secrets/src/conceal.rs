//! Secrets of a text, concealed in it and in whatever repeats it.
//!
//! A concealed text has the geometry of the original, in bytes and in characters, so spans, columns
//! and edits mean the same in both.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use ringwall_model::Span;

use crate::{entropy, redact::shown_characters, repeats::Repeats, value::is_words};

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
    values: Repeats,
    kinds: Vec<Kind>,
}

/// What is known of a value.
#[derive(Clone, Copy, Debug)]
struct Kind {
    /// A line of a longer one, of which nothing is shown.
    is_line: bool,
    /// Nobody would call anything so.
    is_random: bool,
}

impl Concealer {
    /// For the secrets that stand at `spans` of a text.
    ///
    /// A span that is a mere point means what follows on its line.
    pub fn new(text: &str, spans: &[Span]) -> Self {
        let mut ranges = Vec::new();
        let mut values: BTreeMap<String, bool> = BTreeMap::new();
        for &span in spans {
            let range = secret_range(text, span);
            let value = text.get(range.clone()).unwrap_or("");
            let value = value.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
            for form in forms(value).into_iter().filter(|form| is_looked_for(form)) {
                values.insert(form, false);
            }
            // A message repeats a block without its indentation, or folded.
            if value.contains('\n') {
                for line in value.lines().filter_map(line_value) {
                    values.entry(line.to_owned()).or_insert(true);
                    let plain = of_base64(line).filter(|plain| is_looked_for(plain));
                    values.extend(plain.map(|plain| (plain, false)));
                }
            }
            ranges.extend(hidden_part(text, range));
        }
        let kinds = values.iter().map(|(value, &is_line)| Kind {
            is_line,
            is_random: is_random(value),
        });
        let kinds = kinds.collect();
        let values = Repeats::new(values.into_keys());
        Self {
            ranges,
            values,
            kinds,
        }
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

    /// A name that things are known by, such as that of a container. A password that someone chose is the name of many
    /// things as well, so only what looks random is concealed.
    pub fn conceal_name<'t>(&self, name: &'t str) -> Cow<'t, str> {
        let found = self.found(name).filter(|(_, kind)| kind.is_random);
        cover(name, hidden(name, found).collect())
    }

    fn repeated<'s>(&'s self, text: &'s str) -> impl Iterator<Item = Range<usize>> + use<'s> {
        hidden(text, self.found(text))
    }

    fn found<'s>(&'s self, text: &'s str) -> impl Iterator<Item = (Range<usize>, Kind)> + use<'s> {
        let found = self.values.find_all(text);
        found
            .filter_map(|(range, value)| Some((range, *self.kinds.get(value)?)))
            .filter(|(range, _)| {
                let value = text.get(range.clone()).unwrap_or("");
                value.chars().count() >= VALUE_CHARACTERS || stands_alone(text, range)
            })
    }
}

fn hidden<'t>(
    text: &'t str,
    found: impl Iterator<Item = (Range<usize>, Kind)> + 't,
) -> impl Iterator<Item = Range<usize>> + 't {
    found.filter_map(|(range, kind)| {
        if kind.is_line {
            Some(range)
        } else {
            hidden_part(text, range)
        }
    })
}

/// Whether a part of a value is long, and neither a word nor a number.
fn is_random(value: &str) -> bool {
    const CHARACTERS: usize = 12;
    value.split(['-', '_', '.', '/', ':', ' ']).any(|part| {
        part.len() >= CHARACTERS
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
            && entropy(part) >= 3.0
            && !is_words(part)
    })
}

/// What of a line of a longer secret is looked for alone: all of it, or what stands behind a name, where it is no word.
fn line_value(line: &str) -> Option<&str> {
    let line = line.trim();
    let value = line
        .split_once(": ")
        .map_or(line, |(_, value)| value.trim());
    let value = value.trim_matches(['"', '\'', ',']);
    let is_random = value.chars().count() >= VALUE_CHARACTERS
        && !value.contains(char::is_whitespace)
        && value.contains(|character: char| character.is_ascii_digit());
    is_random.then_some(value)
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

/// A value as it is written, what that may mean where it is escaped, and both as JSON writes them.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    if value.contains('\\') {
        forms.push(unescaped(value));
        forms.push(decoded(value));
    }
    if value.contains("''") {
        forms.push(value.replace("''", "'"));
    }
    forms.extend(of_base64(value));
    let quoted = forms.iter().filter(|form| form.contains(['"', '\\']));
    let quoted: Vec<String> = quoted
        .map(|form| form.replace('\\', r"\\").replace('"', "\\\""))
        .collect();
    forms.extend(quoted);
    forms
}

/// The text that a value is in base64, as in the `data` of a Secret; policies may repeat it. A word without a digit,
/// such as the name of a user, stands in other texts as well.
fn of_base64(value: &str) -> Option<String> {
    let digits = value.trim_end_matches('=');
    if digits.len() < VALUE_CHARACTERS || !value.len().is_multiple_of(4) {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len());
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits.bytes() {
        let six = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count & 0xff));
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let text = text.trim();
    let is_secret = !text.contains(char::is_control)
        && text.contains(|character: char| character.is_ascii_digit());
    is_secret.then(|| text.to_owned())
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

/// The same with characters that are written by their number: `\u006d`, `\x6d`.
fn decoded(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let digits = match after.as_bytes().first() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let number = after.get(1..=digits).filter(|_| digits > 0);
        let number = number.and_then(|number| u32::from_str_radix(number, 16).ok());
        let character = if let Some(character) = number.and_then(char::from_u32) {
            rest = after.get(1 + digits..).unwrap_or("");
            character
        } else {
            let mut characters = after.chars();
            let next = characters.next();
            rest = characters.as_str();
            match next {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('r') => '\r',
                Some(other) => other,
                None => '\\',
            }
        };
        plain.push(character);
    }
    plain.push_str(rest);
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
    fn a_name_is_concealed_only_where_it_is_a_random_secret() {
        let text = "a: ghp_aB3dE5fG7hI9jK1lM3nO5\nb: postgres\nc: payments-db-2024\n";
        let spans = ["ghp_aB3dE5fG7hI9jK1lM3nO5", "postgres", "payments-db-2024"].map(|secret| {
            let start = text.find(secret).expect("the secret");
            Span::new(start, start + secret.len())
        });
        let concealer = Concealer::new(text, &spans);
        for (name, expected) in [
            ("ghp_aB3dE5fG7hI9jK1lM3nO5", "ghp_*********************"),
            ("postgres", "postgres"),
            (
                "r.example.com/payments-db-2024",
                "r.example.com/payments-db-2024",
            ),
        ] {
            assert_eq!(concealer.conceal_name(name), expected);
        }
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
        check(
            "{p: '|kT7wq2L''m9x\"Z4pQ8|'}",
            "says kT7wq2L'm9x\"Z4pQ8 and \"kT7wq2L'm9x\\\"Z4pQ8\"",
            "says kT7w************* and \"kT7w**************\"",
        );
        // In base64: kT7wq2Lm9xZ4pQ8 and a line break.
        check(
            "data: {p: |a1Q3d3EyTG05eFo0cFE4Cg==|}",
            "says kT7wq2Lm9xZ4pQ8",
            "says kT7************",
        );
        check(
            "data: {user: |YXBwbGljYXRpb24=|}",
            "of application",
            "of application",
        );
        check(
            r#"{"p":"|kT7\u0077q2\x4cm9xZ4|"}"#,
            "says kT7wq2Lm9xZ4",
            "says kT7*********",
        );
    }

    #[test]
    fn the_lines_of_a_secret_are_concealed_without_their_indentation() {
        check(
            "key: >\n  |AAAABBBBCCCC1\n  DDDDEEEEFFFF2\n  GG==|\n",
            "says AAAABBBBCCCC1\\nDDDDEEEEFFFF2\\nGG==",
            "says *************\\n*************\\nGG==",
        );
        check(
            "|data:\n  password: kT7wq2Lm9x\n  mode: readWriteMany|\n",
            "readWriteMany kT7wq2Lm9x",
            "readWriteMany **********",
        );
    }
}
