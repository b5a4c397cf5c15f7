//! Simple commands: assignments, words, redirects, and what they run in turn.

use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use super::command_facts::DECLARATIONS;
use super::cursor::{Parser, Result};
use super::stdin::{self, Feed, Stdin};
use super::word_parser::PlacedWord;
use super::{Assignment, Command, Redirect, RedirectedGroup, ShellWord};

/// A simple command while it is read.
#[derive(Debug, Default)]
struct Simple {
    assignments: Vec<Assignment>,
    words: Vec<PlacedWord>,
    redirects: Vec<Redirect>,
    stdin: Option<Rc<Stdin>>,
}

impl Simple {
    fn declares(&self) -> bool {
        self.words
            .first()
            .is_some_and(|name| DECLARATIONS.contains(&name.word.value()))
    }
}

impl Parser<'_> {
    /// Reads a simple command or a function definition.
    pub(super) fn simple(&mut self) -> Result<()> {
        let start = self.at;
        let mut simple = Simple {
            stdin: self.piped.clone(),
            ..Simple::default()
        };
        let mut end = start;
        loop {
            self.skip_blanks();
            match self.peek() {
                None | Some(b'\n' | b';' | b')' | b'|' | b'#') => break,
                Some(b'&') if self.peek_at(1) != Some(b'>') => break,
                Some(b'(') => {
                    if let ([name], [], []) = (
                        simple.words.as_slice(),
                        simple.assignments.as_slice(),
                        simple.redirects.as_slice(),
                    ) && !name.word.is_quoted()
                        && self
                            .slice(self.at + 1..self.text.len())
                            .trim_start()
                            .starts_with(')')
                    {
                        self.at += 1;
                        self.skip_blanks();
                        self.at += 1;
                        return self.function_body(name.word.value().to_owned());
                    }
                    return Err(self.unexpected());
                }
                Some(_) => {}
            }
            if let Some((redirect, stdin)) = self.redirect()? {
                simple.redirects.push(redirect);
                if let Feed::Given(stdin) = stdin {
                    simple.stdin = stdin;
                }
            } else if let Some(assignment) = self.assignment(&simple)? {
                simple.assignments.push(assignment);
            } else {
                let is_name = simple.words.is_empty();
                let word = self.argument(&simple)?;
                if is_name {
                    self.note_missing_space(&word);
                }
                simple.words.push(word);
            }
            end = self.at;
        }
        if end == start {
            return Err(self.unexpected());
        }
        self.finish_simple(simple, start..end);
        Ok(())
    }

    /// Reads the redirects behind a compound command that starts at `start`.
    pub(super) fn redirects_behind(&mut self, start: usize) -> Result<()> {
        let span = self.span(start..self.text_end(start));
        let mut redirects = Vec::new();
        loop {
            self.skip_blanks();
            let Some((redirect, _)) = self.redirect()? else {
                break;
            };
            redirects.push(redirect);
        }
        if !redirects.is_empty() {
            let groups = &mut self.output.script.groups;
            groups.push(RedirectedGroup { span, redirects });
        }
        Ok(())
    }

    /// Understands the words of an exec form.
    pub(super) fn exec(&mut self, words: Vec<PlacedWord>) {
        if words.is_empty() {
            return;
        }
        let range = 0..self.text.len();
        self.notes = false;
        let simple = Simple {
            words,
            ..Simple::default()
        };
        self.finish_simple(simple, range);
        for command in &mut self.output.script.commands {
            command.pipeline.len = command.pipeline.len.max(1);
        }
    }

    fn argument(&mut self, simple: &Simple) -> Result<PlacedWord> {
        let start = self.at;
        let declares = simple.declares();
        if declares && !self.name().is_empty() {
            if self.peek() == Some(b'=') && self.peek_at(1) == Some(b'(') {
                self.at += 1;
                self.array(start)?;
                return Ok(PlacedWord {
                    word: ShellWord {
                        span: self.span(start..self.at),
                        text: self.slice(start..self.at).to_owned(),
                        literal: None,
                        parts: Vec::new(),
                    },
                    range: start..self.at,
                    ranges: Vec::new(),
                });
            }
            let is_assignment = self.peek() == Some(b'=');
            self.at = start;
            return self.word(!is_assignment);
        }
        self.at = start;
        let word = self.word(true)?;
        self.note_braces(&word);
        Ok(word)
    }

    /// `NAME=value` before the name of a command.
    fn assignment(&mut self, simple: &Simple) -> Result<Option<Assignment>> {
        if !simple.words.is_empty() {
            return Ok(None);
        }
        let start = self.at;
        let name = self.name();
        if name.is_empty() {
            return Ok(None);
        }
        let name_end = self.at;
        if self.is_index_assignment() {
            self.index(start)?;
        }
        let append = self.starts_with("+=");
        if !append && self.peek() != Some(b'=') {
            self.at = start;
            return Ok(None);
        }
        self.at += if append { 2 } else { 1 };
        if append {
            self.bashism(start..self.at, "+=");
        }
        let value = if self.peek() == Some(b'(') {
            self.array(start)?;
            None
        } else {
            Some(self.value()?)
        };
        let span = self.span(start..name_end);
        self.assigned(name, span);
        Ok(Some(Assignment {
            name: name.to_owned(),
            value,
            append,
            span: self.span(start..self.at),
        }))
    }

    /// Whether `[...]=` or `[...]+=` stands here.
    fn is_index_assignment(&self) -> bool {
        const MAX_INDEX: usize = 256;
        let bytes = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let Some(end) = bytes.iter().take(MAX_INDEX).position(|&byte| byte == b']') else {
            return false;
        };
        let after = bytes.get(end + 1..).unwrap_or_default();
        let is_plain = bytes.iter().take(end).all(|byte| !b" \t\n;".contains(byte));
        bytes.first() == Some(&b'[')
            && is_plain
            && (after.starts_with(b"=") || after.starts_with(b"+="))
    }

    /// The value of an assignment, which may be empty.
    fn value(&mut self) -> Result<ShellWord> {
        match self.peek() {
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b')' | b'<' | b'>') => {
                Ok(ShellWord {
                    span: self.span(self.at..self.at),
                    literal: Some(String::new()),
                    ..ShellWord::default()
                })
            }
            _ => Ok(self.word(false)?.word),
        }
    }

    /// `(a b c)` behind `name=`.
    fn array(&mut self, start: usize) -> Result<()> {
        self.at += 1;
        loop {
            self.skip_lines();
            match self.peek() {
                None => return Err(self.error(start..self.at, "an array is not closed")),
                Some(b')') => break,
                Some(b'[') if self.is_index_assignment() => {
                    self.index(start)?;
                    if self.eat("=") {
                        self.value()?;
                    }
                }
                Some(_) => {
                    self.word(true)?;
                }
            }
        }
        self.at += 1;
        self.bashism(start..self.at, "arrays");
        Ok(())
    }

    /// Reads a redirect, if one stands here, and what it puts on standard input, if it does.
    fn redirect(&mut self) -> Result<Option<(Redirect, Feed)>> {
        const OPERATORS: &[&str] = &[
            "&>>", "&>", "<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">",
        ];
        let start = self.at;
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        self.at += digits;
        let found = OPERATORS
            .iter()
            .find(|operator| self.starts_with(operator))
            .filter(|operator| !(operator.len() == 1 && self.peek_at(1) == Some(b'(')))
            .filter(|operator| digits == 0 || !operator.starts_with('&'));
        let Some(&operator) = found else {
            self.at = start;
            return Ok(None);
        };
        let descriptor = self.slice(start..self.at).parse().ok();
        self.at += operator.len();
        let operator_end = self.at;
        self.skip_blanks();
        let target = self.word(false)?;
        match operator {
            "&>" | "&>>" => self.bashism(start..operator_end, "&>"),
            "<<<" => self.bashism(start..operator_end, "<<<"),
            ">&" if !target
                .word
                .value()
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'-')
                && target.word.literal.is_some() =>
            {
                self.bashism(start..self.at, ">& with a file");
            }
            _ => {}
        }
        let body = if matches!(operator, "<<" | "<<-") {
            let delimiter = self.unquoted(std::slice::from_ref(&target)).text;
            let expands = !target.word.is_quoted();
            self.heredoc(delimiter.text(), expands, operator == "<<-")?
        } else {
            None
        };
        let redirect = Redirect {
            operator: operator.to_owned(),
            descriptor,
            body: body.as_ref().map(|heredoc| self.span(heredoc.body.clone())),
            span: self.span(start..target.range.end),
            target: target.word.clone(),
        };
        let stdin = Self::redirected(&redirect, &target, body);
        Ok(Some((redirect, stdin)))
    }

    fn finish_simple(&mut self, simple: Simple, range: Range<usize>) {
        let Simple {
            assignments,
            words,
            redirects,
            stdin,
        } = simple;
        self.handed_on = None;
        let Some((name, args)) = words.split_first() else {
            let command = Command {
                assignments,
                redirects,
                span: self.span(range),
                ..Command::default()
            };
            self.push(command);
            return;
        };
        self.note_command(name, args);
        let command = Command {
            name: name.word.value().to_owned(),
            word: Some(name.word.clone()),
            args: args.iter().map(|arg| arg.word.clone()).collect(),
            assignments,
            redirects,
            span: self.span(range),
            ..Command::default()
        };
        let program = command.program().to_owned();
        self.push(command);
        self.handed_on = stdin::handed_on(&program, args, stdin.as_ref());
        let outer = std::mem::replace(&mut self.stdin, stdin);
        self.unwrap(&program, args);
        self.stdin = outer;
    }

    /// Adds a command with what surrounds it.
    pub(super) fn push(&mut self, command: Command) {
        self.direct.push(self.output.script.commands.len());
        self.output.script.commands.push(Command {
            wrappers: self.frame.wrappers.clone(),
            around: Arc::clone(&self.frame.around),
            function: self.frame.function.clone(),
            in_substitution: self.frame.in_substitution,
            in_subshell: self.frame.in_subshell,
            in_condition: self.frame.in_condition,
            errexit: self.errexit,
            ..command
        });
    }
}
