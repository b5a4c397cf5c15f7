//! Values as OPA prints them in messages: terms of Rego, strings quoted as Go quotes them.

use std::fmt::{self, Write};
use std::sync::LazyLock;

use crate::Value;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => write_quoted(f, text, '"', false),
            Self::Array(items) => {
                f.write_char('[')?;
                write_members(f, items)?;
                f.write_char(']')
            }
            Self::Set(set) if set.members().is_empty() => f.write_str("set()"),
            Self::Set(set) => {
                f.write_char('{')?;
                write_members(f, set.members())?;
                f.write_char('}')
            }
            Self::Object(object) => {
                f.write_char('{')?;
                for (index, (key, value)) in object.entries().iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{key}: {value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

fn write_members(f: &mut fmt::Formatter<'_>, members: &[Value]) -> fmt::Result {
    for (index, member) in members.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{member}")?;
    }
    Ok(())
}

/// Writes text between quotes with everything escaped that Go's `strconv.Quote` escapes;
/// with `ascii_only` everything beyond ASCII too.
pub(crate) fn write_quoted(
    out: &mut impl Write,
    text: &str,
    quote: char,
    ascii_only: bool,
) -> fmt::Result {
    out.write_char(quote)?;
    let mut rest = text;
    while !rest.is_empty() {
        // Most text needs no escapes at all.
        let plain = rest
            .bytes()
            .position(|byte| {
                !(b' '..=b'~').contains(&byte) || byte == b'\\' || char::from(byte) == quote
            })
            .unwrap_or(rest.len());
        let (before, after) = rest.split_at_checked(plain).unwrap_or((rest, ""));
        out.write_str(before)?;
        let mut characters = after.chars();
        if let Some(next) = characters.next() {
            write_character(out, next, quote, ascii_only)?;
        }
        rest = characters.as_str();
    }
    out.write_char(quote)
}

fn write_character(
    out: &mut impl Write,
    character: char,
    quote: char,
    ascii_only: bool,
) -> fmt::Result {
    match character {
        '\\' => out.write_str("\\\\"),
        _ if character == quote => {
            out.write_char('\\')?;
            out.write_char(quote)
        }
        '\u{7}' => out.write_str("\\a"),
        '\u{8}' => out.write_str("\\b"),
        '\u{c}' => out.write_str("\\f"),
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        '\u{b}' => out.write_str("\\v"),
        _ if is_printable(character) && (!ascii_only || character.is_ascii()) => {
            out.write_char(character)
        }
        _ => match u32::from(character) {
            code @ (..0x20 | 0x7f) => write!(out, "\\x{code:02x}"),
            code @ ..0x1_0000 => write!(out, "\\u{code:04x}"),
            code => write!(out, "\\U{code:08x}"),
        },
    }
}

/// Whether Go prints a character as it is: letters, marks, numbers, punctuation, symbols and the space.
pub(crate) fn is_printable(character: char) -> bool {
    /// Ranges of the categories, of the Unicode version that Go 1.26 knows.
    static RANGES: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let class = r"[[\pL\pM\pN\pP\pS]&&\p{age:15.0}]";
        match regex_syntax::parse(class).map(regex_syntax::hir::Hir::into_kind) {
            Ok(regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class))) => {
                class
                    .iter()
                    .map(|range| (range.start(), range.end()))
                    .collect()
            }
            _ => Vec::new(),
        }
    });
    if character.is_ascii() {
        return (' '..='~').contains(&character);
    }
    RANGES
        .binary_search_by(|(start, end)| {
            if *end < character {
                std::cmp::Ordering::Less
            } else if *start > character {
                std::cmp::Ordering::Greater
            } else {
                std::cmp::Ordering::Equal
            }
        })
        .is_ok()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{Object, Set};

    #[test]
    fn values_are_printed_as_terms() {
        let string = Value::from;
        for (value, expected) in [
            (Value::Null, "null"),
            (Value::Bool(true), "true"),
            (
                string("a\"b\\\n\u{1}é\u{a0}\u{200b}\u{10ffff}"),
                r#""a\"b\\\n\x01é\u00a0\u200b\U0010ffff""#,
            ),
            (
                Value::Array([Value::from(1), string("x")].into()),
                r#"[1, "x"]"#,
            ),
            (Value::Set(Arc::new(Set::from_members(vec![]))), "set()"),
            (
                Value::Set(Arc::new(Set::from_members(vec![string("b"), string("a")]))),
                r#"{"a", "b"}"#,
            ),
            (
                Value::Object(Arc::new(Object::from_entries(vec![
                    (string("k"), Value::from(1)),
                    (Value::from(2), Value::Null),
                ]))),
                r#"{2: null, "k": 1}"#,
            ),
            (Value::Object(Arc::default()), "{}"),
        ] {
            assert_eq!(value.to_string(), expected);
        }
    }
}
