//! JSON arrays of strings, with places.

use std::ops::Range;

use super::joined::Joined;
use super::substitution::Word;

/// What a text that may be a JSON array turned out to be.
pub(super) enum ExecForm {
    /// It does not start with `[`.
    Absent,
    /// It starts with `[` but is no JSON array.
    Broken,
    /// It is a JSON array of something else than strings.
    NotStrings,
    /// Its words.
    Words(Vec<Word>),
}

/// Reads a range as JSON array of strings.
pub(super) fn read(joined: &Joined, range: Range<usize>) -> ExecForm {
    let mut reader = Reader {
        joined,
        at: range.start,
        end: range.end,
        only_strings: true,
    };
    reader.blanks();
    if !reader.eat(b'[') {
        return ExecForm::Absent;
    }
    let Some(words) = reader.array(0) else {
        return ExecForm::Broken;
    };
    reader.blanks();
    if reader.at < reader.end {
        ExecForm::Broken
    } else if reader.only_strings {
        ExecForm::Words(words)
    } else {
        ExecForm::NotStrings
    }
}

/// A JSON value.
enum Value {
    String(Word),
    Other,
}

struct Reader<'a> {
    joined: &'a Joined,
    at: usize,
    end: usize,
    only_strings: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.joined.get(self.at..self.end).bytes().next()
    }

    fn eat(&mut self, expected: u8) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += 1;
        }
        found
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// The elements behind `[`.
    fn array(&mut self, depth: usize) -> Option<Vec<Word>> {
        let mut words = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Some(words);
        }
        loop {
            self.blanks();
            match self.value(depth)? {
                Value::String(word) => words.push(word),
                Value::Other => self.only_strings = false,
            }
            self.blanks();
            if self.eat(b']') {
                return Some(words);
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        const MAX_DEPTH: usize = 16;
        if self.peek() == Some(b'"') {
            return self.string().map(Value::String);
        }
        if depth >= MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'[' => {
                self.at += 1;
                self.array(depth + 1)?;
            }
            b'{' => {
                self.at += 1;
                self.object(depth + 1)?;
            }
            _ => {
                let rest = self.joined.get(self.at..self.end);
                let length = rest.find([',', ']', '}', ' ', '\t']).unwrap_or(rest.len());
                let scalar = rest.get(..length)?;
                if !is_number(scalar) && !["true", "false", "null"].contains(&scalar) {
                    return None;
                }
                self.at += length;
            }
        }
        Some(Value::Other)
    }

    fn object(&mut self, depth: usize) -> Option<()> {
        self.blanks();
        if self.eat(b'}') {
            return Some(());
        }
        loop {
            self.blanks();
            self.string()?;
            self.blanks();
            if !self.eat(b':') {
                return None;
            }
            self.blanks();
            self.value(depth)?;
            self.blanks();
            if self.eat(b'}') {
                return Some(());
            }
            if !self.eat(b',') {
                return None;
            }
        }
    }

    fn string(&mut self) -> Option<Word> {
        let start = self.at;
        let text = self.joined.get(self.at..self.end);
        let mut chars = text.char_indices();
        if chars.next()?.1 != '"' {
            return None;
        }
        let mut value = String::new();
        loop {
            let (at, next) = chars.next()?;
            match next {
                '"' => {
                    self.at = start + at + 1;
                    break;
                }
                '\\' => match chars.next()?.1 {
                    'b' => value.push('\u{8}'),
                    'f' => value.push('\u{c}'),
                    'n' => value.push('\n'),
                    'r' => value.push('\r'),
                    't' => value.push('\t'),
                    'u' => {
                        let mut unit = 0;
                        for _ in 0..4 {
                            unit = unit * 16 + chars.next()?.1.to_digit(16)?;
                        }
                        // Half of a surrogate pair becomes a replacement character.
                        value.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
                    }
                    same @ ('"' | '\\' | '/') => value.push(same),
                    _ => return None,
                },
                control if control < ' ' => return None,
                other => value.push(other),
            }
        }
        Some(Word {
            value,
            ..Word::verbatim(self.joined, start..self.at)
        })
    }
}

/// Whether a text is a number of JSON: no leading zeros, and digits on both sides of a point.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let has_leading_zero = digits.starts_with('0')
        && digits
            .get(1..)
            .is_some_and(|rest| rest.starts_with(|next: char| next.is_ascii_digit()));
    let is_pointed_well = digits
        .split_once('.')
        .is_none_or(|(_, rest)| rest.starts_with(|next: char| next.is_ascii_digit()));
    digits.starts_with(|first: char| first.is_ascii_digit())
        && !has_leading_zero
        && is_pointed_well
        && text.parse::<f64>().is_ok()
}
