//! Values behind names, in the ways that files and programs write them.

use std::ops::Range;

use super::{
    beside,
    cursor::{Cursor, is_blank, is_closing},
    directive, element, line_before, sql,
};
use crate::fallback::operator;

/// The longest value that is read.
pub(super) const VALUE: usize = 4 * 1024;

/// A value as it stands in the text.
pub(super) struct Literal {
    pub(super) place: Range<usize>,
    pub(super) written: Written,
}

/// How a value is written, and so what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    /// In quotes, or as the text of an element.
    Quoted,
    /// Without quotes, as in YAML.
    Plain,
    /// Without quotes as programs write: `a := b`, `a = b`, `a: b,`.
    Code,
    /// Where texts for people stand as well, such as `"X-Api-Key: b"`: only a random value is a secret.
    Loosely,
    /// Where there can be only a password, whatever the name says.
    Password,
}

/// The value behind the name between `start` and `end`.
pub(super) fn literal(bytes: &[u8], start: usize, end: usize) -> Option<Literal> {
    let mut cursor = Cursor { bytes, at: end };
    let before = line_before(bytes, start);
    if let Some(value) = element::value(&mut cursor, before) {
        return Some(value);
    }
    if before.ends_with(b"${") {
        // The folder that a shell works in.
        let is_folder = bytes.get(start..end) == Some(b"PWD");
        return (!is_folder)
            .then(|| reference(&mut cursor, start, end))
            .flatten();
    }
    let closing = cursor.skip(3, is_closing);
    let blanks = cursor.skip(20, is_blank);
    // As make assigns: what follows is the value, whatever it looks like.
    if [b":::=".as_slice(), b"::=", b"?="]
        .iter()
        .any(|operator| cursor.eat(operator))
    {
        cursor.skip(20, is_blank);
        return scalar(&mut cursor, Style::Tight);
    }
    if [b".=".as_slice(), b"+=", b"||=", b"??="]
        .iter()
        .any(|operator| cursor.eat(operator))
    {
        cursor.skip(20, is_blank);
        return quoted(&mut cursor);
    }
    if cursor.eat(b"==") || cursor.eat(b"=~") || cursor.eat(b"::") {
        return None;
    }
    if cursor.eat(b":=") || cursor.eat(b"=>") {
        cursor.skip(20, is_blank);
        return scalar(&mut cursor, Style::Spaced);
    }
    // A text of a program ends behind what joins, and the value comes from elsewhere: `"token=" + token`.
    let ends_text = |cursor: &Cursor<'_>| {
        closing == 0
            && matches!(before.last(), Some(quote @ (b'"' | b'\'')) if *quote == cursor.peek())
    };
    if cursor.eat(b"=") {
        let blanks = blanks + cursor.skip(20, is_blank);
        if ends_text(&cursor) {
            return None;
        }
        let style = if blanks == 0 {
            Style::Tight
        } else {
            Style::Spaced
        };
        return scalar(&mut cursor, style);
    }
    if cursor.eat(b":") {
        // A variable of psql in a statement: `ALTER ROLE app WITH PASSWORD :'pw'`.
        let is_of_psql = blanks > 0 && closing == 0 && cursor.peek() == b'\'';
        if is_of_psql && sql::makes_account(bytes, start) {
            return None;
        }
        cursor.skip(20, is_blank);
        if ends_text(&cursor) {
            return None;
        }
        if let Some(value) = typed(&mut cursor) {
            return Some(value);
        }
        properties(&mut cursor);
        if let Some(value) = below(&mut cursor, before) {
            return Some(value);
        }
        // Forms of pages keep what was typed in fields without quotes: `password: { value: '' }`.
        if cursor.peek() == b'{' && closing > 0 {
            let at = cursor.at;
            if let Some(value) = beside::in_object(&mut cursor) {
                return Some(value);
            }
            cursor.at = at;
        }
        let style = match before.last() {
            Some(quote @ (b'"' | b'\'')) if closing == 0 => Style::Inside(*quote),
            _ => Style::Colon,
        };
        return scalar(&mut cursor, style);
    }
    // A parameter of Bicep stands alone before its name; others have one that ends so.
    let is_declared = [b"var ".as_slice(), b"const "]
        .iter()
        .any(|word| before.ends_with(word))
        || before == b"param ";
    if is_declared && blanks > 0 {
        return typed(&mut cursor);
    }
    let at = cursor.at;
    if closing == 0 && cursor.eat(b"(") && is_setter(bytes, start, end) {
        let value = quoted(&mut cursor)?;
        let ends = bytes.get(value.place.end + 1) == Some(&b')');
        // Tests of pages name the field that they fill: `setPassword("#password")`.
        let is_selector = matches!(bytes.get(value.place.start), Some(b'#' | b'/' | b'['));
        return (ends && !is_selector).then_some(Literal {
            written: Written::Loosely,
            ..value
        });
    }
    cursor.at = at;
    if let Some(value) = beside::value(&mut cursor, start) {
        return Some(value);
    }
    cursor.at = at;
    if cursor.eat(b"||") || cursor.eat(b"??") {
        let of_environment = bytes
            .get(start..end)
            .is_some_and(|key| memchr::memmem::find(key, b"env.").is_some());
        cursor.skip(20, is_blank);
        return of_environment.then(|| quoted(&mut cursor)).flatten();
    }
    let flag = bytes
        .get(start..end)
        .is_some_and(|key| key.starts_with(b"--"));
    if flag && let Some(value) = beside::next_item(&mut cursor, before) {
        return Some(value);
    }
    let instruction = before.trim_ascii();
    let environment = instruction.eq_ignore_ascii_case(b"ENV");
    if blanks > 0 && directive::takes_name(before) {
        return scalar(&mut cursor, Style::Tight).map(|value| Literal {
            written: match value.written {
                Written::Code => Written::Plain,
                written => written,
            },
            ..value
        });
    }
    match blanks {
        0 => None,
        // An option that takes no value, before the next one.
        _ if flag && (cursor.peek() == b'-' || goes_on(&cursor)) => None,
        _ if flag || environment => scalar(&mut cursor, Style::Tight),
        _ => {
            let at = cursor.at;
            sql::password(&mut cursor, start, end).or_else(|| {
                cursor.at = at;
                directive::value(&mut cursor, before)
            })
        }
    }
}

/// Whether a name is that of a function that sets what it is called by: `dataSource.setPassword`.
fn is_setter(bytes: &[u8], start: usize, end: usize) -> bool {
    let name = bytes.get(start..end).unwrap_or_default();
    let name = name.rsplit(|byte| *byte == b'.').next().unwrap_or(name);
    [b"set".as_slice(), b"Set", b"with", b"With"]
        .iter()
        .any(|word| name.starts_with(word))
}

/// Words that follow the name of an option in a sentence.
const SENTENCE: [&str; 20] = [
    "and",
    "are",
    "argument",
    "can",
    "flag",
    "flags",
    "for",
    "from",
    "in",
    "is",
    "may",
    "must",
    "option",
    "options",
    "or",
    "parameter",
    "the",
    "to",
    "when",
    "with",
];

/// Whether a sentence goes on behind an option.
fn goes_on(cursor: &Cursor<'_>) -> bool {
    let rest = cursor.bytes.get(cursor.at..).unwrap_or_default();
    let word = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    let (word, rest) = rest.split_at_checked(word).unwrap_or_default();
    SENTENCE.iter().any(|known| word == known.as_bytes())
        && rest.first().is_none_or(|next| b" \t\r\n.,".contains(next))
}

/// The value on the line below a name that begins its line, as JSON and YAML may have it.
fn below(cursor: &mut Cursor<'_>, before: &[u8]) -> Option<Literal> {
    let start = cursor.at;
    let begins = without_mark(before).iter().all(|byte| is_blank(*byte));
    cursor.eat(b"\r");
    let value = (begins && cursor.eat(b"\n") && cursor.skip(200, is_blank) > 0)
        .then(|| scalar(cursor, Style::Colon))
        .flatten();
    let value = value.or_else(|| {
        cursor.at = start;
        cursor.eat(b"\r");
        let is_map = begins && cursor.eat(b"\n");
        let outer = before.iter().take_while(|byte| **byte == b' ').count();
        is_map
            .then(|| beside::on_lines_below(cursor, outer))
            .flatten()
    });
    let value = value.map(|value| Literal {
        written: match value.written {
            Written::Quoted => Written::Quoted,
            _ => Written::Loosely,
        },
        ..value
    });
    if value.is_none() {
        cursor.at = start;
    }
    value
}

/// What stands before a name, without the quote of the name and the mark of a list.
fn without_mark(before: &[u8]) -> &[u8] {
    let before = before
        .strip_suffix(b"\"")
        .or_else(|| before.strip_suffix(b"'"))
        .unwrap_or(before);
    before
        .strip_suffix(b"- ")
        .or_else(|| before.strip_suffix(b"{"))
        .unwrap_or(before)
}

/// What a string with a type is declared as: `string = "a"`, `&'static str = "a"`.
fn typed(cursor: &mut Cursor<'_>) -> Option<Literal> {
    let start = cursor.at;
    cursor.eat(b"&'");
    cursor.skip(40, |byte| {
        byte.is_ascii_alphanumeric() || b"_.<>&?[]| \t".contains(&byte)
    });
    if cursor.at > start && cursor.eat(b"=") {
        cursor.skip(20, is_blank);
        if let Some(value) = quoted(cursor) {
            return Some(value);
        }
    }
    cursor.at = start;
    None
}

/// Goes over what YAML may say before a scalar: `&anchor`, `!!str`.
fn properties(cursor: &mut Cursor<'_>) {
    let start = cursor.at;
    let is_property = if cursor.eat(b"&") {
        // Rust writes types so.
        let is_type = [b"mut ".as_slice(), b"dyn "]
            .iter()
            .any(|word| cursor.eat(word));
        !is_type && cursor.skip(80, super::in_name) > 0
    } else {
        cursor.eat(b"!!str")
    };
    if is_property && cursor.skip(20, is_blank) > 0 {
        properties(cursor);
    } else {
        cursor.at = start;
    }
}

/// Goes over what programs write before the quotes of a text: `@"a"`, `N'a'`, `b"a"`, `[]byte("a")`. Says whether it is
/// a text of bytes or a pattern, which tests are full of.
fn prefix(cursor: &mut Cursor<'_>) -> bool {
    const PREFIXES: [(&[u8], bool); 9] = [
        (b"@", false),
        (b"N", false),
        (b"L", false),
        (b"u", false),
        (b"b", true),
        (b"r", true),
        (b"br", true),
        (b"rb", true),
        (b"[]byte(", true),
    ];
    let rest = cursor.bytes.get(cursor.at..).unwrap_or_default();
    let found = PREFIXES.iter().find(|(prefix, _)| {
        rest.strip_prefix(*prefix)
            .is_some_and(|rest| matches!(rest.first(), Some(b'"' | b'\'' | b'`')))
    });
    cursor.at += found.map_or(0, |(prefix, _)| prefix.len());
    found.is_some_and(|(_, is_loose)| *is_loose)
}

/// A value in quotes, and nothing else.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Option<Literal> {
    let start = cursor.at;
    prefix(cursor);
    let is_quoted = matches!(cursor.peek(), b'"' | b'\'' | b'`');
    cursor.at = start;
    is_quoted.then(|| scalar(cursor, Style::Spaced)).flatten()
}

/// The reference around a name, where it falls back on a value.
fn reference(cursor: &mut Cursor<'_>, name: usize, end: usize) -> Option<Literal> {
    operator(cursor.bytes.get(name..end)?, cursor.bytes.get(cursor.at..)?)?;
    let mut depth = 1;
    let length = cursor.skip(VALUE, |byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        depth > 0 && byte != b'\n'
    });
    let closed = length < VALUE && cursor.eat(b"}");
    closed.then(|| Literal {
        place: name - "${".len()..cursor.at,
        written: Written::Quoted,
    })
}

/// How name and value are joined.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Style {
    /// `a: b`
    Colon,
    /// `"a: b"`, with the quote that ends it.
    Inside(u8),
    /// `a=b`, `--a b`: more may follow on the line.
    Tight,
    /// `a = b`, `a := b`
    Spaced,
}

pub(super) fn scalar(cursor: &mut Cursor<'_>, style: Style) -> Option<Literal> {
    if matches!(cursor.peek(), b'|' | b'>') {
        block(cursor)?;
    }
    let is_loose = prefix(cursor);
    let escaped = cursor.eat(b"\\");
    if let quote @ (b'"' | b'\'' | b'`') = cursor.peek() {
        cursor.at += 1;
        let start = cursor.at;
        while cursor.at - start < VALUE {
            match cursor.peek() {
                b'\\' if escaped && cursor.bytes.get(cursor.at + 1) == Some(&quote) => break,
                b'\\' => cursor.at += 2,
                0 | b'\n' => return None,
                byte if byte == quote => break,
                _ => cursor.at += 1,
            }
        }
        let place = start..cursor.at;
        let written = if is_loose {
            Written::Loosely
        } else {
            Written::Quoted
        };
        let text = cursor.bytes.get(place.clone())?;
        // Bytes by their numbers, and those that stand in for a key.
        let is_made_up = is_loose
            && (text.contains(&b'\\')
                || memchr::memmem::find(&text.to_ascii_lowercase(), b"0123456789").is_some());
        return (cursor.at - start < VALUE && !is_made_up).then_some(Literal { place, written });
    }
    let start = cursor.at;
    let length = cursor.skip(VALUE, |byte| {
        !byte.is_ascii_whitespace()
            && !matches!(
                byte,
                b',' | b';' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'&' | b')' | b']'
            )
    });
    let mut place = start..cursor.at;
    let mut closed = 0;
    if style == Style::Colon {
        closed = closing_braces(cursor.bytes.get(place.clone())?);
        place.end -= closed;
    }
    // The end of a list of maps: `[{name: a, value: b}]`.
    let ends_list = closed > 0 && cursor.peek() == b']';
    let blanks = cursor.skip(20, is_blank);
    let ended = ends_list
        || matches!(cursor.peek(), 0 | b'\n' | b'\r' | b',' | b'}' | b';')
        || (blanks > 0 && cursor.peek() == b'#');
    let code = style == Style::Spaced || matches!(cursor.peek(), b',' | b';');
    let written = if code {
        Written::Code
    } else if ended || style == Style::Tight {
        Written::Plain
    } else {
        Written::Loosely
    };
    let is_string = style == Style::Inside(cursor.peek());
    // The quote may be escaped.
    if is_string && cursor.bytes.get(start..place.end)?.ends_with(b"\\") {
        place.end -= 1;
    }
    let complete = style == Style::Tight || ended || is_string;
    (!place.is_empty() && length < VALUE && complete).then_some(Literal { place, written })
}

/// How many braces at the end of a value close a map around it: `{name: a, value: b}`.
fn closing_braces(value: &[u8]) -> usize {
    let count = |brace: u8| memchr::memchr_iter(brace, value).count();
    let unopened = count(b'}').saturating_sub(count(b'{'));
    let last = value.iter().rev().take_while(|byte| **byte == b'}').count();
    unopened.min(last)
}

/// Goes from the mark of a YAML block scalar to its first line.
fn block(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.at += 1;
    cursor.skip(2, |byte| matches!(byte, b'-' | b'+' | b'1'..=b'9'));
    cursor.skip(20, is_blank);
    cursor.eat(b"\r");
    cursor.eat(b"\n").then(|| {
        cursor.skip(200, is_blank);
    })
}
