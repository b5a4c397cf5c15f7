//! Reads the text format of protocol buffers, as far as the conformance tests use it.
//!
//! See: <https://protobuf.dev/reference/protobuf/textformat-spec/>

/// The fields of a message, in order; a field may stand there more than once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message(pub(crate) Vec<(String, Field)>);

#[derive(Clone, Debug)]
pub(crate) enum Field {
    /// A number or a word.
    Word(String),
    /// What stands between quotes, without escapes.
    Text(Vec<u8>),
    Message(Message),
}

impl Message {
    pub(crate) fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Field> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn messages<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Message> {
        self.all(name).filter_map(|field| match field {
            Field::Message(message) => Some(message),
            _ => None,
        })
    }

    pub(crate) fn message(&self, name: &str) -> Option<&Message> {
        self.0.iter().find_map(|(field, value)| match value {
            Field::Message(message) if field == name => Some(message),
            _ => None,
        })
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.bytes(name)
            .map(|bytes| String::from_utf8(bytes.to_vec()).expect("text is UTF-8"))
    }

    pub(crate) fn bytes(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find_map(|(field, value)| match value {
            Field::Text(bytes) if field == name => Some(bytes.as_slice()),
            _ => None,
        })
    }

    pub(crate) fn word(&self, name: &str) -> Option<&str> {
        self.0.iter().find_map(|(field, value)| match value {
            Field::Word(word) if field == name => Some(word.as_str()),
            _ => None,
        })
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.word(name) == Some("true")
    }
}

/// Reads a whole file; panics with the place where it cannot.
pub(crate) fn parse(text: &str) -> Message {
    let mut reader = Reader { text, position: 0 };
    let message = reader.fields(None);
    assert_eq!(reader.peek(), None, "{}", reader.place());
    message
}

struct Reader<'t> {
    text: &'t str,
    position: usize,
}

impl Reader<'_> {
    fn place(&self) -> String {
        let line = self.text[..self.position].matches('\n').count() + 1;
        format!("line {line}")
    }

    fn peek(&mut self) -> Option<char> {
        loop {
            let rest = &self.text[self.position..];
            let trimmed = rest.trim_start();
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return trimmed.chars().next();
            }
            self.position += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.position += wanted.len_utf8();
        }
        found
    }

    fn word(&mut self) -> String {
        self.peek();
        let rest = &self.text[self.position..];
        let length = rest
            .find(|character: char| {
                !(character.is_ascii_alphanumeric() || "_-+.".contains(character))
            })
            .unwrap_or(rest.len());
        assert!(length > 0, "no word at {}", self.place());
        self.position += length;
        rest[..length].to_owned()
    }

    fn name(&mut self) -> String {
        if self.take('[') {
            let rest = &self.text[self.position..];
            let length = rest.find(']').expect("a closing bracket");
            self.position += length + 1;
            return rest[..length].trim().to_owned();
        }
        self.word()
    }

    fn fields(&mut self, end: Option<char>) -> Message {
        let mut message = Message::default();
        loop {
            match (self.peek(), end) {
                (None, None) => return message,
                (Some(next), Some(end)) if next == end => {
                    self.take(end);
                    return message;
                }
                _ => {}
            }
            let name = self.name();
            self.take(':');
            if self.take('[') {
                while !self.take(']') {
                    let value = self.value();
                    message.0.push((name.clone(), value));
                    self.take(',');
                }
            } else {
                let value = self.value();
                message.0.push((name, value));
            }
            let _ = self.take(',') || self.take(';');
        }
    }

    fn value(&mut self) -> Field {
        match self.peek() {
            Some('{') => {
                self.take('{');
                Field::Message(self.fields(Some('}')))
            }
            Some('<') => {
                self.take('<');
                Field::Message(self.fields(Some('>')))
            }
            Some('"' | '\'') => {
                let mut bytes = Vec::new();
                while matches!(self.peek(), Some('"' | '\'')) {
                    self.quoted(&mut bytes);
                }
                Field::Text(bytes)
            }
            _ => Field::Word(self.word()),
        }
    }

    fn quoted(&mut self, bytes: &mut Vec<u8>) {
        let source = self.text.as_bytes();
        let quote = source[self.position];
        self.position += 1;
        loop {
            let byte = source[self.position];
            self.position += 1;
            if byte == quote {
                return;
            }
            if byte != b'\\' {
                bytes.push(byte);
                continue;
            }
            let escape = source[self.position];
            self.position += 1;
            match escape {
                b'a' => bytes.push(7),
                b'b' => bytes.push(8),
                b'f' => bytes.push(12),
                b'n' => bytes.push(b'\n'),
                b'r' => bytes.push(b'\r'),
                b't' => bytes.push(b'\t'),
                b'v' => bytes.push(11),
                b'x' | b'X' => bytes.push(u8::try_from(self.digits(16, 2)).unwrap()),
                b'0'..=b'7' => {
                    self.position -= 1;
                    bytes.push(u8::try_from(self.digits(8, 3)).unwrap());
                }
                b'u' | b'U' => {
                    let value = self.digits(16, if escape == b'u' { 4 } else { 8 });
                    let character = char::from_u32(value).expect("a character");
                    bytes.extend(character.to_string().as_bytes());
                }
                other => bytes.push(other),
            }
        }
    }

    fn digits(&mut self, radix: u32, most: usize) -> u32 {
        let mut value = 0;
        for _ in 0..most {
            let next = char::from(self.text.as_bytes()[self.position]);
            let Some(digit) = next.to_digit(radix) else {
                break;
            };
            value = value * radix + digit;
            self.position += 1;
        }
        value
    }
}
