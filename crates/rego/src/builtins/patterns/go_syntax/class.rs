//! `[..]`

use std::fmt::Write;

use super::{SyntaxError, error, escape, written};

/// A class without any character.
pub(super) const NOTHING: &str = r"[a&&b]";

/// A class, its items written for the regex crate.
pub(super) fn bracketed(items: &str, is_negated: bool, ignores_case: bool) -> String {
    let class = match (items.is_empty(), is_negated) {
        (true, false) => NOTHING.to_owned(),
        (true, true) => r"(?s:.)".to_owned(),
        (false, false) => format!("[{items}]"),
        (false, true) => format!("[^{items}]"),
    };
    if ignores_case {
        format!("(?i:{class})")
    } else {
        class
    }
}

/// Reads a class at the start of a text; returns what follows it.
pub(super) fn parse(text: &str, ignores_case: bool) -> Result<(String, &str), SyntaxError> {
    let unclosed = || error("missing closing ]", text);
    let mut rest = text.strip_prefix('[').unwrap_or(text);
    let is_negated = rest.starts_with('^');
    if is_negated {
        rest = rest.get(1..).unwrap_or_default();
    }
    let mut items = String::new();
    let mut is_first = true;
    while is_first || !rest.starts_with(']') {
        if rest.is_empty() {
            return Err(unclosed());
        }
        is_first = false;
        if let Some((group, behind)) = named(rest)? {
            items.push_str(&group);
            rest = behind;
            continue;
        }
        if let Some((class, behind)) = escape::class(rest)? {
            items.push_str(&class);
            rest = behind;
            continue;
        }
        let range = rest;
        let (low, behind) = character(rest).ok_or_else(unclosed)??;
        rest = behind;
        let mut high = low;
        if let Some(behind) = rest.strip_prefix('-')
            && !behind.starts_with(']')
            && !behind.is_empty()
        {
            (high, rest) = character(behind).ok_or_else(unclosed)??;
            if high < low {
                return Err(error("invalid character class range", written(range, rest)));
            }
        }
        write_range(&mut items, low, high);
    }
    let rest = rest.strip_prefix(']').ok_or_else(unclosed)?;
    Ok((bracketed(&items, is_negated, ignores_case), rest))
}

fn character(text: &str) -> Option<Result<(u32, &str), SyntaxError>> {
    if text.starts_with('\\') {
        return Some(escape::character(text));
    }
    let mut letters = text.chars();
    let letter = letters.next()?;
    Some(Ok((u32::from(letter), letters.as_str())))
}

/// Writes a range without the halves of surrogate pairs, which are no characters.
fn write_range(items: &mut String, low: u32, high: u32) {
    let low = if (0xd800..0xe000).contains(&low) {
        0xe000
    } else {
        low
    };
    let high = if (0xd800..0xe000).contains(&high) {
        0xd7ff
    } else {
        high
    };
    if low <= high {
        let _ = write!(items, "\\x{{{low:x}}}-\\x{{{high:x}}}");
    }
}

/// `[:alpha:]`, `[:^alpha:]`
fn named(text: &str) -> Result<Option<(String, &str)>, SyntaxError> {
    let Some(inner) = text.strip_prefix("[:") else {
        return Ok(None);
    };
    let Some((name, rest)) = inner.split_once(":]") else {
        return Ok(None);
    };
    let (plain, negation) = match name.strip_prefix('^') {
        Some(plain) => (plain, "^"),
        None => (name, ""),
    };
    let ranges = match plain {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\t\x20",
        "cntrl" => r"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => r"\x21-\x7e",
        "lower" => "a-z",
        "print" => r"\x20-\x7e",
        "punct" => r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
        "space" => r"\t\n\x0b\f\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => {
            return Err(error("invalid character class range", written(text, rest)));
        }
    };
    Ok(Some((format!("[{negation}{ranges}]"), rest)))
}
