//! Writes JSON.

use std::{
    borrow::Cow,
    fmt::{self, Write},
};

use crate::{Number, Value};

/// How JSON is laid out.
pub(crate) struct Style<'s> {
    /// Whether `<`, `>`, `&` and the line separators of Unicode are escaped, as Go does unless told otherwise.
    pub(crate) escapes_html: bool,
    /// What each line starts with, and what it is indented with; `None` writes one line without spaces.
    pub(crate) lines: Option<(&'s str, &'s str)>,
}

impl Style<'_> {
    pub(crate) const COMPACT: Self = Self {
        escapes_html: false,
        lines: None,
    };
    pub(crate) const GO: Self = Self {
        escapes_html: true,
        lines: None,
    };
}

/// Writes a value.
pub(crate) fn write(out: &mut impl Write, value: &Value, style: &Style<'_>) -> fmt::Result {
    write_at(out, value, style, 0)
}

fn write_at(out: &mut impl Write, value: &Value, style: &Style<'_>, depth: usize) -> fmt::Result {
    match value {
        Value::Null => out.write_str("null"),
        Value::Bool(true) => out.write_str("true"),
        Value::Bool(false) => out.write_str("false"),
        Value::Number(number) => write_number(out, number),
        Value::String(text) => write_string(out, text, style),
        Value::Array(items) => write_array(out, items, style, depth),
        Value::Set(set) => write_array(out, set.members(), style, depth),
        Value::Object(object) => {
            let entries = object.entries();
            if entries.is_empty() {
                return out.write_str("{}");
            }
            out.write_char('{')?;
            // Keys that are all strings stand in their order already.
            let is_plain = entries
                .iter()
                .all(|(key, _)| matches!(key, Value::String(_)));
            if is_plain {
                for (index, (key, value)) in entries.iter().enumerate() {
                    write_member(
                        out,
                        index,
                        key.as_str().unwrap_or_default(),
                        value,
                        style,
                        depth,
                    )?;
                }
            } else {
                for (index, (key, value)) in named(entries, style).into_iter().enumerate() {
                    write_member(out, index, &key, value, style, depth)?;
                }
            }
            new_line(out, style, depth)?;
            out.write_char('}')
        }
    }
}

/// Entries by the text of their keys; of equal ones the last.
fn named<'v>(entries: &'v [(Value, Value)], style: &Style<'_>) -> Vec<(Cow<'v, str>, &'v Value)> {
    let mut named: Vec<(Cow<'v, str>, &'v Value)> = entries
        .iter()
        .map(|(key, value)| match key {
            Value::String(text) => (Cow::Borrowed(&**text), value),
            other => {
                let mut text = String::new();
                let style = Style {
                    lines: None,
                    escapes_html: style.escapes_html,
                };
                let _ = write(&mut text, other, &style);
                (Cow::Owned(text), value)
            }
        })
        .collect();
    named.reverse();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named.dedup_by(|a, b| a.0 == b.0);
    named
}

fn write_member(
    out: &mut impl Write,
    index: usize,
    key: &str,
    value: &Value,
    style: &Style<'_>,
    depth: usize,
) -> fmt::Result {
    if index > 0 {
        out.write_char(',')?;
    }
    new_line(out, style, depth + 1)?;
    write_string(out, key, style)?;
    out.write_char(':')?;
    if style.lines.is_some() {
        out.write_char(' ')?;
    }
    write_at(out, value, style, depth + 1)
}

fn write_array(
    out: &mut impl Write,
    items: &[Value],
    style: &Style<'_>,
    depth: usize,
) -> fmt::Result {
    if items.is_empty() {
        return out.write_str("[]");
    }
    out.write_char('[')?;
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.write_char(',')?;
        }
        new_line(out, style, depth + 1)?;
        write_at(out, item, style, depth + 1)?;
    }
    new_line(out, style, depth)?;
    out.write_char(']')
}

fn new_line(out: &mut impl Write, style: &Style<'_>, depth: usize) -> fmt::Result {
    if let Some((prefix, indent)) = style.lines {
        out.write_char('\n')?;
        out.write_str(prefix)?;
        for _ in 0..depth {
            out.write_str(indent)?;
        }
    }
    Ok(())
}

/// A number in its own spelling, or in one that JSON knows.
fn write_number(out: &mut impl Write, number: &Number) -> fmt::Result {
    if number.is_json() {
        return write!(out, "{number}");
    }
    let text = number.to_string();
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(&text)),
    };
    let (mantissa, exponent) = match rest
        .find(['e', 'E'])
        .and_then(|at| rest.split_at_checked(at))
    {
        Some(parts) => parts,
        None => (rest, ""),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let whole = whole.trim_start_matches('0');
    out.write_str(sign)?;
    out.write_str(if whole.is_empty() { "0" } else { whole })?;
    if !fraction.is_empty() {
        out.write_char('.')?;
        out.write_str(fraction)?;
    }
    out.write_str(exponent)
}

fn write_string(out: &mut impl Write, text: &str, style: &Style<'_>) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    loop {
        let plain = rest
            .bytes()
            .position(|byte| {
                matches!(byte, 0..0x20 | b'"' | b'\\')
                    || (style.escapes_html && matches!(byte, b'<' | b'>' | b'&' | 0xe2))
            })
            .unwrap_or(rest.len());
        let Some((before, after)) = rest.split_at_checked(plain) else {
            break;
        };
        out.write_str(before)?;
        let mut characters = after.chars();
        match characters.next() {
            None => break,
            Some('"') => out.write_str("\\\"")?,
            Some('\\') => out.write_str("\\\\")?,
            Some('\n') => out.write_str("\\n")?,
            Some('\r') => out.write_str("\\r")?,
            Some('\t') => out.write_str("\\t")?,
            Some('\u{8}') => out.write_str("\\b")?,
            Some('\u{c}') => out.write_str("\\f")?,
            Some(other @ ('\0'..'\u{20}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')) => {
                let code = u32::from(other);
                out.write_str("\\u")?;
                for shift in [12, 8, 4, 0] {
                    out.write_char(char::from_digit((code >> shift) & 15, 16).unwrap_or('0'))?;
                }
            }
            Some(other) => out.write_char(other)?,
        }
        rest = characters.as_str();
    }
    out.write_char('"')
}
