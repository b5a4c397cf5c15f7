//! Values behind names, in the ways that files and programs write them.

use std::ops::Range;

use super::line_before;
use crate::fallback::operator;

/// The longest value that is read.
const VALUE: usize = 1024;

/// A value as it stands in the text.
pub(super) struct Literal {
    pub(super) place: Range<usize>,
    pub(super) quoted: bool,
    /// Written as programs write: `a := b`, `a = b`, `a: b,`.
    pub(super) code: bool,
}

/// The value behind the name between `start` and `end`.
pub(super) fn literal(bytes: &[u8], start: usize, end: usize) -> Option<Literal> {
    let mut cursor = Cursor { bytes, at: end };
    let before = line_before(bytes, start);
    if before.ends_with(b"<") && cursor.eat(b">") {
        return element(&mut cursor);
    }
    if before.ends_with(b"${") {
        return reference(&mut cursor, start);
    }
    cursor.skip(3, is_closing);
    let blanks = cursor.skip(20, is_blank);
    if cursor.eat(b"==") || cursor.eat(b"=~") || cursor.eat(b"::") {
        return None;
    }
    if cursor.eat(b":=") || cursor.eat(b"=>") {
        cursor.skip(20, is_blank);
        return scalar(&mut cursor, Style::Spaced);
    }
    if cursor.eat(b"=") {
        let blanks = blanks + cursor.skip(20, is_blank);
        let style = if blanks == 0 {
            Style::Tight
        } else {
            Style::Spaced
        };
        return scalar(&mut cursor, style);
    }
    if cursor.eat(b":") {
        cursor.skip(20, is_blank);
        return scalar(&mut cursor, Style::Colon);
    }
    if is_name_field(before) {
        cursor.eat(b",");
        cursor.skip(80, |byte| byte.is_ascii_whitespace() || is_closing(byte));
        if (cursor.eat(b"value") || cursor.eat(b"Value")) && value_separator(&mut cursor) {
            return scalar(&mut cursor, Style::Colon);
        }
        return None;
    }
    let flag = bytes
        .get(start..end)
        .is_some_and(|key| key.starts_with(b"--"));
    let instruction = before.trim_ascii();
    let environment = instruction.eq_ignore_ascii_case(b"ENV");
    (blanks > 0 && (flag || environment))
        .then(|| scalar(&mut cursor, Style::Tight))
        .flatten()
}

/// Whether what stands before a name is `- name: "`, `"name": "` or `name = "`.
fn is_name_field(before: &[u8]) -> bool {
    let before = before.trim_ascii_end();
    let before = before
        .strip_suffix(b"\"")
        .or(before.strip_suffix(b"'"))
        .unwrap_or(before);
    let Some((b':' | b'=', before)) = before.trim_ascii_end().split_last() else {
        return false;
    };
    let before = before.trim_ascii_end();
    let before = before.strip_suffix(b"\"").unwrap_or(before);
    before.ends_with(b"name") || before.ends_with(b"Name") || before.ends_with(b"key")
}

fn value_separator(cursor: &mut Cursor<'_>) -> bool {
    cursor.skip(2, is_closing);
    cursor.skip(20, is_blank);
    let found = cursor.eat(b":") || cursor.eat(b"=");
    cursor.skip(20, is_blank);
    found
}

/// The text of an XML element up to the next tag.
fn element(cursor: &mut Cursor<'_>) -> Option<Literal> {
    let start = cursor.at;
    let length = cursor.skip(VALUE, |byte| !matches!(byte, b'<' | b'\n'));
    (length > 0 && cursor.peek() == b'<').then_some(Literal {
        place: start..start + length,
        quoted: true,
        code: false,
    })
}

/// The reference around a name, where it falls back on a value.
fn reference(cursor: &mut Cursor<'_>, name: usize) -> Option<Literal> {
    operator(cursor.bytes.get(cursor.at..)?)?;
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
        quoted: true,
        code: false,
    })
}

/// How name and value are joined.
#[derive(Clone, Copy, PartialEq)]
enum Style {
    /// `a: b`
    Colon,
    /// `a=b`, `--a b`: more may follow on the line.
    Tight,
    /// `a = b`, `a := b`
    Spaced,
}

fn scalar(cursor: &mut Cursor<'_>, style: Style) -> Option<Literal> {
    if matches!(cursor.peek(), b'|' | b'>') {
        block(cursor)?;
    }
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
        return (cursor.at - start < VALUE).then_some(Literal {
            place,
            quoted: true,
            code: false,
        });
    }
    let start = cursor.at;
    let length = cursor.skip(VALUE, |byte| {
        !byte.is_ascii_whitespace()
            && !matches!(
                byte,
                b',' | b';' | b'"' | b'\'' | b'`' | b'<' | b'>' | b'&' | b')' | b']'
            )
    });
    let place = start..cursor.at;
    let blanks = cursor.skip(20, is_blank);
    let ended = matches!(cursor.peek(), 0 | b'\n' | b'\r' | b',' | b'}' | b';')
        || (blanks > 0 && cursor.peek() == b'#');
    let complete = style == Style::Tight || ended;
    (length > 0 && length < VALUE && complete).then_some(Literal {
        place,
        quoted: false,
        code: style == Style::Spaced || matches!(cursor.peek(), b',' | b';'),
    })
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

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn is_closing(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b']' | b'\\')
}

/// Walks over bytes; reading past the end gives zeros.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Skips at most `most` bytes of a kind and says how many.
    fn skip(&mut self, most: usize, mut kind: impl FnMut(u8) -> bool) -> usize {
        let start = self.at;
        while self.at - start < most && self.at < self.bytes.len() && kind(self.peek()) {
            self.at += 1;
        }
        self.at - start
    }

    fn eat(&mut self, word: &[u8]) -> bool {
        let found = self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }
}
