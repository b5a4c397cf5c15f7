//! Adds the commands that other commands run.

use ringwall_model::Span;

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
        self.run_stdin(program, args);
        // What these read becomes arguments.
        self.stdin
            .take_if(|_| ["xargs", "parallel"].contains(&program));
        for inner in wrapper::inner(program, args) {
            self.frame.wrappers.push(program.to_owned());
            match inner {
                Inner::Words(words) => self.wrapped(args.get(words).unwrap_or_default()),
                Inner::Script(script) => {
                    let words = args.get(script.words).unwrap_or_default();
                    let inner = self.unquoted(words).without_start(script.skip);
                    let is_eval = script.dialect.is_none();
                    if let Ok(mut parser) = self.nested(&inner.text, &inner.known) {
                        parser.dialect = script.dialect.unwrap_or(parser.dialect);
                        // What stands in several words was looked at where these stand.
                        parser.notes &= inner.known.is_empty() && !is_eval && words.len() == 1;
                        parser.errexit &= is_eval;
                        parser.frame.in_condition &= is_eval;
                        // A string that does not parse is the business of the shell that gets it.
                        let _ = parser.program();
                    }
                }
            }
            self.frame.wrappers.pop();
        }
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
}

/// The parts of a word behind its first `skip` bytes, which are plain text.
fn value_parts(parts: &[Part], skip: usize) -> Vec<Part> {
    let mut parts = parts.to_vec();
    if let Some(first) = parts.first_mut()
        && let PartKind::Literal(text) = &mut first.kind
    {
        *text = text.get(skip..).unwrap_or("").to_owned();
        first.span = Span::new(
            (first.span.range().start + skip).min(first.span.range().end),
            first.span.range().end,
        );
    }
    parts.retain(|part| part.quoted || part.kind != PartKind::Literal(String::new()));
    parts
}
