//! The generic detector: a name that promises a secret, and a literal assigned to it.
//!
//! Written by hand because names of this kind stand in nearly every manifest, and compiling and
//! running a regex for each would cost more than the rest of the scan.

use std::ops::Range;

use ringwall_model::{Confidence, Severity, Span};

use crate::DetectorWords;
use crate::{entropy, named_literal, scan::Match};

/// Stands for the provider where only the name gives a value away.
pub(crate) const PROVIDER: &str = "generic";

/// What a value is called that is random by its looks.
pub(crate) const RANDOM: DetectorWords = DetectorWords {
    id: "generic-secret",
    provider: PROVIDER,
    title: "random value under the name of a secret",
};

/// What any other value is called.
pub(crate) const LITERAL: DetectorWords = DetectorWords {
    id: "generic-password",
    provider: PROVIDER,
    title: "literal value under the name of a secret",
};

/// One of these stands in every name that [`crate::looks_like_secret_name`] knows.
pub(crate) const KEYWORDS: [&str; 40] = [
    "passw",
    "passphrase",
    "passcode",
    "pwd",
    "_pass",
    "-pass",
    ".pass",
    "secret",
    "token",
    "credential",
    "apikey",
    "api_key",
    "api-key",
    "api.key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "authkey",
    "auth_key",
    "auth-key",
    "accountkey",
    "account_key",
    "encryptionkey",
    "encryption_key",
    "encryption-key",
    "signingkey",
    "signing_key",
    "signing-key",
    "masterkey",
    "master_key",
    "master-key",
    "sharedkey",
    "shared_key",
    "jwt_key",
    "jwt-key",
    "connectionstring",
    "connection_string",
];

/// The longest name.
const NAME: usize = 80;
/// The longest value that is read.
const VALUE: usize = 1024;

/// A name, and where its value stands.
pub(crate) struct Assignment {
    key: Range<usize>,
    value: Option<Literal>,
    /// Where reading goes on.
    pub(crate) end: usize,
}

struct Literal {
    place: Range<usize>,
    quoted: bool,
    /// Written as programs write: `a := b`, `a = b`, `a: b,`.
    code: bool,
}

/// Reads the name around a keyword and the value behind it.
pub(crate) fn read(text: &str, hit: Range<usize>) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let before = bytes.get(..hit.start)?.iter().rev().take(NAME);
    let start = hit.start - before.take_while(|byte| in_name(**byte)).count();
    let after = bytes.get(hit.end..)?.iter().take(NAME);
    let end = hit.end + after.take_while(|byte| in_name(**byte)).count();
    if end - start > NAME || line_before(bytes, start).ends_with(b"checksum/") {
        return None;
    }
    let value = literal(bytes, start, end);
    Some(Assignment {
        key: start..end,
        end: value.as_ref().map_or(end, |value| value.place.end),
        value,
    })
}

impl Assignment {
    /// What the assignment gives away.
    pub(crate) fn judge(&self, text: &str) -> Option<Match> {
        let literal = self.value.as_ref()?;
        let key = text.get(self.key.clone())?.trim_start_matches(['-', '.']);
        let value = text.get(literal.place.clone())?;
        if !literal.quoted && is_expression(value, literal.code) {
            return None;
        }
        let span = Span::new(literal.place.start, literal.place.end);
        match named_literal(key, value)? {
            Confidence::High => Some(Match {
                detector: RANDOM.id,
                provider: RANDOM.provider,
                title: RANDOM.title,
                severity: Severity::High,
                confidence: Some(Confidence::Medium),
                span,
            }),
            Confidence::Medium if !self.in_comment(text) => Some(Match {
                detector: LITERAL.id,
                provider: LITERAL.provider,
                title: LITERAL.title,
                severity: Severity::Medium,
                confidence: Some(Confidence::Low),
                span,
            }),
            _ => None,
        }
    }

    /// Passwords in comments are examples; random values are not.
    fn in_comment(&self, text: &str) -> bool {
        let line = line_before(text.as_bytes(), self.key.start);
        let line = line.trim_ascii_start();
        [b"#".as_slice(), b"//", b"*", b"<!--"]
            .iter()
            .any(|mark| line.starts_with(mark))
    }
}

fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

fn line_before(bytes: &[u8], at: usize) -> &[u8] {
    let from = at.saturating_sub(256);
    let before = bytes.get(from..at).unwrap_or_default();
    match memchr::memrchr(b'\n', before) {
        Some(line_break) => before.get(line_break + 1..).unwrap_or_default(),
        None => before,
    }
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
    fn skip(&mut self, most: usize, kind: impl Fn(u8) -> bool) -> usize {
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

fn literal(bytes: &[u8], start: usize, end: usize) -> Option<Literal> {
    let mut cursor = Cursor { bytes, at: end };
    let before = line_before(bytes, start);
    if before.ends_with(b"<") && cursor.eat(b">") {
        return element(&mut cursor);
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

/// Whether an unquoted value is code: a call, an index, a variable.
///
/// YAML, `.env` files and Dockerfiles write literals without quotes, programs write names so;
/// a name is no mixture of letters and digits.
fn is_expression(value: &str, code: bool) -> bool {
    value.contains(['(', '[', '{', '$', '*'])
        || value.contains("::")
        || value.starts_with(['&', '!', '@', '%', '\\'])
        || (code
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
            && (value.contains(['_', '.']) || entropy(value) < 3.6))
}

#[cfg(test)]
mod tests;
