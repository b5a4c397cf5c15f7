//! JSON, read once from its beginning to its end, with the line of everything.
//!
//! Nothing is kept: whoever asks takes what it needs as it passes, so that a large file costs its text and no more.
//! See: <https://www.rfc-editor.org/rfc/rfc8259>.

use std::borrow::Cow;

use super::Damage;

/// Deepest nesting of objects and lists.
const MAX_DEPTH: usize = 128;

/// A place in a text of JSON.
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
    depth: usize,
    /// Whether a comma may stand behind the last item, as Bun writes it.
    is_lenient: bool,
}

/// What a value is, told by its first character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    List,
    String,
    /// A number, a boolean, null.
    Other,
}

impl<'t> Reader<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            depth: 0,
            is_lenient: false,
        }
    }

    /// One that takes a comma behind the last item of an object or a list.
    pub(super) fn lenient(text: &'t str) -> Self {
        Self {
            is_lenient: true,
            ..Self::new(text)
        }
    }

    /// The line of what comes next, from 1.
    pub(crate) fn line(&mut self) -> u32 {
        self.skip_space();
        self.line
    }

    /// What comes next.
    pub(crate) fn kind(&mut self) -> Kind {
        self.skip_space();
        match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::List,
            Some(b'"') => Kind::String,
            _ => Kind::Other,
        }
    }

    /// Reads an object: `field` is called for each key and must read the value. What is no object is passed over.
    pub(crate) fn object(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'t, str>) -> Result<(), Damage>,
    ) -> Result<(), Damage> {
        if self.kind() != Kind::Object {
            return self.skip();
        }
        self.open()?;
        if self.closes(b'}') {
            return Ok(());
        }
        loop {
            if self.kind() != Kind::String {
                return Err(self.damage("a key in double quotes is missing"));
            }
            let key = self.quoted()?;
            self.skip_space();
            if self.peek() != Some(b':') {
                return Err(self.damage("a colon is missing after a key"));
            }
            self.at += 1;
            field(self, key)?;
            if self.ends(b'}')? {
                return Ok(());
            }
        }
    }

    /// Reads a list: `item` is called for each item and must read it. What is no list is passed over.
    pub(crate) fn list(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<(), Damage>,
    ) -> Result<(), Damage> {
        if self.kind() != Kind::List {
            return self.skip();
        }
        self.open()?;
        if self.closes(b']') {
            return Ok(());
        }
        loop {
            item(self)?;
            if self.ends(b']')? {
                return Ok(());
            }
        }
    }

    /// Reads a string; anything else is passed over.
    pub(crate) fn string(&mut self) -> Result<Option<Cow<'t, str>>, Damage> {
        if self.kind() == Kind::String {
            return self.quoted().map(Some);
        }
        self.skip()?;
        Ok(None)
    }

    /// Reads a number or a string as it is written; anything else is passed over.
    pub(crate) fn version(&mut self) -> Result<Cow<'t, str>, Damage> {
        if self.kind() == Kind::Other {
            return self.word().map(Cow::Borrowed);
        }
        Ok(self.string()?.unwrap_or_default())
    }

    /// Reads whether it is `true`; anything else is passed over.
    pub(crate) fn is_true(&mut self) -> Result<bool, Damage> {
        if self.kind() != Kind::Other {
            self.skip()?;
            return Ok(false);
        }
        Ok(self.word()? == "true")
    }

    /// Passes over a value.
    pub(crate) fn skip(&mut self) -> Result<(), Damage> {
        match self.kind() {
            Kind::Object => self.object(|reader, _| reader.skip()),
            Kind::List => self.list(Self::skip),
            Kind::String => self.quoted().map(drop),
            Kind::Other => self.word().map(drop),
        }
    }

    /// Makes sure that nothing follows.
    pub(crate) fn end(&mut self) -> Result<(), Damage> {
        self.skip_space();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.damage("something follows the end of the JSON")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.peek() {
            self.at += 1;
            self.line = self.line.saturating_add(u32::from(byte == b'\n'));
        }
    }

    fn open(&mut self) -> Result<(), Damage> {
        if self.depth == MAX_DEPTH {
            return Err(self.damage(&format!("is nested deeper than {MAX_DEPTH} levels")));
        }
        self.depth += 1;
        self.at += 1;
        Ok(())
    }

    /// Whether an object or a list that was opened is empty; then it is closed.
    fn closes(&mut self, bracket: u8) -> bool {
        self.skip_space();
        let closes = self.peek() == Some(bracket);
        if closes {
            self.at += 1;
            self.depth -= 1;
        }
        closes
    }

    /// Whether the last item was read; reads the comma if not.
    fn ends(&mut self, bracket: u8) -> Result<bool, Damage> {
        if self.closes(bracket) {
            return Ok(true);
        }
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(self.is_lenient && self.closes(bracket))
            }
            None => Err(self.damage("ends in the middle")),
            Some(_) => {
                Err(self.damage(&format!("a comma or '{}' is missing", char::from(bracket))))
            }
        }
    }

    fn quoted(&mut self) -> Result<Cow<'t, str>, Damage> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut at = start + 1;
        let mut has_escapes = false;
        loop {
            match bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    has_escapes = true;
                    at += 2;
                }
                Some(0..=0x1f) | None => return Err(self.damage("a string does not end")),
                Some(_) => at += 1,
            }
        }
        self.at = at + 1;
        let inner = self.text.get(start + 1..at).unwrap_or_default();
        if !has_escapes {
            return Ok(Cow::Borrowed(inner));
        }
        let whole = self.text.get(start..=at).unwrap_or_default();
        let decoded = serde_json::from_str(whole);
        let decoded = decoded.map_err(|_| self.damage("a string has an escape that is none"))?;
        Ok(Cow::Owned(decoded))
    }

    fn word(&mut self) -> Result<&'t str, Damage> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let is_of_word =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        let end = rest.bytes().position(|byte| !is_of_word(byte));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let is_value = matches!(word, "true" | "false" | "null")
            || word.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        if !is_value {
            let reason = match rest {
                "" => "ends in the middle",
                _ => "a value is missing",
            };
            return Err(self.damage(reason));
        }
        self.at += word.len();
        Ok(word)
    }

    fn damage(&self, reason: &str) -> Damage {
        Damage {
            line: self.line,
            reason: reason.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Result<Vec<(String, u32)>, Damage> {
        let mut keys = Vec::new();
        let mut reader = Reader::new(text);
        reader.object(|reader, key| {
            keys.push((key.into_owned(), reader.line()));
            reader.skip()
        })?;
        reader.end()?;
        Ok(keys)
    }

    #[test]
    fn keys_have_their_lines() {
        let text = "{\r\n\t\"a\": {\"x\": [1, -2.5e+3, {}]},\n \"b\\u00e9\\/\": \"\\\\\\\"\",\n\n\"c\":\nnull}\n";
        let expected = [("a", 2), ("b\u{e9}/", 3), ("c", 6)];
        let expected = expected.map(|(key, line)| (key.to_owned(), line));
        assert_eq!(keys(text).unwrap(), expected);
    }

    #[test]
    fn damage_has_its_line() {
        let check = |text: &str, line, reason: &str| {
            let damage = keys(text).unwrap_err();
            assert_eq!(damage.line, line, "{text}: {}", damage.reason);
            assert!(damage.reason.contains(reason), "{text}: {}", damage.reason);
        };
        check("{\n\"a\": 1,\n}", 3, "key");
        check("{\n\"a\" 1}", 2, "colon");
        check("{\n\"a\": 1\n\"b\"", 3, "comma");
        check("{\"a\":\n", 2, "ends in the middle");
        check("{\"a\": [1", 1, "ends in the middle");
        check("{\"a\": \"x\ny\"}", 1, "does not end");
        check("{\"a\": \"x\\", 1, "does not end");
        check("{\"a\": \"\\q\"}", 1, "escape");
        check("{\"a\": undefined}", 1, "value");
        check("{} {}", 1, "follows");
        check("", 1, "ends in the middle");
        let deep = format!("{{\"a\": {}", "[".repeat(100_000));
        check(&deep, 1, "deeper");
    }
}
