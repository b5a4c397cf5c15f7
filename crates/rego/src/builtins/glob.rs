//! `glob.match` and `glob.quote_meta`, with the patterns of github.com/gobwas/glob.
//!
//! `*` is any text without delimiters, `**` any text, `?` one character that is no delimiter, `[abc]`, `[!abc]` and
//! `[a-c]` one character, `{a,b}` one of several patterns; a backslash takes the meaning from what follows.

use std::fmt::Write;

use regex::Regex;

use super::{
    Answer, Builtin, BuiltinError, Context, Operands, boolean,
    operands::{wrong_member, wrong_type},
    signature::{BOOLEAN, NULL, STRING, STRING_ARRAY, Type},
    text,
};
use crate::Value;

pub(super) const BUILTINS: &[Builtin] = &[
    Builtin::new(
        "glob.match",
        &[STRING, Type::AnyOf(&[NULL, STRING_ARRAY]), STRING],
        BOOLEAN,
        is_match,
    ),
    Builtin::new("glob.quote_meta", &[STRING], STRING, |_, x| {
        let mut quoted = String::new();
        for letter in x.string(0)?.chars() {
            if r"*?\[]{}".contains(letter) {
                quoted.push('\\');
            }
            quoted.push(letter);
        }
        text(&quoted)
    }),
];

/// A compiled pattern.
#[derive(Debug)]
pub(super) struct Glob(Regex);

fn is_match(context: &mut Context<'_>, operands: Operands<'_>) -> Answer {
    let pattern = operands.string(0)?;
    let delimiters = match operands.value(1) {
        Value::Null => Vec::new(),
        Value::Array(items) if items.is_empty() => vec!['.'],
        Value::Array(items) => items
            .iter()
            .map(|item| {
                let wrong = |kind| wrong_member(1, operands.value(1), item, &[kind]);
                let mut letters = item.as_str().ok_or_else(|| wrong("string"))?.chars();
                match (letters.next(), letters.next()) {
                    (Some(letter), None) => Ok(letter),
                    _ => Err(wrong("rune")),
                }
            })
            .collect::<Result<_, _>>()?,
        other => return Err(wrong_type(1, other, &["array", "null"])),
    };
    let text = operands.string(2)?;
    context.spend_bytes(pattern.len() + text.len())?;
    let key = (std::sync::Arc::clone(pattern), delimiters);
    let glob = context
        .caches
        .globs
        .get(&key, || Glob::new(&key.0, &key.1))?;
    boolean(glob.0.is_match(text))
}

impl Glob {
    fn new(pattern: &str, delimiters: &[char]) -> Result<Self, BuiltinError> {
        let parser = Parser {
            rest: pattern,
            one: one_of(delimiters, true),
            depth: 0,
            out: String::from(r"\A(?:"),
        };
        let regex = parser
            .run()
            .map_err(|what| BuiltinError::failed(format!("glob: syntax error: {what}")))?;
        regex::RegexBuilder::new(&regex)
            .nest_limit(2_000)
            .build()
            .map(Self)
            .map_err(|error| BuiltinError::halt(format!("glob: {error}")))
    }
}

/// A class of some characters, or of all others.
fn one_of(letters: &[char], is_negated: bool) -> String {
    if letters.is_empty() {
        return "(?s:.)".to_owned();
    }
    let mut class = String::from(if is_negated { "[^" } else { "[" });
    for letter in letters {
        let _ = write!(class, "\\x{{{:x}}}", u32::from(*letter));
    }
    class.push(']');
    class
}

struct Parser<'p> {
    rest: &'p str,
    /// One character that is no delimiter.
    one: String,
    /// Braces that are open.
    depth: usize,
    out: String,
}

impl Parser<'_> {
    fn run(mut self) -> Result<String, &'static str> {
        while let Some(letter) = self.rest.chars().next() {
            match letter {
                '{' => {
                    self.depth += 1;
                    self.advance(1);
                    if self.depth > 500 {
                        return Err("braces are nested too deep");
                    }
                    self.out.push_str("(?:");
                }
                ',' if self.depth > 0 => {
                    self.advance(1);
                    self.out.push('|');
                }
                '}' if self.depth > 0 => {
                    self.depth -= 1;
                    self.advance(1);
                    self.out.push(')');
                }
                '[' => self.range()?,
                '?' => {
                    self.advance(1);
                    self.out.push_str(&self.one);
                }
                '*' if self.rest.starts_with("**") => {
                    self.advance(2);
                    self.out.push_str("(?s:.)*");
                }
                '*' => {
                    self.advance(1);
                    self.out.push_str(&self.one);
                    self.out.push('*');
                }
                _ => {
                    let breakers = if self.depth > 0 { "?*[{}," } else { "?*[{" };
                    for letter in self.text(breakers)? {
                        let _ = write!(self.out, "\\x{{{:x}}}", u32::from(letter));
                    }
                }
            }
        }
        if self.depth > 0 {
            return Err("unclosed `{`");
        }
        self.out.push_str(r")\z");
        Ok(self.out)
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.rest.chars().next()?;
        self.advance(letter.len_utf8());
        Some(letter)
    }

    /// Text up to a character that means something.
    fn text(&mut self, breakers: &str) -> Result<Vec<char>, &'static str> {
        let mut letters = Vec::new();
        while let Some(letter) = self.rest.chars().next() {
            if breakers.contains(letter) {
                break;
            }
            self.advance(letter.len_utf8());
            if letter == '\\' {
                letters.push(self.next().ok_or("trailing backslash")?);
            } else {
                letters.push(letter);
            }
        }
        Ok(letters)
    }

    fn range(&mut self) -> Result<(), &'static str> {
        self.advance(1);
        let is_negated = self.rest.starts_with('!');
        if is_negated {
            self.advance(1);
        }
        let first = self.rest.chars().next().ok_or("unexpected end of input")?;
        let behind = self.rest.get(first.len_utf8()..).unwrap_or_default();
        if let Some(behind) = behind.strip_prefix('-') {
            self.rest = behind;
            let last = self.next().ok_or("unexpected end of input")?;
            if self.next() != Some(']') {
                return Err("expected close range character");
            }
            if last < first {
                return Err("range hi character is less than lo");
            }
            let sign = if is_negated { "^" } else { "" };
            let _ = write!(
                self.out,
                "[{sign}\\x{{{:x}}}-\\x{{{:x}}}]",
                u32::from(first),
                u32::from(last)
            );
            return Ok(());
        }
        let letters = self.text("]")?;
        if self.next() != Some(']') {
            return Err("unexpected end of input");
        }
        if letters.is_empty() {
            return Err("could not parse range");
        }
        self.out.push_str(&one_of(&letters, is_negated));
        Ok(())
    }
}
