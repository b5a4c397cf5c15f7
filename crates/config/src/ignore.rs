//! `.gitignore` and `.dockerignore`: a list of lines, each with what it is.
//!
//! The shape is that of go-ignore: an empty file has one empty line, and so has the end of a file that
//! ends with a newline.

use serde_json::{Value, json};

pub(crate) fn parse(text: &str) -> Value {
    let entries: Vec<Value> = text.split('\n').map(entry).collect();
    // One more array around it: an array at the top would be one input for each line.
    json!([entries])
}

fn entry(line: &str) -> Value {
    let stripped = trim_right_space(line);
    let (kind, value) = if stripped.is_empty() {
        ("Empty", line.to_owned())
    } else if let Some(comment) = stripped.strip_prefix('#') {
        ("Comment", comment.trim().to_owned())
    } else if let Some(path) = stripped.strip_prefix('!') {
        ("NegatedPath", unescape(path))
    } else {
        ("Path", unescape(stripped))
    };
    json!({"Kind": kind, "Value": value, "Original": line})
}

/// Without trailing spaces; one that a backslash stands before stays.
fn trim_right_space(line: &str) -> &str {
    let trimmed = line.trim_end_matches(' ');
    if trimmed.ends_with('\\') && trimmed.len() < line.len() {
        return line.get(..=trimmed.len()).unwrap_or(trimmed);
    }
    trimmed
}

/// Without backslashes, a doubled one becoming one.
///
/// go-ignore takes each byte for a character, so it turns `é` into `Ã©`. So does this: a policy that
/// matches such a path was written against what conftest shows.
fn unescape(text: &str) -> String {
    let mut bytes = text.bytes().peekable();
    let mut result = String::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            result.push(char::from(byte));
        } else if bytes.peek() == Some(&b'\\') {
            bytes.next();
            result.push('\\');
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn each_line_has_its_kind() {
        assert_eq!(
            parse("# note \n\n!keep\\\\x\n  a\\ b\\  \r\n"),
            json!([[
                {"Kind": "Comment", "Value": "note", "Original": "# note "},
                {"Kind": "Empty", "Value": "", "Original": ""},
                {"Kind": "NegatedPath", "Value": "keep\\x", "Original": "!keep\\\\x"},
                {"Kind": "Path", "Value": "  a b  \r", "Original": "  a\\ b\\  \r"},
                {"Kind": "Empty", "Value": "", "Original": ""},
            ]])
        );
    }
}
