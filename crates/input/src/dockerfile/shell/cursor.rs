//! The state of reading one script: where we are, and what surrounds it.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use ringwall_model::Span;

use super::super::joined::Joined;
use super::inner::Known;
use super::stdin::Stdin;
use super::{Dialect, FactKind, PipelinePlace, ShellFact, ShellScript, VariableUse};
use crate::Diagnostic;

pub(super) type Result<T> = std::result::Result<T, Diagnostic>;

/// How deep groups and substitutions may nest.
pub(super) const MAX_DEPTH: usize = 64;
/// How long a script may be.
pub(super) const MAX_LENGTH: usize = 1024 * 1024;

/// What surrounds a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Frame {
    pub(super) wrappers: Vec<String>,
    /// The place in the pipeline being read, outside its groups.
    pub(super) pipeline: Option<PipelinePlace>,
    /// The places in the pipelines around that one; none are around a substitution.
    pub(super) around: Arc<[PipelinePlace]>,
    pub(super) function: Option<String>,
    pub(super) in_substitution: bool,
    pub(super) in_subshell: bool,
    pub(super) in_condition: bool,
}

/// What all parsers of one script write into.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) script: ShellScript,
    pub(super) pipelines: usize,
}

/// Reads one text; substitutions in backticks and `sh -c` strings get a parser of their own.
pub(super) struct Parser<'a> {
    pub(super) source: &'a Joined,
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) output: &'a mut Output,
    pub(super) dialect: Dialect,
    pub(super) errexit: bool,
    pub(super) frame: Frame,
    /// Whether the text is only a part of what the script says.
    pub(super) is_nested: bool,
    /// Whether facts are noted; not in strings that are only partly known.
    pub(super) notes: bool,
    /// The commands of the pipeline being read, by their place in the output.
    pub(super) direct: Vec<usize>,
    /// A line break behind which heredoc bodies stand, and where they end.
    pub(super) heredoc_skip: Option<(usize, usize)>,
    /// The expansions in this text that the shell around it makes, in the order of the text.
    pub(super) known: &'a [Known],
    /// What the pipe before the commands being read gives them.
    pub(super) piped: Option<Rc<Stdin>>,
    /// What the command being taken apart has on its standard input.
    pub(super) stdin: Option<Rc<Stdin>>,
    /// What the last command writes into a pipe behind it.
    pub(super) handed_on: Option<Rc<Stdin>>,
}

impl<'a> Parser<'a> {
    pub(super) fn peek(&self) -> Option<u8> {
        self.peek_at(0)
    }

    pub(super) fn peek_at(&self, offset: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + offset).copied()
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    pub(super) fn starts_with(&self, text: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        rest.starts_with(text.as_bytes())
    }

    pub(super) fn eat(&mut self, text: &str) -> bool {
        let found = self.starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    /// Passes over one character of any length.
    pub(super) fn skip_char(&mut self) {
        self.at += self.rest().chars().next().map_or(1, char::len_utf8);
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'a str {
        self.text.get(range).unwrap_or("")
    }

    pub(super) fn span(&self, range: Range<usize>) -> Span {
        self.source.span(range)
    }

    /// Passes over blanks and line continuations, not over line breaks.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'\r') if matches!(self.peek_at(1), Some(b'\n') | None) => self.at += 1,
                Some(b'\\') if self.peek_at(1) == Some(b'\n') => self.at += 2,
                Some(b'\\') if self.starts_with("\\\r\n") => self.at += 3,
                _ => return,
            }
        }
    }

    /// Passes over blanks, comments and line breaks, and over heredoc bodies behind these.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b'#') => self.skip_comment(),
                Some(b'\n') => self.skip_line_break(),
                _ => return,
            }
        }
    }

    pub(super) fn skip_comment(&mut self) {
        let rest = self.rest().as_bytes();
        self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    }

    pub(super) fn skip_line_break(&mut self) {
        match self.heredoc_skip {
            Some((line_break, end)) if line_break <= self.at => {
                self.heredoc_skip = None;
                self.at = end.max(self.at + 1);
            }
            _ => self.at += 1,
        }
    }

    /// Counts one level of nesting in; pair it with [`Parser::leave`].
    pub(super) fn enter(&mut self) -> Result<()> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error_at("the script is nested too deep to be read"));
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn error(&self, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.span(range), message)
    }

    /// An error at the character that is read next.
    pub(super) fn error_at(&self, message: impl Into<String>) -> Diagnostic {
        let length = self.rest().chars().next().map_or(0, char::len_utf8);
        self.error(self.at..self.at + length, message)
    }

    /// An error that names what is read next.
    pub(super) fn unexpected(&self) -> Diagnostic {
        let rest = self.rest();
        let word = rest.split(char::is_whitespace).next().unwrap_or("");
        let operators = word.len() - word.trim_start_matches([';', '&', '|', '<', '>']).len();
        let length = match rest.chars().next() {
            None => return self.error_at("the shell script ends too early"),
            Some('\n') => return self.error_at("the shell does not expect a line break here"),
            Some(_) if operators > 0 => operators.min(3),
            Some('(' | ')') => 1,
            Some(_) => word
                .find([';', '&', '|', '<', '>', '(', ')'])
                .unwrap_or(word.len()),
        };
        let range = self.at..self.at + length;
        let found = self.slice(range.clone());
        self.error(range, format!("the shell does not expect '{found}' here"))
    }

    pub(super) fn note(&mut self, range: Range<usize>, kind: FactKind) {
        if self.notes {
            let span = self.span(range);
            self.note_span(span, kind);
        }
    }

    pub(super) fn note_span(&mut self, span: Span, kind: FactKind) {
        if self.notes {
            self.output.script.facts.push(ShellFact {
                span,
                kind,
                is_plain: !self.is_nested,
            });
        }
    }

    /// Notes a feature of bash where only `sh` may be relied on.
    pub(super) fn bashism(&mut self, range: Range<usize>, feature: &'static str) {
        if self.dialect == Dialect::Sh {
            self.note(range, FactKind::Bashism { feature });
        }
    }

    pub(super) fn assigned(&mut self, name: &str, span: Span) {
        self.output.script.assigned.push(VariableUse {
            name: name.to_owned(),
            span,
            has_default: false,
        });
    }

    pub(super) fn referenced(&mut self, name: &str, range: Range<usize>, has_default: bool) {
        if name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') {
            let span = self.span(range);
            self.output.script.references.push(VariableUse {
                name: name.to_owned(),
                span,
                has_default,
            });
        }
    }

    /// A parser for a text in place of a part of this one: backticks, `sh -c` strings, heredocs.
    pub(super) fn nested<'p>(
        &'p mut self,
        source: &'p Joined,
        known: &'p [Known],
    ) -> Result<Parser<'p>> {
        if self.depth >= MAX_DEPTH {
            return Err(self.error_at("the script is nested too deep to be read"));
        }
        Ok(Parser {
            source,
            text: source.text(),
            at: 0,
            depth: self.depth + 1,
            output: self.output,
            dialect: self.dialect,
            errexit: self.errexit,
            frame: self.frame.clone(),
            is_nested: true,
            notes: self.notes,
            direct: Vec::new(),
            heredoc_skip: None,
            known,
            piped: None,
            stdin: None,
            handed_on: None,
        })
    }
}
