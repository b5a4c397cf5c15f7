//! JSON, and JSON with comments.

use serde_json::Value;

use crate::{ParseError, number::to_doubles};

/// Reads JSON as Go's `encoding/json` does: the last of equal keys counts, and half of a surrogate pair
/// is U+FFFD.
pub(crate) fn parse(text: &str) -> Result<Value, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let result = serde_json::from_str(text).or_else(|error| {
        // Escapes keep their length, so a place in the replaced text is one in the file.
        match replace_lone_surrogates(text) {
            Some(replaced) => serde_json::from_str(&replaced),
            None => Err(error),
        }
    });
    let mut value: Value = result.map_err(|error| place(&error))?;
    to_doubles(&mut value);
    Ok(value)
}

/// Reads JSON with `//`, `#` and `/* */` comments.
///
/// conftest loses its way after a comment with a single quotation mark in it; this does not.
pub(crate) fn parse_with_comments(text: &str) -> Result<Value, ParseError> {
    parse(&blank_comments(text)?)
}

fn place(error: &serde_json::Error) -> ParseError {
    let message = error.to_string();
    // serde_json ends its message with the place, which stands in front here.
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    ParseError::new(error.line(), error.column(), message)
}

/// The text with spaces in place of comments, so that places stay.
fn blank_comments(text: &str) -> Result<String, ParseError> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            '#' => line_length(rest),
            '/' if rest.starts_with("//") => line_length(rest),
            '/' if rest.starts_with("/*") => {
                let Some(end) = rest.get(2..).and_then(|inside| inside.find("*/")) else {
                    let at = text.len() - rest.len();
                    return Err(ParseError::at(text, at, "comment without an end"));
                };
                end + 4
            }
            _ => first.len_utf8(),
        };
        let (piece, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if matches!(first, '#' | '/') && length > 1 || first == '#' {
            result.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            result.push_str(piece);
        }
        rest = after;
    }
    Ok(result)
}

/// Bytes of the string that the text starts with, quotation marks included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn line_length(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The text with `\ufffd` for each escape that is half of a surrogate pair; `None` if there is none.
fn replace_lone_surrogates(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut result = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let step = match surrogate(rest) {
            Some(0xd800..=0xdbff)
                if matches!(rest.get(6..).and_then(surrogate), Some(0xdc00..=0xdfff)) =>
            {
                12
            }
            Some(0xd800..=0xdfff) => {
                result.push_str(text.get(copied..at)?);
                result.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            // Skips the escaped character too, so that `\\u` is no escape.
            _ if rest.first() == Some(&b'\\') => 2,
            _ => 1,
        };
        at += step;
    }
    if copied == 0 {
        return None;
    }
    result.push_str(text.get(copied..)?);
    Some(result)
}

/// The code unit of the `\uXXXX` that the bytes start with.
fn surrogate(bytes: &[u8]) -> Option<u32> {
    let digits = bytes.strip_prefix(b"\\u")?.get(..4)?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parse, parse_with_comments};

    #[test]
    fn json_is_that_of_go() {
        assert_eq!(
            parse("\u{feff}{\"a\": 1.0, \"a\": 2.0, \"b\": 12345678901234567890}"),
            Ok(json!({"a": 2, "b": 12_345_678_901_234_567_000f64}))
        );
        assert_eq!(
            parse(r#"["\ud83d\ude00", "\ud83d", "\\ud83d"]"#),
            Ok(json!(["\u{1f600}", "\u{fffd}", "\\ud83d"]))
        );
        let error = parse("{\n  \"a\": ,\n}").unwrap_err();
        assert_eq!((error.line, error.column), (2, 8));
        assert_eq!(error.message, "expected value");
    }

    #[test]
    fn deep_nesting_is_refused() {
        assert!(parse(&"[".repeat(100_000)).is_err());
    }

    #[test]
    fn comments_are_skipped_outside_strings() {
        assert_eq!(
            parse_with_comments(
                "// it's \"one\n{\"a // b\": /* \" */ \"c # \\\" d\", # x\n \"e\": 1}"
            ),
            Ok(json!({"a // b": "c # \" d", "e": 1}))
        );
        assert_eq!(
            parse_with_comments("{} /* open").unwrap_err().to_string(),
            "1:4: comment without an end"
        );
        assert!(parse_with_comments("[1,]").is_err());
    }
}
