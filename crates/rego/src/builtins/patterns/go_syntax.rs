//! Reads a regular expression as Go's `regexp` does and writes it for the regex crate.
//!
//! See: <https://pkg.go.dev/regexp/syntax>

mod class;
mod escape;

use std::fmt::{self, Write};

/// Repetitions a pattern may ask for, those around it multiplied.
const MAX_REPEAT: u32 = 1_000;
/// How deep groups may be nested.
const MAX_DEPTH: usize = 1_000;

/// A pattern for the regex crate.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) text: String,
    /// Names and numbers of groups.
    pub(super) names: Vec<(String, usize)>,
}

/// Why Go would not take a pattern.
#[derive(Debug)]
pub(super) struct SyntaxError {
    what: &'static str,
    part: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`", self.what, self.part)
    }
}

fn error(what: &'static str, part: &str) -> SyntaxError {
    SyntaxError {
        what,
        part: part.to_owned(),
    }
}

pub(super) fn translate(pattern: &str) -> Result<Translated, SyntaxError> {
    let mut parser = Parser {
        pattern,
        rest: pattern,
        flags: Flags::default(),
        groups: Vec::new(),
        branch: Vec::new(),
        branches: String::new(),
        weight: 1,
        captures: 0,
        names: Vec::new(),
    };
    parser.run()?;
    if !parser.groups.is_empty() {
        return Err(error("missing closing )", pattern));
    }
    parser.end_branch();
    Ok(Translated {
        text: parser.branches,
        names: parser.names,
    })
}

#[derive(Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "a pattern has four flags")]
struct Flags {
    ignores_case: bool,
    many_lines: bool,
    dot_is_all: bool,
    is_lazy: bool,
}

/// Something that can be repeated.
struct Atom {
    text: String,
    /// The repetitions in it, multiplied.
    weight: u32,
}

/// What stood before a group that is open.
struct Group {
    opening: &'static str,
    flags: Flags,
    branch: Vec<Atom>,
    branches: String,
    weight: u32,
}

struct Parser<'p> {
    pattern: &'p str,
    rest: &'p str,
    flags: Flags,
    groups: Vec<Group>,
    /// The atoms of the current branch.
    branch: Vec<Atom>,
    /// The branches before it, and their bars.
    branches: String,
    /// The largest weight of any atom in the current group.
    weight: u32,
    captures: usize,
    names: Vec<(String, usize)>,
}

impl<'p> Parser<'p> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        let mut last_repeat = None;
        while let Some(next) = self.rest.chars().next() {
            let before = self.rest;
            let mut repeat = None;
            match next {
                '(' => self.open()?,
                '|' => {
                    self.advance(1);
                    self.end_branch();
                    self.branches.push('|');
                }
                ')' => self.close()?,
                '^' => self.simple(if self.flags.many_lines {
                    "(?m:^)"
                } else {
                    r"\A"
                }),
                '$' => self.simple(if self.flags.many_lines {
                    "(?m:$)"
                } else {
                    r"\z"
                }),
                '.' => self.simple(if self.flags.dot_is_all {
                    "(?s:.)"
                } else {
                    r"[^\n]"
                }),
                '[' => {
                    let (class, rest) = class::parse(self.rest, self.flags.ignores_case)?;
                    self.rest = rest;
                    self.push(class);
                }
                '*' | '+' | '?' => {
                    self.advance(1);
                    let (min, max) = match next {
                        '*' => (0, None),
                        '+' => (1, None),
                        _ => (0, Some(1)),
                    };
                    self.repeat(min, max, false, before, last_repeat)?;
                    repeat = Some(before);
                }
                '{' => match counts(self.rest) {
                    None => {
                        self.advance(1);
                        self.literal('{');
                    }
                    Some((counts, rest)) => {
                        self.rest = rest;
                        let written = written(before, rest);
                        let (min, max) =
                            counts.ok_or_else(|| error("invalid repeat count", written))?;
                        if min > MAX_REPEAT || max.is_some_and(|max| max > MAX_REPEAT || min > max)
                        {
                            return Err(error("invalid repeat count", written));
                        }
                        self.repeat(min, max, true, before, last_repeat)?;
                        repeat = Some(before);
                    }
                },
                '\\' => self.backslash()?,
                other => {
                    self.advance(other.len_utf8());
                    self.literal(other);
                }
            }
            last_repeat = repeat;
        }
        Ok(())
    }

    fn advance(&mut self, bytes: usize) {
        self.rest = self.rest.get(bytes..).unwrap_or_default();
    }

    fn push(&mut self, text: String) {
        self.branch.push(Atom { text, weight: 1 });
    }

    fn simple(&mut self, text: &str) {
        self.advance(1);
        self.push(text.to_owned());
    }

    fn literal(&mut self, letter: char) {
        let mut text = String::new();
        let _ = if self.flags.ignores_case {
            write!(text, "(?i:\\x{{{:x}}})", u32::from(letter))
        } else {
            write!(text, "\\x{{{:x}}}", u32::from(letter))
        };
        self.push(text);
    }

    fn end_branch(&mut self) {
        for atom in self.branch.drain(..) {
            self.branches.push_str(&atom.text);
            self.weight = self.weight.max(atom.weight);
        }
    }

    /// `(`, `(?:`, `(?P<name>`, `(?i)`, `(?i:`
    fn open(&mut self) -> Result<(), SyntaxError> {
        let before = self.rest;
        let Some(special) = before.strip_prefix("(?") else {
            self.advance(1);
            self.captures += 1;
            return self.enter("(");
        };
        let named = special
            .strip_prefix("P<")
            .or_else(|| special.strip_prefix('<'));
        if let Some(name) = named
            && before.len() > 3
        {
            let (name, rest) = name
                .split_once('>')
                .ok_or_else(|| error("invalid named capture", before))?;
            if name.is_empty()
                || !name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                return Err(error("invalid named capture", written(before, rest)));
            }
            self.captures += 1;
            self.names.push((name.to_owned(), self.captures));
            self.rest = rest;
            return self.enter("(");
        }
        let mut flags = self.flags;
        let (mut is_on, mut is_set) = (true, false);
        let mut letters = special.chars();
        while let Some(letter) = letters.next() {
            self.rest = letters.as_str();
            match letter {
                'i' => flags.ignores_case = is_on,
                'm' => flags.many_lines = is_on,
                's' => flags.dot_is_all = is_on,
                'U' => flags.is_lazy = is_on,
                '-' if is_on => {
                    (is_on, is_set) = (false, false);
                    continue;
                }
                ':' if is_on || is_set => {
                    self.enter("(?:")?;
                    self.flags = flags;
                    return Ok(());
                }
                ')' if is_on || is_set => {
                    self.flags = flags;
                    return Ok(());
                }
                _ => break,
            }
            is_set = true;
        }
        Err(error(
            "invalid or unsupported Perl syntax",
            written(before, letters.as_str()),
        ))
    }

    fn enter(&mut self, opening: &'static str) -> Result<(), SyntaxError> {
        if self.groups.len() >= MAX_DEPTH {
            return Err(error("expression nests too deeply", self.pattern));
        }
        self.groups.push(Group {
            opening,
            flags: self.flags,
            branch: std::mem::take(&mut self.branch),
            branches: std::mem::take(&mut self.branches),
            weight: std::mem::replace(&mut self.weight, 1),
        });
        Ok(())
    }

    fn close(&mut self) -> Result<(), SyntaxError> {
        self.advance(1);
        self.end_branch();
        let Some(group) = self.groups.pop() else {
            return Err(error("unexpected )", self.pattern));
        };
        let text = format!("{}{})", group.opening, self.branches);
        let weight = std::mem::replace(&mut self.weight, group.weight);
        self.flags = group.flags;
        self.branch = group.branch;
        self.branches = group.branches;
        self.branch.push(Atom { text, weight });
        Ok(())
    }

    fn repeat(
        &mut self,
        min: u32,
        max: Option<u32>,
        is_counted: bool,
        before: &'p str,
        last_repeat: Option<&'p str>,
    ) -> Result<(), SyntaxError> {
        let mut is_lazy = self.flags.is_lazy;
        if self.rest.starts_with('?') {
            self.advance(1);
            is_lazy = !is_lazy;
        }
        if let Some(last) = last_repeat {
            return Err(error(
                "invalid nested repetition operator",
                written(last, self.rest),
            ));
        }
        let operator = written(before, self.rest);
        let Some(atom) = self.branch.last_mut() else {
            return Err(error("missing argument to repetition operator", operator));
        };
        let count = max.unwrap_or(min);
        if is_counted && count > 0 {
            atom.weight = atom.weight.saturating_mul(count);
            if count >= 2 && atom.weight > MAX_REPEAT {
                return Err(error("invalid repeat count", operator));
            }
        }
        let lazy = if is_lazy { "?" } else { "" };
        let sign = match (min, max) {
            (0, None) => "*".to_owned(),
            (1, None) => "+".to_owned(),
            (0, Some(1)) => "?".to_owned(),
            (min, None) => format!("{{{min},}}"),
            (min, Some(max)) => format!("{{{min},{max}}}"),
        };
        atom.text = format!("(?:{}){sign}{lazy}", atom.text);
        Ok(())
    }

    fn backslash(&mut self) -> Result<(), SyntaxError> {
        let mut letters = self.rest.chars();
        letters.next();
        let anchor = match letters.next() {
            Some('A') => Some(r"\A"),
            Some('z') => Some(r"\z"),
            Some('b') => Some(r"(?-u:\b)"),
            Some('B') => Some(r"(?-u:\B)"),
            Some('C') => return Err(error("invalid escape sequence", r"\C")),
            Some('Q') => {
                let quoted = letters.as_str();
                let (text, rest) = quoted.split_once(r"\E").unwrap_or((quoted, ""));
                for letter in text.chars() {
                    self.literal(letter);
                }
                self.rest = rest;
                return Ok(());
            }
            _ => None,
        };
        if let Some(anchor) = anchor {
            self.rest = letters.as_str();
            self.push(anchor.to_owned());
            return Ok(());
        }
        if let Some((class, rest)) = escape::class(self.rest)? {
            self.rest = rest;
            self.push(class::bracketed(&class, false, self.flags.ignores_case));
            return Ok(());
        }
        let (code, rest) = escape::character(self.rest)?;
        self.rest = rest;
        match char::from_u32(code) {
            Some(letter) => self.literal(letter),
            // Half of a surrogate pair stands in no text.
            None => self.push(class::NOTHING.to_owned()),
        }
        Ok(())
    }
}

/// The part of a text that was read, given what is left of it.
fn written<'t>(before: &'t str, rest: &str) -> &'t str {
    before
        .get(..before.len().saturating_sub(rest.len()))
        .unwrap_or(before)
}

/// `{n}`, `{n,}`, `{n,m}`: the counts (none if one is too large to be read) and what follows;
/// `None` if it is none of these and the brace stands for itself.
#[expect(clippy::type_complexity, reason = "it is taken apart at once")]
fn counts(text: &str) -> Option<(Option<(u32, Option<u32>)>, &str)> {
    let (min, rest) = integer(text.strip_prefix('{')?)?;
    let Some(rest) = rest.strip_prefix(',') else {
        let rest = rest.strip_prefix('}')?;
        return Some((min.map(|min| (min, Some(min))), rest));
    };
    if let Some(rest) = rest.strip_prefix('}') {
        return Some((min.map(|min| (min, None)), rest));
    }
    let (max, rest) = integer(rest)?;
    let rest = rest.strip_prefix('}')?;
    Some((min.zip(max).map(|(min, max)| (min, Some(max))), rest))
}

/// Digits without zeros in front; the inner value is missing if they are too many.
fn integer(text: &str) -> Option<(Option<u32>, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at_checked(length)?;
    if digits.is_empty() || (digits.len() > 1 && digits.starts_with('0')) {
        return None;
    }
    Some((
        digits.parse().ok().filter(|value| *value < 100_000_000),
        rest,
    ))
}

#[cfg(test)]
mod tests;
