//! `.env` files as the Go library gotenv reads them, with an empty environment.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use regex::{Captures, Regex};
use serde_json::{Value, json};

use crate::ParseError;

/// A pattern that is known to be right; a wrong one would match nothing, which a test would show.
fn pattern(pattern: &str) -> Option<Regex> {
    Regex::new(pattern).ok()
}

/// Name, delimiter and value of a line: quoted, or up to a comment.
static LINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(concat!(
        r"\A[\t\n\f\r ]*(?:export[\t\n\f\r ]+)?([0-9A-Za-z_.]+)(?:[\t\n\f\r ]*=[\t\n\f\r ]*|:[\t\n\f\r ]+?)",
        r#"('(?:\'|[^'])*'|"(?:\"|[^"])*"|[^#\n]+)?[\t\n\f\r ]*(?:[\t\n\f\r ]*#.*)?\z"#,
    ))
});

/// A backslash before anything but `$`.
static ESCAPE: LazyLock<Option<Regex>> = LazyLock::new(|| pattern(r"\\([^$])"));

/// A variable in a value; braces need not be in pairs.
static VARIABLE: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(\\)?\$(\{?([A-Z0-9_]+)?\}?)"));

pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let mut lines = lines(text.strip_prefix('\u{feff}').unwrap_or(text)).enumerate();
    let mut values = BTreeMap::new();
    while let Some((index, line)) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut line = line.to_owned();
        if let Some(quote) = open_quote(&line) {
            let mut closed = false;
            for (_, more) in lines.by_ref() {
                line.push('\n');
                line.push_str(more);
                closed = more
                    .rfind(quote)
                    .is_some_and(|at| !more.get(..at).unwrap_or("").ends_with('\\'));
                if closed {
                    break;
                }
            }
            if !closed {
                return Err(ParseError::new(index + 1, 1, "quote without an end"));
            }
        }
        let (name, value) = assignment(&line, &values)
            .ok_or_else(|| ParseError::new(index + 1, 1, "not of the form NAME=value"))?;
        values.insert(name, value);
    }
    Ok(json!(values))
}

/// Lines without their ends: CR, LF or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        line.split('\r')
    })
}

/// The quote that a value on this line opens and does not close.
fn open_quote(line: &str) -> Option<char> {
    let at = line.find('=').or_else(|| line.find(':'))?;
    let value = line.get(at + 1..)?.trim();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if at == 0 {
        return None;
    }
    let inside = value.get(1..)?;
    // Blanks before the text count for the place as gotenv counts it: not at all.
    match inside.trim().rfind(quote) {
        Some(end) if value.as_bytes().get(end) != Some(&b'\\') => None,
        _ => Some(quote),
    }
}

fn assignment(line: &str, values: &BTreeMap<String, String>) -> Option<(String, String)> {
    let found = LINE.as_ref()?.captures(line)?;
    let name = found.get(1)?.as_str().to_owned();
    let value = found.get(2).map_or("", |value| value.as_str()).trim();
    let quoted = |quote: char| {
        (value.len() >= 2)
            .then(|| value.strip_prefix(quote)?.strip_suffix(quote))
            .flatten()
    };
    if let Some(value) = quoted('\'') {
        return Some((name, value.to_owned()));
    }
    let mut text = Cow::Borrowed(value);
    if let Some(value) = quoted('"') {
        let value = value.replace("\\n", "\n").replace("\\r", "\r");
        text = Cow::Owned(ESCAPE.as_ref()?.replace_all(&value, "$1").into_owned());
    }
    let expanded = VARIABLE
        .as_ref()?
        .replace_all(&text, |found: &Captures<'_>| {
            let all = found.get(0).map_or("", |all| all.as_str());
            if let Some(literal) = all.strip_prefix('\\') {
                return literal.to_owned();
            }
            match found.get(3) {
                Some(name) => values.get(name.as_str()).cloned().unwrap_or_default(),
                None => all.to_owned(),
            }
        });
    Some((name, expanded.into_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn quotes_variables_and_comments() {
        assert_eq!(
            parse(
                "# note\nA=1\nexport B = two words # note\nC: yes\nD='$A # raw'\nE=\"x\\ty\\n$A ${A}s \\$A\"\n\
                 F=\"one\ntwo\"\nG=\nH=$UNSET-\r\nI=$A"
            ),
            Ok(json!({
                "A": "1", "B": "two words", "C": "yes", "D": "$A # raw", "E": "xty\n1 1s $A",
                "F": "one\ntwo", "G": "", "H": "-", "I": "1",
            }))
        );
    }

    #[test]
    fn broken_lines_are_refused() {
        assert_eq!(parse("A=1\nword\n").unwrap_err().line, 2);
        assert_eq!(
            parse("A=\"x\nB=1").unwrap_err().to_string(),
            "1:1: quote without an end"
        );
    }
}
