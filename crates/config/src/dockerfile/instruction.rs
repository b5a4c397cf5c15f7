//! One line to an instruction: its name, its flags, its arguments.

use super::arguments::{self, Arguments};

/// An instruction as BuildKit's parser splits it.
#[derive(Debug, Default)]
pub(super) struct Instruction {
    /// The name in lower case.
    pub(super) name: String,
    /// The name as written.
    pub(super) word: String,
    /// `--name=value` words before the arguments; `None` where nothing follows the name.
    pub(super) flags: Option<Vec<String>>,
    pub(super) arguments: Vec<String>,
    /// Whether the arguments are a JSON array.
    pub(super) is_json: bool,
    /// What ONBUILD runs.
    pub(super) trigger: Option<Box<Instruction>>,
}

impl Instruction {
    pub(super) fn parse(line: &str, escape: char) -> Result<Self, String> {
        let instruction = Self::parse_simple(line, escape)?;
        if instruction.name != "onbuild" {
            return Ok(instruction);
        }
        let [rest] = instruction.arguments.as_slice() else {
            return Ok(instruction);
        };
        // A chain of triggers is refused later; one level is enough to know.
        let trigger = Self::parse_simple(rest, escape)?;
        Ok(Self {
            arguments: Vec::new(),
            trigger: Some(Box::new(trigger)),
            ..instruction
        })
    }

    fn parse_simple(line: &str, escape: char) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = match line.find(is_blank) {
            Some(end) => {
                let (word, rest) = line.split_at(end);
                (word, Some(rest.trim_start_matches(is_blank)))
            }
            None => (line, None),
        };
        let name = word.to_lowercase();
        let (flags, rest) = match rest {
            Some(rest) => {
                let (flags, rest) = flags(rest, escape);
                (Some(flags), rest.trim())
            }
            None => (None, ""),
        };
        let Arguments { values, is_json } = arguments::split(&name, rest, escape)?;
        Ok(Self {
            name,
            word: word.to_owned(),
            flags,
            arguments: values,
            is_json,
            trigger: None,
        })
    }
}

/// What separates words. BuildKit's expression leaves out the newline, which no line holds.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\u{b}' | '\u{c}' | '\r' | ' ')
}

/// Takes the words that start with `--` off the front, quotes and escapes resolved.
fn flags(line: &str, escape: char) -> (Vec<String>, &str) {
    let mut flags = Vec::new();
    let mut rest = line;
    loop {
        rest = rest.trim_start();
        if !rest.starts_with("--") {
            return (flags, rest);
        }
        let (flag, was_quoted, length) = flag(rest, escape);
        rest = rest.get(length..).unwrap_or("");
        if flag == "--" {
            // Ends the flags, and is none itself; at the end of the line nothing follows.
            return (flags, rest);
        }
        if was_quoted || !flag.is_empty() {
            flags.push(flag);
        }
    }
}

/// The word at the front, whether it had quotes, and how many bytes it takes.
///
/// BuildKit takes each byte of a flag for a character, so `é` comes out as `Ã©`; so it does here.
fn flag(text: &str, escape: char) -> (String, bool, usize) {
    let mut word = String::new();
    let mut quote = None;
    let mut was_quoted = false;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        let c = char::from(byte);
        if c == escape {
            // An escape at the end of the line is dropped.
            if let Some((_, escaped)) = bytes.next() {
                word.push(char::from(escaped));
            }
            continue;
        }
        match quote {
            None if c.is_ascii_whitespace() => return (word, was_quoted, at),
            None if matches!(c, '\'' | '"') => {
                quote = Some(c);
                was_quoted = true;
            }
            Some(open) if c == open => quote = None,
            _ => word.push(c),
        }
    }
    (word, was_quoted, text.len())
}
