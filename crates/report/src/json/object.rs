//! JSON objects written field by field: a report holds a million of them.
//!
//! The bytes are those of `serde_json`, besides the control characters above ASCII, which some terminals obey and which
//! are escaped here; `serde_json` looks at one byte of a text at a time; here a text
//! without anything to escape, nearly every one, is recognised many bytes at once and copied whole.

use std::ops::Range;

/// A key as it stands between two fields, made when this is compiled: `,"name":`.
macro_rules! key {
    ($name:literal) => {
        $crate::json::object::Key(concat!(",\"", $name, "\":"))
    };
}

pub(super) use key;

/// What [`key!`] makes.
#[derive(Clone, Copy)]
pub(super) struct Key(pub(super) &'static str);

/// An object that is being written; it ends with [`Object::end`].
pub(super) struct Object<'o> {
    out: &'o mut Vec<u8>,
    is_empty: bool,
}

impl<'o> Object<'o> {
    pub(super) fn new(out: &'o mut Vec<u8>) -> Self {
        out.push(b'{');
        Self {
            out,
            is_empty: true,
        }
    }

    pub(super) fn end(self) {
        self.out.push(b'}');
    }

    #[inline]
    fn key(&mut self, Key(key): Key) {
        // The first field has no comma before it.
        let from = usize::from(self.is_empty);
        self.out
            .extend_from_slice(key.as_bytes().get(from..).unwrap_or_default());
        self.is_empty = false;
    }

    /// A field whose value is written already, at this place of what is written.
    pub(super) fn again(&mut self, key: Key, value: Range<usize>) -> &mut Self {
        self.key(key);
        self.out.extend_from_within(value);
        self
    }

    /// Some fields behind the first one, and where they stand in what is written.
    pub(super) fn fields(&mut self, write: impl FnOnce(&mut Self)) -> Range<usize> {
        let start = self.out.len();
        write(self);
        start..self.out.len()
    }

    /// [`Self::fields`] that are written already, of this object or another.
    pub(super) fn fields_again(&mut self, at: Range<usize>) {
        self.out.extend_from_within(at);
    }

    #[inline]
    pub(super) fn text(&mut self, key: Key, value: &str) -> &mut Self {
        self.key(key);
        text(value, self.out);
        self
    }

    /// [`Self::text`], and where the value stands in what is written.
    pub(super) fn text_at(&mut self, key: Key, value: &str) -> Range<usize> {
        self.key(key);
        let start = self.out.len();
        text(value, self.out);
        start..self.out.len()
    }

    /// A field whose value is one of our own words, in which nothing is to be escaped.
    #[inline]
    pub(super) fn word(&mut self, key: Key, value: &'static str) -> &mut Self {
        self.key(key);
        word(value, self.out);
        self
    }

    /// A field that is left out where there is nothing to say.
    pub(super) fn text_if(&mut self, key: Key, value: Option<&str>) -> &mut Self {
        if let Some(value) = value {
            self.text(key, value);
        }
        self
    }

    #[inline]
    pub(super) fn number(&mut self, key: Key, value: u32) -> &mut Self {
        self.key(key);
        number(value, self.out);
        self
    }

    /// A field whose value is written by `serde_json`, where a report has few of its kind.
    pub(super) fn serialized(&mut self, key: Key, value: &impl serde::Serialize) -> &mut Self {
        self.key(key);
        // Writing to memory fails for maps whose keys are no texts, and there are none.
        let _ = serde_json::to_writer(&mut *self.out, value);
        self
    }

    pub(super) fn object(&mut self, key: Key, write: impl FnOnce(&mut Object<'_>)) -> &mut Self {
        self.object_at(key, write);
        self
    }

    /// [`Self::object`], and where the value stands in what is written.
    pub(super) fn object_at(
        &mut self,
        key: Key,
        write: impl FnOnce(&mut Object<'_>),
    ) -> Range<usize> {
        self.key(key);
        let start = self.out.len();
        let mut object = Object::new(self.out);
        write(&mut object);
        object.end();
        start..self.out.len()
    }

    pub(super) fn list<T>(
        &mut self,
        key: Key,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(T, &mut Vec<u8>),
    ) -> &mut Self {
        self.key(key);
        self.out.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write(item, self.out);
        }
        self.out.push(b']');
        self
    }
}

/// One of our own words in quotes.
pub(super) fn word(value: &'static str, out: &mut Vec<u8>) {
    debug_assert!(!may_need_escapes(value.as_bytes()), "{value}");
    out.push(b'"');
    out.extend_from_slice(value.as_bytes());
    out.push(b'"');
}

/// The first byte of the control characters above ASCII, U+0080 to U+009F; the second is the number.
const CONTROLS: u8 = 0xc2;

/// A string in quotes.
pub(super) fn text(value: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = value.as_bytes();
    if may_need_escapes(bytes) {
        escaped(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

/// Patches have something to escape in each line, and nothing between.
fn escaped(bytes: &[u8], out: &mut Vec<u8>) {
    let (mut plain, mut at) = (0, 0);
    while let Some(rest) = bytes.get(at..)
        && let Some(&first) = rest.first()
    {
        let mut byte = first;
        if let Some(word) = rest.first_chunk::<8>() {
            let found = escapes_in(*word);
            if found == 0 {
                at += word.len();
                continue;
            }
            let before = found.trailing_zeros() as usize / 8;
            at += before;
            byte = word.get(before).copied().unwrap_or(first);
        }
        let (control, length) = match bytes.get(at + 1) {
            _ if must_escape(byte) => (byte, 1),
            Some(&control) if byte == CONTROLS && control < 0xa0 => (control, 2),
            _ => {
                at += 1;
                continue;
            }
        };
        out.extend_from_slice(bytes.get(plain..at).unwrap_or_default());
        escape(control, out);
        at += length;
        plain = at;
    }
    out.extend_from_slice(bytes.get(plain..).unwrap_or_default());
}

/// Whether something may have to be escaped: what must be, and all beyond ASCII, which few texts have.
///
/// Eight bytes at a time: most texts are too short for the wide registers that a plain loop would use.
fn may_need_escapes(bytes: &[u8]) -> bool {
    let (words, rest) = bytes.as_chunks::<8>();
    let in_words = words.iter().fold(0, |found, word| found | hints_in(*word));
    match bytes.last_chunk::<8>() {
        // The last eight once more, so that none is left over.
        Some(last) => (in_words | hints_in(*last)) & HIGHEST != 0,
        None => (rest.iter()).any(|&byte| must_escape(byte) || !byte.is_ascii()),
    }
}

const EACH: u64 = 0x0101_0101_0101_0101;
const HIGHEST: u64 = 0x8080_8080_8080_8080;

/// The highest bit of a byte is set where one of eight may have to be escaped, though not always in its own.
///
/// Exclusive or with two brings the quote beside the control characters, so that one subtraction tells both. What a
/// byte borrows from the next one changes nothing: there is one already.
fn hints_in(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let below = |word: u64, n: u8| word.wrapping_sub(EACH * u64::from(n));
    below(word ^ (EACH * 2), b' ' + 1) | below(word ^ (EACH * u64::from(b'\\')), 1) | word
}

/// Not zero where one of eight bytes must be escaped; the lowest bit that is set is the highest of the first such byte. A
/// byte below `n` is one whose highest bit only the
/// subtraction of `n` sets; an equal byte is one that is zero after exclusive or.
fn escapes_in(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    let below = |word: u64, n: u8| word.wrapping_sub(EACH * u64::from(n)) & !word;
    let is = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    (below(word, b' ') | is(b'"') | is(b'\\') | is(CONTROLS)) & HIGHEST
}

fn must_escape(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let letter = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            let digits = [byte >> 4, byte & 15];
            out.extend(digits.iter().filter_map(|&at| DIGITS.get(usize::from(at))));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', letter]);
}

fn number(mut value: u32, out: &mut Vec<u8>) {
    let mut digits = [0; 10];
    let mut start = digits.len();
    for digit in digits.iter_mut().rev() {
        // A digit always fits.
        *digit = b'0' + u8::try_from(value % 10).unwrap_or(0);
        value /= 10;
        start -= 1;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is what `serde_json` writes.
    fn check(value: &str) {
        let mut out = Vec::new();
        text(value, &mut out);
        let expected = serde_json::to_string(value).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{value:?}");
    }

    #[test]
    fn control_characters_above_ascii_are_escaped() {
        for (value, expected) in [
            ("\u{9b}31m", r#""\u009b31m""#),
            (
                "a longer text with \u{80}\u{9f}\u{a0}",
                "\"a longer text with \\u0080\\u009f\u{a0}\"",
            ),
            ("°C", "\"°C\""),
        ] {
            let mut out = Vec::new();
            text(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
        for before in 0..20 {
            let (before, after) = ("x".repeat(before), "y".repeat(20 - before));
            let mut out = Vec::new();
            text(&format!("{before}\u{85}\n\u{a0}{after}\u{9f}"), &mut out);
            let expected = format!("\"{before}\\u0085\\n\u{a0}{after}\\u009f\"");
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn texts_are_escaped_as_serde_json_does() {
        check("");
        check("plain, and quite a bit longer than what fits into one register of the processor");
        check("ünïcode \u{2028} \u{7f} 🦀");
        check("\"");
        check("\\\\\"\"");
        check("two\nlines\r\n\twith tabs\n");
        for byte in 0..=0x7f_u8 {
            let byte = char::from(byte);
            // At each place of eight bytes, of the last eight, and of what is shorter.
            for at in 0..20 {
                let around = "ä".repeat(at);
                check(&format!("{around}{byte}"));
                check(&format!("{byte}{around}"));
                check(&format!("{around}{byte}{around}"));
                let plain = "x".repeat(at);
                check(&format!("{byte}{plain}{byte}{byte}{plain}\n"));
            }
        }
    }

    #[test]
    fn numbers_are_decimal() {
        for value in [0, 7, 10, 99, 100, 65_536, u32::MAX] {
            let mut out = Vec::new();
            number(value, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), value.to_string());
        }
    }

    #[test]
    fn objects_nest() {
        let mut out = Vec::new();
        let mut object = Object::new(&mut out);
        object
            .text(key!("a"), "b")
            .text_if(key!("left_out"), None)
            .object(key!("c"), |inner| {
                inner.number(key!("d"), 1);
            })
            .list(key!("e"), [1, 2], number)
            .object(key!("f"), |_| {});
        object.end();
        let expected = r#"{"a":"b","c":{"d":1},"e":[1,2],"f":{}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
