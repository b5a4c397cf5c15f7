//! Numbers and strings as they are written.

use std::sync::Arc;

use super::{Failed, Kind, Parsed, Parser};
use crate::{
    Number,
    ast::{Term, TermKind},
};

/// The largest exponent of ten that is read; OPA's bound is the same to within its rounding (2 to the 100,000th).
const MAX_EXPONENT: i64 = 30_102;

impl Parser<'_> {
    /// `1`, `-1.5e3`, `.5`, at the sign, the dot or the digits.
    pub(super) fn number(&mut self) -> Parsed<Term> {
        let start = self.span();
        let mut text = String::new();
        if self.eat(Kind::Minus) {
            text.push('-');
        }
        let dot = self.span();
        let begins_with_dot = self.eat(Kind::Dot);
        if begins_with_dot && self.kind() != Kind::Number {
            return Err(self.error(
                dot,
                "unexpected `.`, expected a term (a reference has no space before its dots)",
            ));
        }
        if begins_with_dot {
            text.push_str("0.");
        }
        if self.kind() != Kind::Number {
            return Err(self.unexpected("a number"));
        }
        let digits = self.text(self.span());
        let leads_with_zero = digits.len() > 1
            && digits.starts_with('0')
            && !matches!(digits.as_bytes().get(1), Some(b'.' | b'e' | b'E'));
        if leads_with_zero && !begins_with_dot {
            return Err(self.error(
                self.span(),
                "a number cannot begin with 0; write it in decimal, or in quotes if it is a file mode",
            ));
        }
        if begins_with_dot && digits.contains('.') {
            return Err(self.error(self.span(), "a number with two dots"));
        }
        text.push_str(digits);
        if is_too_big(&text) {
            return Err(self.error(self.span(), "a number whose exponent is too big"));
        }
        let Ok(number) = text.parse::<Number>() else {
            return Err(self.error(self.span(), "this is no number that can be represented"));
        };
        self.advance();
        self.height = 1;
        Ok(Term {
            span: self.since(start),
            kind: TermKind::Number(number),
        })
    }

    /// A quoted or raw string.
    pub(super) fn string(&mut self) -> Parsed<Term> {
        let (span, kind) = (self.span(), self.kind());
        let text = self.text(span);
        let inner = text.get(1..text.len().saturating_sub(1)).unwrap_or("");
        let value: Arc<str> = if kind == Kind::RawString {
            Arc::from(inner)
        } else {
            self.unescaped(inner)?
        };
        self.advance();
        self.height = 1;
        Ok(Term {
            span,
            kind: TermKind::String(value),
        })
    }

    /// The text that the inside of a quoted string means.
    pub(super) fn unescaped(&mut self, inner: &str) -> Parsed<Arc<str>> {
        if !inner.contains('\\') {
            return Ok(Arc::from(inner));
        }
        match unescape(inner) {
            Ok(text) => Ok(Arc::from(text)),
            Err(problem) => Err::<_, Failed>(self.error(self.span(), problem)),
        }
    }
}

fn is_too_big(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return i64::try_from(text.len()).unwrap_or(i64::MAX) > MAX_EXPONENT;
    };
    let exponent = exponent.parse::<i64>().unwrap_or(i64::MAX).saturating_abs();
    exponent.saturating_add(i64::try_from(digits.len()).unwrap_or(i64::MAX)) > MAX_EXPONENT
}

/// Undoes the escapes of JSON. A half of a surrogate pair becomes U+FFFD, as Go makes it.
fn unescape(inner: &str) -> Result<String, &'static str> {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner.chars();
    while let Some(next) = rest.next() {
        if next < ' ' {
            return Err("a string with escapes cannot hold control characters as they are");
        }
        if next != '\\' {
            text.push(next);
            continue;
        }
        let meant = match rest.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let unit = hex(&mut rest)?;
                let mut ahead = rest.clone();
                let low = if (0xd800..0xdc00).contains(&unit)
                    && ahead.next() == Some('\\')
                    && ahead.next() == Some('u')
                {
                    hex(&mut ahead).ok()
                } else {
                    None
                };
                match low {
                    Some(low) if (0xdc00..0xe000).contains(&low) => {
                        rest = ahead;
                        char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
                            .unwrap_or(char::REPLACEMENT_CHARACTER)
                    }
                    _ => char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER),
                }
            }
            Some(other) => other,
            None => return Err("a string ends inside an escape"),
        };
        text.push(meant);
    }
    Ok(text)
}

fn hex(rest: &mut std::str::Chars<'_>) -> Result<u32, &'static str> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = rest
            .next()
            .and_then(|next| next.to_digit(16))
            .ok_or("\\u needs four hexadecimal digits")?;
        unit = unit * 16 + digit;
    }
    Ok(unit)
}
