//! The generic detector: a name that promises a secret, and a literal assigned to it.
//!
//! Written by hand because names of this kind stand in nearly every manifest, and compiling and
//! running a regex for each would cost more than the rest of the scan.

mod beside;
mod cursor;
mod directive;
mod element;
mod ini;
mod literal;
mod sealed;
mod sql;

use std::ops::Range;

use ringwall_model::{Confidence, Severity, Span};

use self::literal::{Literal, VALUE, Written, literal};
use crate::{
    DetectorWords, entropy,
    fallback::{self, literal_range},
    name,
    named::is_uuid,
    named_literal,
    scan::Match,
    value::is_mixed,
};

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

/// One of these stands in every name that [`crate::looks_like_secret_name`] knows, or begins what SQL writes before
/// a password.
///
/// `pw` and `pat` are parts of too many words to stand alone, and `key` is looked at only behind what makes a key
/// secret.
pub(crate) const KEYWORDS: [&str; 32] = [
    "identified",
    "erlang_cookie",
    "erlang-cookie",
    "erlangcookie",
    "pass",
    "pwd",
    "psk",
    "_pw",
    "-pw",
    ".pw",
    "pw:",
    "pw=",
    "pw ",
    "pw\"",
    "pw'",
    "_pat",
    "-pat",
    "secret",
    "token",
    "cred",
    "key",
    "connection",
    "connstr",
    "conn_str",
    "redis_auth",
    "redis-auth",
    "valkey_auth",
    "valkey-auth",
    "keydb_auth",
    "keydb-auth",
    "neo4j_auth",
    "neo4j-auth",
];

/// The longest name.
const NAME: usize = 80;
/// Parts of the names that texts of pages have.
const TEXTS: [&str; 12] = [
    "button",
    "error",
    "field",
    "form",
    "hint",
    "i18n",
    "label",
    "message",
    "messages",
    "placeholder",
    "title",
    "ui",
];

/// A name, and where its value stands.
pub(crate) struct Assignment {
    key: Range<usize>,
    value: Option<Literal>,
    /// Where reading goes on.
    pub(crate) end: usize,
}

/// Reads the name around a keyword and the value behind it.
pub(crate) fn read(text: &str, hit: Range<usize>) -> Option<Assignment> {
    let bytes = text.as_bytes();
    let before = bytes.get(..hit.start)?;
    if bytes.get(hit.clone())?.eq_ignore_ascii_case(b"key") && !name::makes_key_secret(before) {
        return None;
    }
    let before = before.iter().rev().take(NAME);
    let start = hit.start - before.take_while(|byte| in_name(**byte)).count();
    let before = line_before(bytes, start);
    // Behind the name of a variable, `-` begins what a reference falls back on.
    let in_name = if before.ends_with(b"${") {
        fallback::in_name
    } else {
        in_name
    };
    let after = bytes.get(start..)?.iter().take(2 * NAME);
    let end = start + after.take_while(|byte| in_name(**byte)).count();
    // What ends the name may belong to the keyword.
    if end + 1 < hit.end || end - start > NAME || before.ends_with(b"checksum/") {
        return None;
    }
    let mut value = literal(bytes, start, end);
    if let Some(value) = &mut value
        && value.written != Written::Quoted
        && bytes.get(value.place.end) == Some(&b',')
        && text.get(start..end).is_some_and(name::promises_several)
    {
        let rest = bytes.get(value.place.end..)?.iter().take(VALUE);
        let rest = rest.take_while(|byte| in_name(**byte) || b",:+/=".contains(byte));
        value.place.end += rest.count();
        value.written = Written::Plain;
    }
    let end_of_value = match &value {
        Some(value) => value.place.end.max(end),
        None if is_unbroken(bytes, end) => end + VALUE,
        None => end,
    };
    Some(Assignment {
        key: start..end,
        end: end_of_value,
        value,
    })
}

/// Whether more follows than a value can be long, without anything that ends one: such a run has no names in it that
/// are worth the time.
fn is_unbroken(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + VALUE).is_some_and(|run| {
        run.iter()
            .all(|byte| !byte.is_ascii_whitespace() && !b",;\"'`<>&".contains(byte))
    })
}

impl Assignment {
    /// What the assignment gives away.
    pub(crate) fn judge(&self, text: &str) -> Option<Match> {
        let literal = self.value.as_ref()?;
        let key = match literal.written {
            Written::Password => "password",
            _ => text.get(self.key.clone())?.trim_start_matches(['-', '.']),
        };
        let whole = text.get(literal.place.clone())?;
        if literal.written != Written::Quoted && self.is_passed_on(text, &literal.place) {
            return None;
        }
        let place = literal_range(whole);
        let value = whole.get(place.clone())?;
        let is_value = match literal.written {
            // A constant.
            Written::Code if is_number(value) => false,
            Written::Quoted | Written::Password => true,
            Written::Plain | Written::Loosely => !is_expression(value, false),
            Written::Code => {
                !is_expression(value, value.len() == whole.len())
                    || (!is_expression(value, false)
                        && ini::is_setting(text, self.key.start, literal.place.end))
            }
        };
        // Anyone who sees the page may see the picture.
        let is_of_picture = line_before(text.as_bytes(), self.key.start).ends_with(b".svg?");
        if !is_value || is_of_picture || sealed::is_sealed(text, self.key.start, value) {
            return None;
        }
        let is_entry = literal.written != Written::Password && name::may_name_an_entry(key);
        if is_entry && (!is_key_like(value) || named_literal(key, value) != Some(Confidence::High))
        {
            return None;
        }
        let start = literal.place.start;
        let span = Span::new(start + place.start, start + place.end);
        match named_literal(key, value)? {
            Confidence::High => Some(Match {
                detector: RANDOM.id,
                provider: RANDOM.provider,
                title: RANDOM.title,
                severity: Severity::High,
                confidence: Some(Confidence::Medium),
                span,
            }),
            // No text for people is a UUID.
            Confidence::Medium
                if (literal.written != Written::Loosely || is_uuid(value))
                    && !self.in_comment(text) =>
            {
                Some(Match {
                    detector: LITERAL.id,
                    provider: LITERAL.provider,
                    title: LITERAL.title,
                    severity: Severity::Medium,
                    confidence: Some(Confidence::Low),
                    span,
                })
            }
            _ => None,
        }
    }

    /// Whether a program hands on what it has under a name: `open(path, pwd=pwd)`, `Creds: transportCreds2,`.
    fn is_passed_on(&self, text: &str, place: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let key = text.get(self.key.clone()).unwrap_or_default();
        let value = text.get(place.clone()).unwrap_or_default();
        let before = line_before(bytes, self.key.start).trim_ascii();
        let own = key.rsplit('.').next().unwrap_or(key);
        let is_same = own == value.trim_end_matches('.')
            || (value.contains('.') && value.rsplit('.').next() == Some(own));
        if is_same && self.is_property(text, place) {
            return false;
        }
        let is_digit = |byte: u8| byte.is_ascii_digit();
        match bytes.get(place.end) {
            _ if is_same && (own.len() < key.len() || !before.is_empty()) => true,
            Some(b')') => !key.starts_with('-') && !value.bytes().any(is_digit),
            Some(b',' | b';') => {
                let is_apart =
                    place.start.checked_sub(1).and_then(|at| bytes.get(at)) == Some(&b' ');
                is_apart && value.bytes().all(in_name) && has_word(value)
            }
            _ => false,
        }
    }

    /// Whether the name is that of a property, `spring.datasource.password=password`, and no field of an object.
    fn is_property(&self, text: &str, place: &Range<usize>) -> bool {
        let bytes = text.as_bytes();
        let mut parts = text.get(self.key.clone()).unwrap_or_default().split('.');
        let is_object = matches!(parts.next(), None | Some("self" | "this" | "args"));
        // What stands beside a field on a page: `login.form.password=password`.
        let key = text.get(self.key.clone()).unwrap_or_default();
        let is_text = key.split('.').any(|part| TEXTS.contains(&part));
        let is_alone = line_before(bytes, self.key.start).is_empty()
            && matches!(bytes.get(place.end), None | Some(b'\n' | b'\r'));
        is_alone
            && !is_object
            && !is_text
            && parts.count() >= 2
            && text.get(self.key.end..place.start) == Some("=")
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

/// Whether a value may be a key: no pattern, no format, no path, no text with blanks.
fn is_key_like(value: &str) -> bool {
    !value
        .contains(|character: char| character.is_whitespace() || r"%\{}[]()*^|".contains(character))
        && !value.contains("::")
}

/// Whether an unquoted value is code: a call, an index, a variable.
///
/// YAML, `.env` files and Dockerfiles write literals without quotes, programs write names so;
/// a name is no mixture of letters and digits, and code has words between its signs.
fn is_expression(value: &str, code: bool) -> bool {
    (value.contains(['(', '[', '{', '$', '*']) && !is_mixed(value))
        || value.contains("::")
        || value.starts_with(['&', '!', '@', '%', '\\'])
        || (code
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
            && (value.contains(['_', '.']) || entropy(value) < 3.6)
            && !value.split(['_', '.']).any(is_no_identifier))
}

/// `0x7f879679`, `-0x1`
fn is_number(value: &str) -> bool {
    let digits = value.trim_start_matches('-').strip_prefix("0x");
    digits.is_some_and(|digits| {
        digits.len() <= 16 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

/// Whether six letters in lower case follow each other, and hardly a digit is anywhere: `transportCredsForS2A`.
fn has_word(value: &str) -> bool {
    let bytes = value.as_bytes();
    bytes.iter().filter(|byte| byte.is_ascii_digit()).count() <= 2
        && bytes
            .windows(6)
            .any(|part| part.iter().all(u8::is_ascii_lowercase))
}

/// Whether letters and digits change too often for a word or a name: `kT7wq2Lm9xZ4`, and not `utf8ToUtf16`.
fn is_no_identifier(word: &str) -> bool {
    let kind = |byte: u8| {
        (
            byte.is_ascii_digit(),
            byte.is_ascii_uppercase(),
            byte.is_ascii_lowercase(),
        )
    };
    let bytes = word.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let changes = bytes
        .windows(2)
        .filter(|pair| matches!(pair, [a, b] if kind(*a) != kind(*b)))
        .count();
    // By chance, a long one has longer runs somewhere.
    let most = if word.len() < 20 { 11 } else { 6 };
    word.len() >= 8 && (2..word.len() - 1).contains(&digits) && changes * 20 >= word.len() * most
}

#[cfg(test)]
mod tests;
