//! Reads JSON.

use std::sync::Arc;

use super::{JsonError, JsonErrorReason, MAX_JSON_DEPTH, TRAILING};
use crate::{Number, Object, ParseNumberError, Value};

pub(super) fn read(text: &[u8]) -> Result<Value, JsonError> {
    let mut reader = Reader {
        text,
        at: 0,
        depth: 0,
        scratch: Vec::new(),
    };
    let value = reader.value()?;
    reader.skip_space();
    if reader.at < text.len() {
        return Err(reader.syntax(TRAILING));
    }
    Ok(value)
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    /// The text of a string with escapes, kept to be used again.
    scratch: Vec<u8>,
}

impl<'t> Reader<'t> {
    fn syntax(&self, what: &'static str) -> JsonError {
        JsonError {
            reason: JsonErrorReason::Syntax(what),
            offset: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Result<Value, JsonError> {
        self.skip_space();
        match self.peek() {
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            Some(b'"') => Ok(Value::String(self.string()?)),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word(b"true", Value::Bool(true)),
            Some(b'f') => self.word(b"false", Value::Bool(false)),
            Some(b'n') => self.word(b"null", Value::Null),
            Some(_) => Err(self.syntax("no value starts like this")),
            None => Err(self.syntax("unexpected end")),
        }
    }

    fn word(&mut self, word: &[u8], value: Value) -> Result<Value, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.syntax("no value starts like this"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn enter(&mut self) -> Result<(), JsonError> {
        self.depth += 1;
        if self.depth > MAX_JSON_DEPTH {
            return Err(JsonError {
                reason: JsonErrorReason::TooDeep,
                offset: self.at,
            });
        }
        self.at += 1;
        self.skip_space();
        Ok(())
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
        } else {
            loop {
                items.push(self.value()?);
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b']') => break self.at += 1,
                    _ => return Err(self.syntax("a comma or ] is missing")),
                }
            }
        }
        self.depth -= 1;
        Ok(Value::Array(items.into()))
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        self.enter()?;
        let mut entries = Vec::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
        } else {
            loop {
                self.skip_space();
                if self.peek() != Some(b'"') {
                    return Err(self.syntax("a key is missing"));
                }
                let key = Value::String(self.string()?);
                self.skip_space();
                if self.peek() != Some(b':') {
                    return Err(self.syntax("a colon is missing"));
                }
                self.at += 1;
                entries.push((key, self.value()?));
                self.skip_space();
                match self.peek() {
                    Some(b',') => self.at += 1,
                    Some(b'}') => break self.at += 1,
                    _ => return Err(self.syntax("a comma or } is missing")),
                }
            }
        }
        self.depth -= 1;
        Ok(Value::Object(Arc::new(Object::from_entries(entries))))
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            return Err(self.syntax("a digit is missing"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, JsonError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        let number: Number = std::str::from_utf8(text)
            .map_err(|_| ParseNumberError::Syntax)
            .and_then(str::parse)
            .map_err(|error| JsonError {
                reason: match error {
                    ParseNumberError::Syntax => JsonErrorReason::Syntax("no number"),
                    ParseNumberError::TooBig => JsonErrorReason::NumberTooBig,
                },
                offset: start,
            })?;
        Ok(Value::Number(number))
    }

    /// The bytes up to the next quote, backslash or control character.
    fn plain(&mut self) -> &'t [u8] {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))
            .unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    fn string(&mut self) -> Result<Arc<str>, JsonError> {
        self.at += 1;
        let plain = self.plain();
        if self.peek() == Some(b'"') {
            self.at += 1;
            return Ok(text_of(plain));
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        scratch.clear();
        scratch.extend_from_slice(plain);
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape(&mut scratch)?,
                Some(_) => return Err(self.syntax("a control character stands in a string")),
                None => return Err(self.syntax("a string does not end")),
            }
            scratch.extend_from_slice(self.plain());
        }
        self.at += 1;
        let text = text_of(&scratch);
        self.scratch = scratch;
        Ok(text)
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        self.at += 1;
        let escaped = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => byte,
            Some(b'b') => 8,
            Some(b'f') => 12,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode(out),
            _ => return Err(self.syntax("an unknown escape")),
        };
        self.at += 1;
        out.push(escaped);
        Ok(())
    }

    /// `\uXXXX`, two of them for characters beyond the first plane.
    fn unicode(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        self.at += 1;
        let first = self.hex()?;
        let mut character = char::from_u32(first);
        if (0xd800..0xdc00).contains(&first)
            && self.text.get(self.at..self.at + 2) == Some(b"\\u".as_slice())
        {
            let back = self.at;
            self.at += 2;
            let second = self.hex()?;
            if (0xdc00..0xe000).contains(&second) {
                character = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
            } else {
                self.at = back;
            }
        }
        let character = character.unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    fn hex(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).unwrap_or_default();
        let code = std::str::from_utf8(digits)
            .ok()
            .filter(|digits| {
                digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            })
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .ok_or_else(|| self.syntax("four hexadecimal digits are missing"))?;
        self.at += 4;
        Ok(code)
    }
}

/// Text of bytes, each byte that is no UTF-8 being replaced by U+FFFD.
fn text_of(bytes: &[u8]) -> Arc<str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Arc::from(text);
    }
    let mut text = String::with_capacity(bytes.len() + 8);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(std::iter::repeat_n(
            char::REPLACEMENT_CHARACTER,
            chunk.invalid().len(),
        ));
    }
    text.into()
}
