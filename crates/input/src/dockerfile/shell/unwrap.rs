//! Adds the commands that other commands run.

use std::collections::HashSet;

use super::super::joined::Joined;
use super::cursor::Parser;
use super::word_parser::PlacedWord;
use super::wrapper::{self, Inner};
use super::{Assignment, Command, Part, PartKind, ShellWord};

/// How many wrappers may stand before each other: `sudo env nice ...`.
const MAX_WRAPPERS: usize = 8;

impl Parser<'_> {
    /// Adds the commands that a command runs.
    pub(super) fn unwrap(&mut self, program: &str, args: &[PlacedWord]) {
        if self.frame.wrappers.len() >= MAX_WRAPPERS {
            return;
        }
        for inner in wrapper::inner(program, args) {
            self.frame.wrappers.push(program.to_owned());
            match inner {
                Inner::Words(from, to) => {
                    self.wrapped(args.get(from..to).unwrap_or_default());
                }
                Inner::Script(from, to, dialect) => {
                    let words = args.get(from..to).unwrap_or_default();
                    let (source, constant) = self.unquoted(words);
                    let first = self.output.script.commands.len();
                    let is_eval = dialect.is_none();
                    if let Ok(mut parser) = self.nested(&source) {
                        parser.dialect = dialect.unwrap_or(parser.dialect);
                        parser.notes &= constant && !is_eval;
                        parser.errexit &= is_eval;
                        parser.frame.in_condition &= is_eval;
                        // A string that does not parse is the business of the shell that gets it.
                        let _ = parser.program();
                    }
                    self.drop_substituted_twice(words, first);
                }
            }
            self.frame.wrappers.pop();
        }
    }

    /// Drops the commands from `first` on that were read before as substitutions in these words:
    /// the outer shell runs them, once.
    fn drop_substituted_twice(&mut self, words: &[PlacedWord], first: usize) {
        let Some(start) = words.first().map(|word| word.word.span.start) else {
            return;
        };
        let commands = &mut self.output.script.commands;
        let (before, inner) = commands.split_at_checked(first).unwrap_or_default();
        // Those in the words were read last.
        let in_words = before
            .iter()
            .rev()
            .take_while(|command| command.span.end > start);
        let known: HashSet<_> = in_words
            .filter(|command| command.in_substitution && command.span.start >= start)
            .map(|command| command.span)
            .collect();
        if known.is_empty() || inner.is_empty() {
            return;
        }
        let mut inner = commands.split_off(first);
        inner.retain(|command| !known.contains(&command.span));
        commands.append(&mut inner);
    }

    fn wrapped(&mut self, words: &[PlacedWord]) {
        let is_assignment = |word: &&PlacedWord| {
            word.word.text.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty()
                    && !name.starts_with(|first: char| first.is_ascii_digit())
                    && name
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        };
        let count = words.iter().take_while(is_assignment).count();
        let (before, words) = words.split_at_checked(count).unwrap_or_default();
        let (Some((name, args)), Some(last)) = (words.split_first(), words.last()) else {
            return;
        };
        let command = Command {
            name: name.word.value().to_owned(),
            word: Some(name.word.clone()),
            args: args.iter().map(|arg| arg.word.clone()).collect(),
            assignments: before.iter().map(|word| self.assigned_word(word)).collect(),
            span: name.word.span.to(last.word.span),
            ..Command::default()
        };
        let program = command.program().to_owned();
        self.push(command);
        self.unwrap(&program, args);
    }

    /// An argument that is an assignment: behind `env` or `export`.
    fn assigned_word(&self, placed: &PlacedWord) -> Assignment {
        let text = &placed.word.text;
        let name = text.split('=').next().unwrap_or("");
        let value_start = placed.range.start + name.len() + 1;
        let value = ShellWord {
            span: self.span(value_start..placed.range.end),
            text: text.get(name.len() + 1..).unwrap_or("").to_owned(),
            literal: placed
                .word
                .literal
                .as_ref()
                .and_then(|value| value.get(name.len() + 1..))
                .map(str::to_owned),
            parts: value_parts(&placed.word.parts, name.len() + 1),
        };
        Assignment {
            name: name.to_owned(),
            value: Some(value),
            append: false,
            span: placed.word.span,
        }
    }

    /// The text of words with their quotes removed, and whether it is all constant.
    pub(super) fn unquoted(&self, words: &[PlacedWord]) -> (Joined, bool) {
        let mut joined = Joined::default();
        let mut constant = true;
        for (index, placed) in words.iter().enumerate() {
            if index > 0 {
                joined.push_from(
                    self.source,
                    placed.range.start.saturating_sub(1)..placed.range.start,
                );
            }
            for (part, range) in placed.word.parts.iter().zip(&placed.ranges) {
                if let PartKind::Literal(text) = &part.kind {
                    self.push_literal(&mut joined, text, range.clone());
                } else {
                    constant = false;
                    joined.push_from(self.source, range.clone());
                }
            }
        }
        (joined, constant)
    }

    /// Appends a literal whose source may hold backslashes that are not in it.
    fn push_literal(&self, joined: &mut Joined, text: &str, range: std::ops::Range<usize>) {
        if self.slice(range.clone()) == text {
            joined.push_from(self.source, range);
            return;
        }
        let mut at = range.start;
        let mut buffer = [0; 4];
        for character in text.chars() {
            while let Some(rest) = self.slice(at..range.end).strip_prefix("\\\n") {
                at = range.end - rest.len();
            }
            if let Some(rest) = self.slice(at..range.end).strip_prefix('\\')
                && rest.starts_with(character)
            {
                at += 1;
            }
            let place = self.source.original(at);
            joined.push(place, character.encode_utf8(&mut buffer));
            at += character.len_utf8();
        }
    }
}

/// The parts of a word behind its first `skip` bytes, which are plain text.
fn value_parts(parts: &[Part], skip: usize) -> Vec<Part> {
    let mut parts = parts.to_vec();
    if let Some(first) = parts.first_mut()
        && let PartKind::Literal(text) = &mut first.kind
    {
        *text = text.get(skip..).unwrap_or("").to_owned();
        first.span = ringwall_model::Span::new(
            (first.span.range().start + skip).min(first.span.range().end),
            first.span.range().end,
        );
    }
    parts.retain(|part| part.quoted || part.kind != PartKind::Literal(String::new()));
    parts
}
