//! Regular expressions as Go's `regexp` reads them, run by the regex crate.
//!
//! Both take their syntax from RE2. Where they read the same pattern differently - ASCII classes, `\Q…\E`, brackets
//! in classes, `{` that repeats nothing, octal escapes - the pattern is rewritten; what only one of them knows is
//! refused. See: <https://pkg.go.dev/regexp/syntax>

use std::{cell::RefCell, fmt::Write, iter::Peekable, str::Chars, sync::Arc};

use regex::bytes::{Regex, RegexBuilder};

use crate::{
    error::EvalError,
    evaluate::Outcome,
    value::{Text, Value},
};

/// A compiled pattern.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Regex,
    /// Characters of the pattern as it was written.
    size: u64,
}

/// Memory that one compiled pattern may take, in bytes.
const MAX_COMPILED: usize = 4 * 1024 * 1024;

/// Memory that one search may take, in bytes.
const MAX_SEARCH: usize = 1024 * 1024;

/// Bytes of a pattern.
const MAX_PATTERN: usize = 64 * 1024;

/// The most that a repetition may repeat, as in Go.
const MAX_REPETITION: u32 = 1000;

/// Patterns that are not constant, kept compiled for each thread.
const CACHED: usize = 8;

thread_local! {
    static CACHE: RefCell<Vec<(Arc<str>, Pattern)>> = const { RefCell::new(Vec::new()) };
}

impl Pattern {
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MAX_PATTERN {
            return Err(format!("regex is longer than {MAX_PATTERN} bytes"));
        }
        let rewritten = rewrite(pattern).ok_or_else(|| {
            let shown: String = pattern.chars().take(100).collect();
            format!("error parsing regexp: `{shown}`")
        })?;
        let regex = RegexBuilder::new(&rewritten)
            .size_limit(MAX_COMPILED)
            .dfa_size_limit(MAX_SEARCH)
            .nest_limit(250)
            .build()
            .map_err(|error| {
                if let regex::Error::CompiledTooBig(limit) = error {
                    return format!("error parsing regexp: it takes more than {limit} bytes");
                }
                let shown: String = pattern.chars().take(100).collect();
                format!("error parsing regexp: `{shown}`")
            })?;
        Ok(Self {
            regex,
            size: pattern.chars().count() as u64,
        })
    }

    /// Uses a pattern that only evaluation knows; compiled once while it is in use.
    pub(crate) fn with<'a>(pattern: &str, use_it: impl FnOnce(&Self) -> Value<'a>) -> Outcome<'a> {
        CACHE.with_borrow_mut(|cache| {
            let place = cache.iter().position(|(text, _)| **text == *pattern);
            // The last used stands last, and the first goes when there are too many.
            let entry = if let Some(place) = place {
                cache.remove(place)
            } else {
                let compiled = Self::compile(pattern).map_err(EvalError::argument)?;
                if cache.len() >= CACHED {
                    cache.remove(0);
                }
                (pattern.into(), compiled)
            };
            let value = use_it(&entry.1);
            cache.push(entry);
            Ok(value)
        })
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.is_match(text.as_bytes())
    }

    /// The first match, or nothing as empty text.
    pub(crate) fn find<'a>(&self, text: &Text<'a>) -> Value<'a> {
        match self.regex.find(text.as_bytes()) {
            Some(found) => piece(text, found.start(), found.end()),
            None => Value::from(""),
        }
    }

    /// All matches, or so many of them if the limit is not negative.
    pub(crate) fn find_all<'a>(&self, text: &Text<'a>, limit: i64) -> Value<'a> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let matches = self
            .regex
            .find_iter(text.as_bytes())
            // Nothing is found inside of a character, not even nothing.
            .filter(|found| text.is_char_boundary(found.start()))
            .take(limit)
            .map(|found| piece(text, found.start(), found.end()))
            .collect();
        Value::list(matches)
    }
}

fn piece<'a>(text: &Text<'a>, start: usize, end: usize) -> Value<'a> {
    match text {
        Text::Borrowed(text) => Value::from(text.get(start..end).unwrap_or_default()),
        Text::Shared(text) => Value::string(text.get(start..end).unwrap_or_default()),
    }
}

/// The pattern in the words of the regex crate; `None` if Go does not read it.
fn rewrite(pattern: &str) -> Option<String> {
    let mut rewriter = Rewriter {
        input: pattern.chars().peekable(),
        output: String::with_capacity(pattern.len() + 16),
    };
    rewriter.run()?;
    Some(rewriter.output)
}

struct Rewriter<'p> {
    input: Peekable<Chars<'p>>,
    output: String,
}

impl Rewriter<'_> {
    fn run(&mut self) -> Option<()> {
        while let Some(character) = self.input.next() {
            match character {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                '(' => self.group()?,
                '{' => self.repetition()?,
                // The regex crate reads these two as literals too, but only outside of its verbose mode.
                character => self.output.push(character),
            }
        }
        Some(())
    }

    /// After `(`: flags that Go does not have are refused.
    fn group(&mut self) -> Option<()> {
        self.output.push('(');
        if self.input.peek() != Some(&'?') {
            return Some(());
        }
        self.output.push('?');
        self.input.next();
        loop {
            let next = *self.input.peek()?;
            match next {
                'P' | '<' | ':' | ')' => return Some(()),
                'i' | 'm' | 's' | 'U' | '-' => {
                    self.output.push(next);
                    self.input.next();
                }
                _ => return None,
            }
        }
    }

    /// After `{`: a repetition if it is written as one, else a brace.
    fn repetition(&mut self) -> Option<()> {
        let mut inside = String::new();
        let mut ahead = self.input.clone();
        for next in ahead.by_ref() {
            if next == '}' {
                let (least, most) = match inside.split_once(',') {
                    Some((least, most)) => (least, most),
                    None => (inside.as_str(), inside.as_str()),
                };
                let is_number =
                    |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
                if !is_number(least) || !(most.is_empty() || is_number(most)) {
                    break;
                }
                for count in [least, most].into_iter().filter(|count| !count.is_empty()) {
                    if count.parse::<u32>().ok()? > MAX_REPETITION {
                        return None;
                    }
                }
                let _ = write!(self.output, "{{{inside}}}");
                self.input = ahead;
                return Some(());
            }
            if !next.is_ascii_digit() && next != ',' {
                break;
            }
            inside.push(next);
        }
        self.output.push_str("\\{");
        Some(())
    }

    /// After a backslash.
    fn escape(&mut self, in_class: bool) -> Option<()> {
        let character = self.input.next()?;
        let plain = match (character, in_class) {
            ('d', false) => "[0-9]",
            ('d', true) => "0-9",
            ('D', _) => "[^0-9]",
            ('w', false) => "[0-9A-Za-z_]",
            ('w', true) => "0-9A-Za-z_",
            ('W', _) => "[^0-9A-Za-z_]",
            ('s', false) => "[\\t\\n\\f\\r ]",
            ('s', true) => "\\t\\n\\f\\r ",
            ('S', _) => "[^\\t\\n\\f\\r ]",
            ('b', false) => "(?-u:\\b)",
            ('B', false) => "(?-u:\\B)",
            ('A', false) => "\\A",
            ('z', false) => "\\z",
            ('a', _) => "\\x07",
            ('f', _) => "\\x0C",
            ('t', _) => "\\t",
            ('n', _) => "\\n",
            ('r', _) => "\\r",
            ('v', _) => "\\x0B",
            ('Q', false) => {
                self.quotation();
                return Some(());
            }
            ('E', false) => "",
            ('x', _) => return self.hexadecimal(),
            ('p', _) => return self.property(false),
            ('P', _) => return self.property(true),
            ('0'..='7', _) => return self.octal(character),
            _ if character.is_ascii_alphanumeric() => return None,
            _ if character.is_ascii() => {
                self.literal(character);
                return Some(());
            }
            // Only punctuation needs no meaning to be escaped.
            _ => return None,
        };
        self.output.push_str(plain);
        Some(())
    }

    /// After `\p`: `L`, `{Greek}`, `{^Greek}`.
    fn property(&mut self, is_negated: bool) -> Option<()> {
        let mut name = String::new();
        match self.input.next()? {
            '{' => loop {
                match self.input.next()? {
                    '}' => break,
                    // Words with which the regex crate asks more than Go knows.
                    '=' | ':' | '!' => return None,
                    character => name.push(character),
                }
            },
            character => name.push(character),
        }
        let (name, is_negated) = match name.strip_prefix('^') {
            Some(name) => (name, !is_negated),
            None => (name.as_str(), is_negated),
        };
        let letter = if is_negated { 'P' } else { 'p' };
        let _ = write!(self.output, "\\{letter}{{{name}}}");
        Some(())
    }

    fn literal(&mut self, character: char) {
        if character.is_ascii_punctuation() && !matches!(character, '<' | '>') {
            self.output.push('\\');
        }
        self.output.push(character);
    }

    /// After `\Q`: everything is literal up to `\E`.
    fn quotation(&mut self) {
        while let Some(character) = self.input.next() {
            if character == '\\' && self.input.peek() == Some(&'E') {
                self.input.next();
                return;
            }
            self.literal(character);
        }
    }

    fn hexadecimal(&mut self) -> Option<()> {
        let mut digits = String::new();
        if self.input.peek() == Some(&'{') {
            self.input.next();
            loop {
                match self.input.next()? {
                    '}' => break,
                    digit => digits.push(digit),
                }
            }
        } else {
            digits.extend([self.input.next()?, self.input.next()?]);
        }
        let value = u32::from_str_radix(&digits, 16).ok()?;
        char::from_u32(value)?;
        let _ = write!(self.output, "\\x{{{value:X}}}");
        Some(())
    }

    /// `\123`; a single digit from 1 to 7 would refer to a group, which neither knows.
    fn octal(&mut self, first: char) -> Option<()> {
        let mut value = first.to_digit(8)?;
        let mut count = 1;
        while count < 3
            && let Some(digit) = self.input.peek().and_then(|next| next.to_digit(8))
        {
            value = value * 8 + digit;
            count += 1;
            self.input.next();
        }
        if count == 1 && first != '0' {
            return None;
        }
        char::from_u32(value)?;
        let _ = write!(self.output, "\\x{{{value:X}}}");
        Some(())
    }

    /// After `[`.
    fn class(&mut self) -> Option<()> {
        self.output.push('[');
        if self.input.peek() == Some(&'^') {
            self.input.next();
            self.output.push('^');
        }
        let mut first = true;
        loop {
            let character = self.input.next()?;
            match character {
                ']' if !first => {
                    self.output.push(']');
                    return Some(());
                }
                ']' => self.output.push_str("\\]"),
                '\\' => self.escape(true)?,
                '[' if self.input.peek() == Some(&':') => self.named_class()?,
                // What the regex crate would read as a set within the set, or as operators on sets.
                '[' => self.output.push_str("\\["),
                '&' => self.output.push_str("\\&"),
                '~' => self.output.push_str("\\~"),
                '-' if self.input.peek() == Some(&'-') => self.output.push_str("\\-"),
                character => self.output.push(character),
            }
            first = false;
        }
    }

    /// After `[` with `:` ahead: `[:alpha:]`, or a bracket that is none.
    fn named_class(&mut self) -> Option<()> {
        const NAMES: [&str; 14] = [
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print",
            "punct", "space", "upper", "word", "xdigit",
        ];
        let ahead: String = self.input.clone().collect();
        let Some(end) = ahead.get(1..).and_then(|rest| rest.find(":]")) else {
            self.output.push_str("\\[");
            return Some(());
        };
        let name = ahead.get(1..=end).unwrap_or_default();
        if !NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            return None;
        }
        self.output.push('[');
        for _ in 0..end + 3 {
            self.output.push(self.input.next()?);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, expected: bool) {
        let compiled = Pattern::compile(pattern).unwrap();
        assert_eq!(compiled.is_match(text), expected, "{pattern} on {text}");
    }

    #[test]
    fn classes_are_ascii_as_in_go() {
        check(r"^\d$", "٣", false);
        check(r"^\w$", "ä", false);
        check(r"^\W$", "ä", true);
        check(r"^[\w-]+$", "a-b", true);
        check(r"^.$", "ä", true);
        check(r"\bä", "ä", false);
    }

    #[test]
    fn properties_of_characters_are_known_inside_and_outside_of_classes() {
        check(r"^\p{L}+$", "äb", true);
        check(r"^\pL\PN$", "ä-", true);
        check(r"^\p{^L}\P{^L}$", "1ä", true);
        check(r"^[\p{Greek}\p{^L}]+$", "α1", true);
        check(r"^\p{Lu}{2}$", "ÄB", true);
        assert!(Pattern::compile(r"\p{Nobody}").is_err());
        assert!(Pattern::compile(r"\p{sc=Greek}").is_err());
    }

    #[test]
    fn what_go_reads_as_text_is_text() {
        check(r"^a{$", "a{", true);
        check(r"^{}$", "{}", true);
        check(r"^\Qa.b\E$", "a.b", true);
        check(r"^\Qa.b\E$", "axb", false);
        check(r"^[[a]$", "[", true);
        check(r"^[a&&b]+$", "&a", true);
        check(r"^\<a\>$", "<a>", true);
        check(r"^[[:alpha:]]+$", "ab", true);
        check(r"^\101$", "A", true);
        check(r"^[]a]+$", "]a", true);
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for pattern in [
            "(", "(?x)a", "(?=a)", r"\1", r"\y", "a{1001}", "[b-a]", "[a", "*a", r"\8", r"a\",
        ] {
            assert!(Pattern::compile(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_that_would_fill_the_memory_is_refused() {
        assert!(Pattern::compile("(((a{1000}){1000}){1000})").is_err());
    }
}
