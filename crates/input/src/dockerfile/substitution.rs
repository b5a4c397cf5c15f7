//! Words of instructions: quotes, escapes and variables, as `BuildKit` replaces them.

use std::cell::Cell;
use std::collections::HashMap;
use std::ops::Range;

use ringwall_model::Span;

use super::joined::Joined;
use super::pattern;
use crate::Diagnostic;

/// How deep `${a:-${b:-...}}` may nest.
const MAX_DEPTH: usize = 32;
/// How long a value may become; longer ones are left unresolved.
const MAX_VALUE: usize = 64 * 1024;
/// How much text all replacements of a file may give; after that, variables are left unresolved.
const MAX_REPLACED: usize = 4 * 1024 * 1024;

/// A word of an instruction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, with its quotes.
    pub span: Span,
    /// As written, without line continuations.
    pub raw: String,
    /// With quotes removed and variables replaced; a variable that is not known stands as written.
    pub value: String,
    /// Whether all variables in it were known: ARGs by their default, ENVs by their value.
    pub resolved: bool,
    /// The variables in it.
    pub references: Vec<Reference>,
}

impl Word {
    /// Whether the value is known and equal to `text`.
    pub fn is(&self, text: &str) -> bool {
        self.resolved && self.value == text
    }

    /// A word that is taken as it stands.
    pub(super) fn verbatim(joined: &Joined, range: Range<usize>) -> Self {
        let raw = joined.get(range.clone()).to_owned();
        Self {
            span: joined.span(range),
            value: raw.clone(),
            raw,
            resolved: true,
            references: Vec::new(),
        }
    }
}

/// A variable in a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub name: String,
    /// `$name` or `${name...}`.
    pub span: Span,
    /// Whether it has a fallback: `${name:-x}`, `${name:+x}`.
    pub has_default: bool,
}

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// Its value, or its default.
    Known(String),
    /// An ARG without default.
    Unset,
    /// Set by the builder, or to what is not known.
    Unknown,
    /// Not known, but this unless a build argument or the base image says otherwise.
    Likely(String),
    /// Nothing in the file sets it; a base image may.
    Undeclared,
}

/// The variables of a stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) env: HashMap<String, Value>,
    pub(super) args: HashMap<String, Value>,
    pub(super) base: Option<usize>,
}

/// All scopes of a file; stages look into those of their base stages.
#[derive(Clone, Debug, Default)]
pub(super) struct Scopes {
    pub(super) global: HashMap<String, Value>,
    pub(super) stages: Vec<Scope>,
    /// How much text replacements have given.
    pub(super) replaced: Cell<usize>,
}

impl Scopes {
    /// What a name means now; `in_from` asks for the global ARGs only.
    pub(super) fn value(&self, name: &str, in_from: bool) -> Value {
        if is_special(name) {
            return Value::Unset;
        }
        if in_from || self.stages.is_empty() {
            let declared = self.global.get(name).cloned();
            // No image has a say before the first stage.
            return declared.unwrap_or(if is_platform_argument(name) {
                Value::Unknown
            } else {
                Value::Unset
            });
        }
        self.find(name, |scope| &scope.env)
            .or_else(|| self.find(name, |scope| &scope.args))
            .unwrap_or(Value::Undeclared)
    }

    fn find(&self, name: &str, map: impl Fn(&Scope) -> &HashMap<String, Value>) -> Option<Value> {
        // A chain of base stages longer than this is no Dockerfile but an attempt to cost time.
        const MAX_CHAIN: usize = 64;
        let mut next = self.stages.len().checked_sub(1);
        for _ in 0..MAX_CHAIN {
            let scope = self.stages.get(next?)?;
            if let Some(value) = map(scope).get(name) {
                return Some(value.clone());
            }
            next = scope.base;
        }
        None
    }
}

/// Whether a name is a parameter of shells such as `$?`, which the builder has no value for.
fn is_special(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The ARGs that the builder sets by itself.
///
/// See: <https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>
pub(super) fn is_platform_argument(name: &str) -> bool {
    ["TARGET", "BUILD"].iter().any(|prefix| {
        name.strip_prefix(prefix)
            .is_some_and(|rest| ["PLATFORM", "OS", "ARCH", "VARIANT"].contains(&rest))
    })
}

/// Replaces variables and removes quotes.
#[derive(Clone, Copy)]
pub(super) struct Expander<'a> {
    pub(super) joined: &'a Joined,
    pub(super) escape: char,
    pub(super) scopes: &'a Scopes,
    pub(super) in_from: bool,
    /// Whether a variable that nothing gives a value is empty, and not left as written.
    pub(super) unset_is_empty: bool,
}

impl Expander<'_> {
    /// The word in a range of the joined text.
    pub(super) fn word(&self, range: Range<usize>) -> Result<Word, Diagnostic> {
        let mut word = Word {
            span: self.joined.span(range.clone()),
            raw: self.joined.get(range.clone()).to_owned(),
            resolved: true,
            ..Word::default()
        };
        if !word.raw.contains(['$', '\'', '"', self.escape]) {
            word.value.clone_from(&word.raw);
            return Ok(word);
        }
        let mut lexer = Lexer {
            expander: self,
            at: range.start,
            end: range.end,
            references: Vec::new(),
            resolved: true,
        };
        word.value = lexer.text(None, 0)?;
        word.references = lexer.references;
        word.resolved = lexer.resolved;
        Ok(word)
    }
}

struct Lexer<'a> {
    expander: &'a Expander<'a>,
    at: usize,
    end: usize,
    references: Vec<Reference>,
    resolved: bool,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.expander.joined.get(self.at..self.end).chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        if found {
            self.at += expected.len_utf8();
        }
        found
    }

    fn error(&self, start: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.expander.joined.span(start..self.end), message)
    }

    /// Text up to the end or up to `stop`, which is left unread.
    fn text(&mut self, stop: Option<char>, depth: usize) -> Result<String, Diagnostic> {
        let mut value = String::new();
        while let Some(next) = self.peek() {
            if stop == Some(next) {
                break;
            }
            let start = self.at;
            match next {
                '\'' => {
                    self.next();
                    loop {
                        match self.next() {
                            None => return Err(self.error(start, "a single quote is not closed")),
                            Some('\'') => break,
                            Some(other) => value.push(other),
                        }
                    }
                }
                '"' => {
                    self.next();
                    self.double_quoted(start, &mut value, depth)?;
                }
                '$' => self.variable(&mut value, depth)?,
                _ if next == self.expander.escape => {
                    self.next();
                    // An escape character at the very end stands for itself no longer.
                    value.extend(self.next());
                }
                _ => {
                    self.next();
                    value.push(next);
                }
            }
        }
        Ok(value)
    }

    fn double_quoted(
        &mut self,
        start: usize,
        value: &mut String,
        depth: usize,
    ) -> Result<(), Diagnostic> {
        let escape = self.expander.escape;
        loop {
            match self.peek() {
                None => return Err(self.error(start, "a double quote is not closed")),
                Some('"') => {
                    self.next();
                    return Ok(());
                }
                Some('$') => self.variable(value, depth)?,
                Some(next) if next == escape => {
                    self.next();
                    match self.peek() {
                        Some(protected @ ('"' | '$')) => {
                            self.next();
                            value.push(protected);
                        }
                        Some(protected) if protected == escape => {
                            self.next();
                            value.push(protected);
                        }
                        _ => value.push(escape),
                    }
                }
                Some(next) => {
                    self.next();
                    value.push(next);
                }
            }
        }
    }

    fn variable(&mut self, value: &mut String, depth: usize) -> Result<(), Diagnostic> {
        let start = self.at;
        self.next();
        if !self.eat('{') {
            let name = self.name();
            if name.is_empty() {
                value.push('$');
            } else {
                self.note(&name, start, false);
                let found = self.lookup(&name);
                self.put(self.or_empty(found, &name), start, value);
            }
            return Ok(());
        }
        if depth >= MAX_DEPTH {
            return Err(self.error(start, "variables are nested too deep"));
        }
        let name = self.name();
        if name.is_empty() {
            return Err(self.error(start, "there is no variable name behind ${"));
        }
        let found = self.lookup(&name);
        let (result, has_default) = self.modified(&name, found, start, depth)?;
        if !self.eat('}') {
            return Err(self.error(
                start,
                "${ is not closed, or what follows the name is not supported",
            ));
        }
        self.note(&name, start, has_default);
        self.put(result, start, value);
        Ok(())
    }

    /// Reads what follows a name within braces and applies it.
    fn modified(
        &mut self,
        name: &str,
        found: Value,
        start: usize,
        depth: usize,
    ) -> Result<(Value, bool), Diagnostic> {
        let colon = self.eat(':');
        let Some(operator) = self.peek().filter(|&next| next != '}') else {
            if colon {
                return Err(self.error(start, "a modifier is missing behind the colon"));
            }
            return Ok((self.or_empty(found, name), false));
        };
        if !"-+?#%/".contains(operator) || colon && "#%/".contains(operator) {
            return Err(self.error(start, format!("the modifier {operator} is not supported")));
        }
        self.next();
        if matches!(operator, '#' | '%' | '/') {
            let found = self.or_empty(found, name);
            return Ok((self.with_pattern(found, operator, start, depth)?, false));
        }
        let known_before = self.resolved;
        let word = self.text(Some('}'), depth + 1)?;
        let is_set = match &found {
            Value::Known(text) => Some(!(colon && text.is_empty())),
            Value::Unset => Some(false),
            Value::Unknown | Value::Likely(_) | Value::Undeclared => None,
        };
        let result = match (operator, is_set) {
            ('-' | '?', Some(true)) => {
                // The fallback is not used, so what is unknown in it does not count.
                self.resolved = known_before;
                found
            }
            ('-', Some(false)) | ('+', Some(true)) => Value::Known(word),
            ('-', None) => {
                // The base image may set it; the fallback is the best that is known.
                self.resolved = false;
                Value::Known(word)
            }
            ('+', Some(false)) => {
                self.resolved = known_before;
                Value::Known(String::new())
            }
            _ => Value::Unknown,
        };
        Ok((result, operator != '?'))
    }

    fn with_pattern(
        &mut self,
        found: Value,
        operator: char,
        start: usize,
        depth: usize,
    ) -> Result<Value, Diagnostic> {
        let twice = self.eat(operator);
        let stop = if operator == '/' { '/' } else { '}' };
        let pattern = self.pattern_text(stop, depth)?;
        let mut replacement = String::new();
        if operator == '/' {
            if !self.eat('/') {
                return Err(self.error(start, "there is no / behind the pattern"));
            }
            replacement = self.text(Some('}'), depth + 1)?;
        }
        let Value::Known(text) = found else {
            return Ok(Value::Unknown);
        };
        let result = match operator {
            '#' => pattern::without_prefix(&text, &pattern, twice),
            '%' => pattern::without_suffix(&text, &pattern, twice),
            _ => pattern::replaced(&text, &pattern, &replacement, twice),
        };
        Ok(result.map_or(Value::Unknown, Value::Known))
    }

    /// A pattern keeps its escapes; it ends at `stop` or at the closing brace.
    fn pattern_text(&mut self, stop: char, depth: usize) -> Result<String, Diagnostic> {
        let mut pattern = String::new();
        while let Some(next) = self.peek() {
            if next == stop || next == '}' {
                break;
            }
            if next == '$' {
                self.variable(&mut pattern, depth + 1)?;
                continue;
            }
            self.next();
            if next == self.expander.escape {
                pattern.push('\\');
                pattern.extend(self.next());
            } else {
                pattern.push(next);
            }
        }
        Ok(pattern)
    }

    fn name(&mut self) -> String {
        let rest = self.expander.joined.get(self.at..self.end);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let length = if digits > 0 {
            digits
        } else if rest.starts_with(['@', '*', '#', '?', '-', '$', '!']) {
            1
        } else {
            rest.bytes()
                .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                .count()
        };
        self.at += length;
        rest.get(..length).unwrap_or("").to_owned()
    }

    fn note(&mut self, name: &str, start: usize, has_default: bool) {
        self.references.push(Reference {
            name: name.to_owned(),
            span: self.expander.joined.span(start..self.at),
            has_default,
        });
    }

    fn lookup(&self, name: &str) -> Value {
        let unset_is_empty = self.expander.unset_is_empty;
        match self.expander.scopes.value(name, self.expander.in_from) {
            Value::Undeclared if unset_is_empty => Value::Unset,
            Value::Likely(text) if unset_is_empty => Value::Known(text),
            Value::Likely(_) => Value::Unknown,
            found => found,
        }
    }

    /// The empty text for a variable that is not set, where it does not stand as written.
    fn or_empty(&self, found: Value, name: &str) -> Value {
        match found {
            Value::Unset if self.expander.unset_is_empty || is_special(name) => {
                Value::Known(String::new())
            }
            found => found,
        }
    }

    fn affords(&self, length: usize) -> bool {
        let replaced = self.expander.scopes.replaced.get() + length;
        self.expander.scopes.replaced.set(replaced);
        length <= MAX_VALUE && replaced <= MAX_REPLACED
    }

    fn put(&mut self, found: Value, start: usize, value: &mut String) {
        match found {
            Value::Known(text) if self.affords(value.len() + text.len()) => value.push_str(&text),
            _ => {
                self.resolved = false;
                value.push_str(self.expander.joined.get(start..self.at));
            }
        }
    }
}
