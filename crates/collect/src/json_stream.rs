//! JSON objects one after another: a line each, printed over many lines, in an array, or as `items` of a list.
//!
//! Only where an object begins and ends is looked at, in one pass and with a bound for each object, so that
//! a log of any length takes the memory of one object. What is broken is told with its line, and reading goes
//! on at the next line on which an object can begin.

use std::io::{self, Read};

/// Bytes that are asked for at a time.
const CHUNK: usize = 64 << 10;

/// Deepest nesting; as deep as a reader of JSON goes.
const MAX_DEPTH: usize = 128;

/// What stands in a stream of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonPiece {
    /// An object, byte for byte.
    Object {
        /// The line on which it begins, from 1.
        line: u64,
        /// Its text. Brackets and texts in it are closed; the rest is for a parser to judge.
        text: Vec<u8>,
    },
    /// Something that is no object, or none to its end.
    Broken {
        /// The line on which it begins, from 1.
        line: u64,
        /// What is wrong, in one sentence.
        reason: String,
    },
    /// Nothing can be read from here on.
    Unreadable {
        /// The line that was being read, from 1.
        line: u64,
        /// Why not.
        reason: String,
    },
}

/// Splits bytes into JSON objects.
#[derive(Debug)]
pub struct JsonStream<R> {
    reader: R,
    limit_bytes: usize,
    /// Where the next bytes are read to.
    chunk: Vec<u8>,
    /// What was read and is still needed.
    buffer: Vec<u8>,
    /// The next byte to look at.
    at: usize,
    /// The line of that byte, from 1, and the bytes before it on this line.
    line: u64,
    column: usize,
    is_at_end: bool,
    place: Place,
    /// The list around the objects, where they stand in one.
    array: Option<u64>,
    /// The object whose `items` are read, and the line on which it begins.
    envelope: Option<(Scan, u64)>,
}

/// Where in the stream the next byte stands.
#[derive(Debug)]
enum Place {
    /// Between objects.
    Between,
    /// In an object.
    Object(Begun),
    /// Behind the `items` of a list, of which nothing more is wanted.
    Envelope(Scan),
    /// Behind something broken that began at a column; on a fresh line or not.
    Lost { column: usize, is_fresh: bool },
    /// At the end.
    Done,
}

/// An object that began.
#[derive(Debug)]
struct Begun {
    start: usize,
    line: u64,
    column: usize,
    scan: Scan,
}

/// What may come next in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Nothing,
    Text {
        is_key: bool,
        is_escaped: bool,
    },
    /// A number, `true`, `false` or `null`.
    Word,
}

/// How far the brackets of an object are open.
#[derive(Debug)]
struct Scan {
    /// For each open bracket whether it is that of an object.
    open: Vec<bool>,
    expected: Expected,
    inside: Inside,
    /// The key of the outermost object that is being read, as far as it can be `items`.
    key: Vec<u8>,
}

/// What a byte led to.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    On,
    /// The object is closed.
    End,
    /// The list named `items` of the outermost object begins.
    Items,
}

const ITEMS: &[u8] = b"items";

impl Scan {
    /// Before the bracket that opens an object.
    fn new() -> Self {
        Self {
            open: Vec::new(),
            expected: Expected::Value,
            inside: Inside::Nothing,
            key: Vec::new(),
        }
    }

    fn step(&mut self, byte: u8) -> Result<Step, &'static str> {
        match self.inside {
            Inside::Text { is_key, is_escaped } => return self.text(byte, is_key, is_escaped),
            Inside::Word if byte.is_ascii_alphanumeric() || b"+-.".contains(&byte) => {
                return Ok(Step::On);
            }
            Inside::Word | Inside::Nothing => self.inside = Inside::Nothing,
        }
        let takes_value = matches!(self.expected, Expected::Value | Expected::ValueOrEnd);
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'{' | b'[' if takes_value => {
                if self.open.len() >= MAX_DEPTH {
                    return Err("is nested too deep");
                }
                let is_object = byte == b'{';
                let is_items = !is_object && self.open.len() == 1 && self.key == ITEMS;
                self.open.push(is_object);
                self.expected = if is_object {
                    Expected::KeyOrEnd
                } else {
                    Expected::ValueOrEnd
                };
                if is_items {
                    return Ok(Step::Items);
                }
            }
            b'}' | b']' => {
                let is_object = byte == b'}';
                let may_end = match self.expected {
                    Expected::CommaOrEnd => true,
                    Expected::KeyOrEnd => is_object,
                    Expected::ValueOrEnd => !is_object,
                    _ => false,
                };
                if !may_end || self.open.pop() != Some(is_object) {
                    return Err("has a bracket that closes nothing");
                }
                self.expected = Expected::CommaOrEnd;
                if self.open.is_empty() {
                    return Ok(Step::End);
                }
            }
            b'"' => {
                let is_key = matches!(self.expected, Expected::Key | Expected::KeyOrEnd);
                if !is_key && !takes_value {
                    return Err("has a text where none can be");
                }
                if is_key && self.open.len() == 1 {
                    self.key.clear();
                }
                self.inside = Inside::Text {
                    is_key,
                    is_escaped: false,
                };
            }
            b':' if self.expected == Expected::Colon => self.expected = Expected::Value,
            b',' if self.expected == Expected::CommaOrEnd => {
                self.expected = if self.open.last() == Some(&true) {
                    Expected::Key
                } else {
                    Expected::Value
                };
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' if takes_value => {
                self.inside = Inside::Word;
                self.expected = Expected::CommaOrEnd;
            }
            _ => return Err("breaks off, or is no JSON"),
        }
        Ok(Step::On)
    }

    fn text(&mut self, byte: u8, is_key: bool, is_escaped: bool) -> Result<Step, &'static str> {
        match byte {
            b'\n' => return Err("breaks off in the middle of a text"),
            b'"' if !is_escaped => {
                self.inside = Inside::Nothing;
                self.expected = if is_key {
                    Expected::Colon
                } else {
                    Expected::CommaOrEnd
                };
            }
            _ => {
                if is_key && self.open.len() == 1 && self.key.len() <= ITEMS.len() {
                    self.key.push(byte);
                }
                self.inside = Inside::Text {
                    is_key,
                    is_escaped: byte == b'\\' && !is_escaped,
                };
            }
        }
        Ok(Step::On)
    }
}

impl<R: Read> JsonStream<R> {
    /// The objects of a reader, none of which may be larger than a limit.
    pub fn new(reader: R, limit_bytes: usize) -> Self {
        Self {
            reader,
            limit_bytes,
            chunk: vec![0; CHUNK],
            buffer: Vec::new(),
            at: 0,
            line: 1,
            column: 0,
            is_at_end: false,
            place: Place::Between,
            array: None,
            envelope: None,
        }
    }

    /// The next byte, read if need be; `None` at the end.
    fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.buffer.len() && !self.is_at_end {
            self.fill()?;
        }
        Ok(self.buffer.get(self.at).copied())
    }

    fn fill(&mut self) -> io::Result<()> {
        let kept = match &mut self.place {
            Place::Object(begun) => std::mem::take(&mut begun.start),
            _ => self.at,
        };
        self.buffer.drain(..kept);
        self.at -= kept;
        let count = loop {
            match self.reader.read(&mut self.chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        let read = self.chunk.get(..count).unwrap_or_default();
        self.buffer.extend_from_slice(read);
        self.is_at_end = count == 0;
        Ok(())
    }

    /// Goes one byte on.
    fn advance(&mut self, byte: u8) {
        self.at += 1;
        if byte == b'\n' {
            self.line += 1;
            self.column = 0;
        } else {
            self.column += 1;
        }
    }

    /// Between objects: brackets and commas of the list around them, and the beginning of the next.
    fn between(&mut self, byte: u8) -> Option<JsonPiece> {
        let line = self.line;
        match byte {
            // A byte order mark; the record separators of JSON text sequences.
            0xEF | 0xBB | 0xBF | 0x1E => {}
            byte if byte.is_ascii_whitespace() => {}
            b'{' => {
                self.place = Place::Object(Begun {
                    start: self.at,
                    line,
                    column: self.column,
                    scan: Scan::new(),
                });
                return None;
            }
            b'[' if self.array.is_none() && self.envelope.is_none() => self.array = Some(line),
            b',' if self.array.is_some() || self.envelope.is_some() => {}
            b']' if self.envelope.is_some() => {
                if let Some((mut scan, _)) = self.envelope.take() {
                    scan.open.pop();
                    scan.expected = Expected::CommaOrEnd;
                    self.place = Place::Envelope(scan);
                }
            }
            b']' if self.array.is_some() => self.array = None,
            _ => {
                return Some(self.lose("is no JSON object", line, self.column));
            }
        }
        self.advance(byte);
        None
    }

    /// Tells what is broken, and looks for the next beginning.
    fn lose(&mut self, reason: impl Into<String>, line: u64, column: usize) -> JsonPiece {
        self.place = Place::Lost {
            column,
            is_fresh: false,
        };
        JsonPiece::Broken {
            line,
            reason: reason.into(),
        }
    }

    /// Goes back to where an object began, which turned out to be none: what follows on its next line may be one.
    fn give_up(&mut self, reason: impl Into<String>) -> JsonPiece {
        match std::mem::replace(&mut self.place, Place::Between) {
            Place::Object(begun) => {
                self.at = begun.start;
                self.line = begun.line;
                self.column = begun.column;
                self.lose(reason, begun.line, begun.column)
            }
            _ => self.lose(reason, self.line, self.column),
        }
    }

    fn object(&mut self, byte: u8) -> Option<JsonPiece> {
        let Place::Object(begun) = &mut self.place else {
            return None;
        };
        if self.at - begun.start >= self.limit_bytes {
            let reason = format!("has more than {} bytes", self.limit_bytes);
            return Some(self.give_up(reason));
        }
        match begun.scan.step(byte) {
            Ok(Step::Items) if self.envelope.is_none() => {
                let line = begun.line;
                let scan = std::mem::replace(&mut begun.scan, Scan::new());
                self.envelope = Some((scan, line));
                self.place = Place::Between;
                self.advance(byte);
                None
            }
            Ok(Step::On | Step::Items) => {
                self.advance(byte);
                None
            }
            Ok(Step::End) => {
                let (line, start) = (begun.line, begun.start);
                self.advance(byte);
                self.place = Place::Between;
                let text = self.buffer.get(start..self.at).unwrap_or_default().to_vec();
                Some(JsonPiece::Object { line, text })
            }
            Err(reason) => Some(self.give_up(reason)),
        }
    }

    fn envelope(&mut self, byte: u8) -> Option<JsonPiece> {
        let Place::Envelope(scan) = &mut self.place else {
            return None;
        };
        match scan.step(byte) {
            Ok(Step::End) => self.place = Place::Between,
            Ok(Step::Items) => {
                let scan = std::mem::replace(scan, Scan::new());
                self.envelope = Some((scan, self.line));
                self.place = Place::Between;
            }
            Ok(Step::On) => {}
            Err(reason) => return Some(self.lose(reason, self.line, self.column)),
        }
        self.advance(byte);
        None
    }

    /// Passes over what is lost, up to a line on which something begins no further to the right.
    fn lost(&mut self, byte: u8) {
        let Place::Lost { column, is_fresh } = &mut self.place else {
            return;
        };
        match byte {
            b'\n' => *is_fresh = true,
            b' ' | b'\t' | b'\r' => {}
            b'{' | b'[' if *is_fresh && self.column <= *column => {
                self.place = Place::Between;
                return;
            }
            _ => *is_fresh = false,
        }
        self.advance(byte);
    }

    /// What the end of the stream means.
    fn end(&mut self) -> Option<JsonPiece> {
        if matches!(self.place, Place::Object(_)) {
            return Some(self.give_up("breaks off at the end of the file"));
        }
        let is_open = matches!(self.place, Place::Envelope(_));
        self.place = Place::Done;
        let list = self.array.take();
        let line = list.or_else(|| Some(self.envelope.take()?.1));
        (is_open || line.is_some()).then(|| JsonPiece::Broken {
            line: line.unwrap_or(self.line),
            reason: "is a list that breaks off at the end of the file".to_owned(),
        })
    }
}

impl<R: Read> Iterator for JsonStream<R> {
    type Item = JsonPiece;

    fn next(&mut self) -> Option<JsonPiece> {
        loop {
            if matches!(self.place, Place::Done) {
                return None;
            }
            let piece = match self.peek() {
                Err(error) => {
                    self.place = Place::Done;
                    return Some(JsonPiece::Unreadable {
                        line: self.line,
                        reason: format!("cannot be read further: {}", crate::error::reason(&error)),
                    });
                }
                Ok(None) => self.end(),
                Ok(Some(byte)) => match self.place {
                    Place::Between => self.between(byte),
                    Place::Object(_) => self.object(byte),
                    Place::Envelope(_) => self.envelope(byte),
                    Place::Lost { .. } => {
                        self.lost(byte);
                        None
                    }
                    Place::Done => None,
                },
            };
            if piece.is_some() {
                return piece;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow pipe does.
    struct Dripping<'a>(&'a [u8]);

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let (Some((first, rest)), Some(place)) = (self.0.split_first(), into.first_mut())
            else {
                return Ok(0);
            };
            *place = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    /// `line:text` of objects, `line!` of what is broken.
    fn pieces(text: &str) -> Vec<String> {
        let told = |piece| match piece {
            JsonPiece::Object { line, text } => {
                let words = String::from_utf8(text).unwrap();
                format!("{line}:{}", words.split_whitespace().collect::<String>())
            }
            JsonPiece::Broken { line, .. } => format!("{line}!"),
            JsonPiece::Unreadable { .. } => panic!("a text can be read"),
        };
        let at_once: Vec<_> = JsonStream::new(text.as_bytes(), 1_000).map(told).collect();
        let slowly: Vec<_> = JsonStream::new(Dripping(text.as_bytes()), 1_000)
            .map(told)
            .collect();
        assert_eq!(at_once, slowly, "{text}");
        at_once
    }

    #[test]
    fn objects_stand_on_lines_over_lines_in_arrays_and_in_lists() {
        assert_eq!(pieces(""), [""; 0]);
        assert_eq!(
            pieces("{\"a\":1}\n\n{\"b\":[{}]}"),
            ["1:{\"a\":1}", "3:{\"b\":[{}]}"]
        );
        assert_eq!(
            pieces("\u{feff}{\n  \"a\": {\n  }\n}\n{}"),
            ["1:{\"a\":{}}", "5:{}"]
        );
        assert_eq!(
            pieces("[\n{\"a\":1},\n{\"b\":\"}]\\\"\"}\n]\n{}"),
            ["2:{\"a\":1}", "3:{\"b\":\"}]\\\"\"}", "5:{}"]
        );
        assert_eq!(
            pieces(
                "{\"kind\":\"List\",\"items\":[\n{\"a\":1},\n{\"items\":[1]}],\n\"metadata\":{}}\n{}"
            ),
            ["2:{\"a\":1}", "3:{\"items\":[1]}", "5:{}"]
        );
        assert_eq!(
            pieces("{\"items\":[],\"items\":[{}]}{\"items\":null}"),
            ["1:{}", "1:{\"items\":null}"]
        );
    }

    #[test]
    fn what_is_broken_is_told_and_takes_nothing_else_with_it() {
        // Cut off in a text, behind a value, behind a comma, behind a colon.
        for cut in [
            "{\"a\":\"b",
            "{\"a\":{\"b\":1",
            "{\"a\":1,",
            "{\"a\":",
            "{\"a\":[",
            "{",
        ] {
            let text = format!("{{\"x\":1}}\n{cut}\n{{\"y\":2}}\n{{\"z\":3}}\n");
            assert_eq!(
                pieces(&text),
                ["1:{\"x\":1}", "2!", "3:{\"y\":2}", "4:{\"z\":3}"],
                "{cut}"
            );
        }
        assert_eq!(pieces("{}\n{\"a\":\"b"), ["1:{}", "2!"]);
        assert_eq!(
            pieces("I1127 no log of ours\n{}\nor } ours\n"),
            ["1!", "2:{}", "3!"]
        );
        assert_eq!(
            pieces("{}}\n{}\n{]\n{}"),
            ["1:{}", "1!", "2:{}", "3!", "4:{}"]
        );
        // The list goes on behind one of its objects that is broken.
        assert_eq!(
            pieces("[\n  {\"a\" 1},\n  {\n    \"b\": {\n    }\n  }\n]\n"),
            ["2!", "3:{\"b\":{}}"]
        );
        assert_eq!(pieces("[{}"), ["1:{}", "1!"]);
        assert_eq!(pieces("{\"items\":[{}"), ["1:{}", "1!"]);
        assert_eq!(pieces("{\"items\":[{}]"), ["1:{}", "1!"]);
    }

    /// Any bytes are split alike however they come in, in the order of their lines, and to the end.
    #[test]
    fn any_bytes_are_split_without_loss() {
        const WORDS: [&str; 14] = [
            "{",
            "}",
            "[",
            "]",
            "\"",
            ":",
            ",",
            "\\",
            "\n",
            " ",
            "1",
            "\"items\":[",
            "{\"a\":1}",
            "\u{1e}",
        ];
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let mut objects = 0;
        for _ in 0..5_000 {
            let mut text = String::new();
            for _ in 0..24 {
                // xorshift64, <https://www.jstatsoft.org/v08/i14/>
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                text.push_str(WORDS[usize::try_from(state >> 33).unwrap() % WORDS.len()]);
            }
            // A whole line at the end is found, whatever came before it.
            text.push_str("\n{\"z\":9}\n");
            let found: Vec<_> = JsonStream::new(text.as_bytes(), 64).collect();
            let slowly: Vec<_> = JsonStream::new(Dripping(text.as_bytes()), 64).collect();
            assert_eq!(found, slowly, "{text}");
            for piece in &found {
                if let JsonPiece::Object { text, .. } = piece {
                    objects += 1;
                    assert!(text.starts_with(b"{") && text.ends_with(b"}") && text.len() <= 64);
                }
            }
            let is_last = found.iter().any(|piece| {
                matches!(piece, JsonPiece::Object { text, .. } if text.ends_with(b"{\"z\":9}"))
            });
            let is_told = found
                .iter()
                .any(|piece| matches!(piece, JsonPiece::Broken { .. }));
            assert!(is_last || is_told, "{text}\n{found:?}");
        }
        assert!(objects > 5_000, "{objects}");
    }

    #[test]
    fn nesting_has_an_end() {
        let deep = format!("{{\"a\":{}{}}}\n{{}}", "[".repeat(500), "]".repeat(500));
        let pieces: Vec<_> = JsonStream::new(deep.as_bytes(), 10_000).collect();
        assert!(
            matches!(&pieces[0], JsonPiece::Broken { line: 1, reason } if reason.contains("deep"))
        );
        assert!(matches!(pieces[1], JsonPiece::Object { line: 2, .. }));
    }

    #[test]
    fn an_endless_line_takes_no_more_memory_than_the_limit() {
        let endless = io::repeat(b'x').take(50 << 20);
        let line = b"{\"a\":\"".chain(endless).chain(&b"\n{\"b\":1}\n"[..]);
        let mut stream = JsonStream::new(line, 1 << 20);
        let broken = stream.next();
        assert!(
            matches!(&broken, Some(JsonPiece::Broken { line: 1, reason }) if reason.contains("1048576")),
            "{broken:?}"
        );
        let next = stream.next();
        assert!(
            matches!(next, Some(JsonPiece::Object { line: 2, .. })),
            "{next:?}"
        );
        assert!(
            stream.buffer.capacity() < 4 << 20,
            "{}",
            stream.buffer.capacity()
        );
        assert_eq!(stream.next(), None);
    }

    #[test]
    fn a_reader_that_fails_is_told() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _into: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("Gone"))
            }
        }
        let mut stream = JsonStream::new(b"{}\n".chain(Failing), 100);
        assert!(matches!(stream.next(), Some(JsonPiece::Object { .. })));
        assert!(
            matches!(stream.next(), Some(JsonPiece::Unreadable { line: 2, reason }) if reason.contains("gone"))
        );
        assert_eq!(stream.next(), None);
    }
}
