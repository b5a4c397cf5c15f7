//! The place that a mutator changes: `spec.containers[name: main].image`.
//!
//! ```text
//! location = step { "." step }
//! step     = key [ "[" key ":" ( key | digits | "*" ) "]" ]
//! key      = letter or "_" or "-", then these and digits | quoted text with "\" before any character
//! ```
//!
//! Blanks between the parts do not matter. A key that begins with a digit must be quoted.

use std::fmt;

use serde_json::Value;
use thiserror::Error;

/// A location, from the top of the object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The steps, in order; never empty.
    steps: Vec<Step>,
}

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// To a field of an object.
    Field(String),
    /// To members of a list.
    Member(Member),
}

/// Which members of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// The field that tells members apart.
    pub(super) key: String,
    /// Its value; `None` is `*`, all members.
    pub(super) value: Option<KeyValue>,
}

/// The value of a member's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum KeyValue {
    Text(String),
    Number(i64),
}

impl KeyValue {
    pub(super) fn is(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => value.as_str() == Some(text),
            Self::Number(number) => value.as_i64() == Some(*number),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => Value::String(text.clone()),
            Self::Number(number) => Value::Number((*number).into()),
        }
    }
}

/// Why a text is no location.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message} at character {at}")]
pub struct LocationError {
    /// What was found or missing.
    message: String,
    /// Character, from 1.
    at: usize,
}

impl Location {
    /// Reads a location.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let tokens = tokens(text)?;
        let end = text.chars().count() + 1;
        let mut parser = Parser {
            tokens: tokens.into_iter().peekable(),
            end,
        };
        let steps = parser.location()?;
        Ok(Self { steps })
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Whether all steps of this one are the first steps of another.
    pub(super) fn is_prefix_of(&self, other: &Self) -> bool {
        other.steps.starts_with(&self.steps)
    }

    /// Whether it lies in `metadata`.
    pub(super) fn is_in_metadata(&self) -> bool {
        matches!(self.steps.first(), Some(Step::Field(name)) if name == "metadata")
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<(usize, Token)>>,
    end: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Key(String),
    Digits(String),
    Dot,
    Open,
    Close,
    Colon,
    Star,
}

impl Parser {
    fn location(&mut self) -> Result<Vec<Step>, LocationError> {
        let mut steps = Vec::new();
        loop {
            steps.push(Step::Field(self.key("a field")?));
            if self.accept(&Token::Open) {
                steps.push(Step::Member(self.member()?));
            }
            if self.tokens.peek().is_none() {
                return Ok(steps);
            }
            self.expect(&Token::Dot, "`.` or the end")?;
        }
    }

    fn member(&mut self) -> Result<Member, LocationError> {
        let key = self.key("the key of a list")?;
        self.expect(&Token::Colon, "`:` after the key of a list")?;
        let (at, value) = match self.tokens.next() {
            Some((_, Token::Star)) => (0, None),
            Some((_, Token::Key(text))) => (0, Some(Ok(KeyValue::Text(text)))),
            Some((at, Token::Digits(digits))) => (at, Some(digits.parse().map(KeyValue::Number))),
            found => return Err(self.unexpected(found, "a value or `*`")),
        };
        let value = value.transpose().map_err(|_| LocationError {
            message: "number is too large".to_owned(),
            at,
        })?;
        self.expect(&Token::Close, "`]`")?;
        Ok(Member { key, value })
    }

    fn key(&mut self, wanted: &str) -> Result<String, LocationError> {
        match self.tokens.next() {
            Some((_, Token::Key(key))) => Ok(key),
            found => Err(self.unexpected(found, wanted)),
        }
    }

    fn accept(&mut self, wanted: &Token) -> bool {
        self.tokens.next_if(|(_, token)| token == wanted).is_some()
    }

    fn expect(&mut self, wanted: &Token, noun: &str) -> Result<(), LocationError> {
        match self.tokens.next() {
            Some((_, token)) if token == *wanted => Ok(()),
            found => Err(self.unexpected(found, noun)),
        }
    }

    fn unexpected(&self, found: Option<(usize, Token)>, wanted: &str) -> LocationError {
        let at = found.map_or(self.end, |(at, _)| at);
        LocationError {
            message: format!("{wanted} is missing"),
            at,
        }
    }
}

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, LocationError> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(&character) = characters.get(index) {
        let start = index;
        index += 1;
        let token = match character {
            ' ' | '\t' | '\r' | '\n' => continue,
            '.' => Token::Dot,
            '[' => Token::Open,
            ']' => Token::Close,
            ':' => Token::Colon,
            '*' => Token::Star,
            '"' | '\'' => Token::Key(quoted(&characters, &mut index)?),
            digit if digit.is_ascii_digit() => {
                Token::Digits(run(&characters, start, &mut index, |next| {
                    next.is_ascii_digit()
                }))
            }
            letter if is_key(letter) => Token::Key(run(&characters, start, &mut index, is_key)),
            other => {
                return Err(LocationError {
                    message: format!("`{other}` must be quoted"),
                    at: start + 1,
                });
            }
        };
        found.push((start + 1, token));
    }
    Ok(found)
}

fn is_key(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '-')
}

fn run(characters: &[char], start: usize, index: &mut usize, is: fn(char) -> bool) -> String {
    while characters.get(*index).is_some_and(|&next| is(next)) {
        *index += 1;
    }
    characters
        .get(start..*index)
        .unwrap_or(&[])
        .iter()
        .collect()
}

/// The text up to the quote that opened it; `index` stands behind that quote.
fn quoted(characters: &[char], index: &mut usize) -> Result<String, LocationError> {
    let start = *index;
    let quote = characters.get(start.saturating_sub(1));
    let mut text = String::new();
    while let Some(&character) = characters.get(*index) {
        *index += 1;
        if Some(&character) == quote {
            return Ok(text);
        }
        if character == '\\' {
            text.extend(characters.get(*index));
            *index += 1;
        } else {
            text.push(character);
        }
    }
    Err(LocationError {
        message: "a quote is not closed".to_owned(),
        at: start,
    })
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            match step {
                Step::Field(name) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    key(f, name)?;
                }
                Step::Member(member) => {
                    f.write_str("[")?;
                    key(f, &member.key)?;
                    f.write_str(": ")?;
                    match &member.value {
                        None => f.write_str("*")?,
                        Some(KeyValue::Text(text)) => key(f, text)?,
                        Some(KeyValue::Number(number)) => write!(f, "{number}")?,
                    }
                    f.write_str("]")?;
                }
            }
        }
        Ok(())
    }
}

fn key(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let is_plain = !text.is_empty()
        && text.chars().all(is_key)
        && !text.starts_with(|first: char| first.is_ascii_digit());
    if is_plain {
        return f.write_str(text);
    }
    write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_and_written() {
        for (text, written) in [
            ("single_field", "single_field"),
            (
                "spec.containers[name: *].securityContext",
                "spec.containers[name: *].securityContext",
            ),
            ("spec.containers[name:foo]", "spec.containers[name: foo]"),
            (
                r#"spec.containers["my key": "foo bar"]"#,
                r#"spec.containers["my key": "foo bar"]"#,
            ),
            (
                r#"spec.containers[name: "*"]"#,
                r#"spec.containers[name: "*"]"#,
            ),
            (r#"a["": ""].b"#, r#"a["": ""].b"#),
            (r#""sp\"ec""#, r#""sp\"ec""#),
            ("'a.b'.c", r#""a.b".c"#),
            ("spec.ports[port: 8080].name", "spec.ports[port: 8080].name"),
            (r#"ports[port: "8080"]"#, r#"ports[port: "8080"]"#),
            (" a . b ", "a.b"),
            ("a['12': x]", r#"a["12": x]"#),
        ] {
            let location = Location::parse(text).expect(text);
            assert_eq!(location.to_string(), written);
            assert_eq!(Location::parse(written), Ok(location), "{written}");
        }
    }

    #[test]
    fn a_quoted_star_is_a_name() {
        let location = Location::parse(r#"a[b: "*"]"#).expect("a location");
        assert_eq!(
            location.steps().last(),
            Some(&Step::Member(Member {
                key: "b".to_owned(),
                value: Some(KeyValue::Text("*".to_owned())),
            }))
        );
    }

    #[test]
    fn other_texts_are_refused_with_a_place() {
        for (text, at) in [
            ("", 1),
            (".spec", 1),
            ("spec.", 6),
            ("a..b", 3),
            ("a b", 3),
            ("a[my key: b]", 6),
            ("a[key: foo bar]", 12),
            ("a[name: ]", 9),
            ("a[]", 3),
            ("a[: b]", 3),
            ("a[name: *", 10),
            ("a[name: b][name: c]", 11),
            ("[name: b]", 1),
            ("a.1b", 3),
            ("a/b", 2),
            ("a.\"b", 3),
            ("a[b: 99999999999999999999]", 6),
            ("*", 1),
        ] {
            let error = Location::parse(text).expect_err(text);
            assert_eq!(error.at, at, "{text}: {error}");
        }
    }
}
