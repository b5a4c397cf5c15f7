//! Simple commands: assignments, words, redirects, and what they run in turn.

use std::ops::Range;

use super::cursor::{Parser, Result};
use super::word_parser::PlacedWord;
use super::wrapper::{self, Inner};
use super::{Assignment, Command, FactKind, Part, PartKind, Redirect, ShellWord, bashism};

/// How many wrappers may stand before each other: `sudo env nice ...`.
const MAX_WRAPPERS: usize = 8;

/// Commands whose `name=value` arguments are assignments.
const DECLARATIONS: &[&str] = &["export", "readonly", "local", "declare", "typeset"];

/// A simple command while it is read.
#[derive(Debug, Default)]
struct Simple {
    assignments: Vec<Assignment>,
    words: Vec<PlacedWord>,
    redirects: Vec<Redirect>,
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
        let mut simple = Simple::default();
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
                        return self.function_body();
                    }
                    return Err(self.unexpected());
                }
                Some(_) => {}
            }
            if let Some(redirect) = self.redirect()? {
                simple.redirects.push(redirect);
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

    /// Reads the redirects behind a compound command.
    pub(super) fn redirects_behind(&mut self) -> Result<()> {
        loop {
            self.skip_blanks();
            if self.redirect()?.is_none() {
                return Ok(());
            }
        }
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

    /// Reads a redirect, if one stands here.
    fn redirect(&mut self) -> Result<Option<Redirect>> {
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
            let (delimiter, _) = self.unquoted(std::slice::from_ref(&target));
            let expands = !target.word.is_quoted();
            self.heredoc(delimiter.text(), expands, operator == "<<-")?
        } else {
            None
        };
        Ok(Some(Redirect {
            operator: operator.to_owned(),
            descriptor,
            body: body.map(|range| self.span(range)),
            span: self.span(start..target.range.end),
            target: target.word,
        }))
    }

    fn finish_simple(&mut self, simple: Simple, range: Range<usize>) {
        let Simple {
            assignments,
            words,
            redirects,
        } = simple;
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
        self.unwrap(&program, args);
    }

    /// Adds a command with what surrounds it.
    pub(super) fn push(&mut self, command: Command) {
        self.direct.push(self.output.script.commands.len());
        self.output.script.commands.push(Command {
            wrappers: self.frame.wrappers.clone(),
            in_substitution: self.frame.in_substitution,
            in_subshell: self.frame.in_subshell,
            in_condition: self.frame.in_condition,
            errexit: self.errexit,
            ..command
        });
    }

    /// Adds the commands that a command runs.
    fn unwrap(&mut self, program: &str, args: &[PlacedWord]) {
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
                    let (source, constant) = self.unquoted(args.get(from..to).unwrap_or_default());
                    let is_eval = dialect.is_none();
                    if let Ok(mut parser) = self.nested(&source) {
                        parser.dialect = dialect.unwrap_or(parser.dialect);
                        parser.notes &= constant && !is_eval;
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

    fn note_command(&mut self, name: &PlacedWord, args: &[PlacedWord]) {
        let value = name.word.value();
        if let Some(index) = args.iter().position(|arg| arg.word.value() == "--") {
            self.note_globs(value, args.get(..index).unwrap_or_default());
        } else {
            self.note_globs(value, args);
        }
        if matches!(value, "[" | "test")
            && value == "["
            && !args.iter().any(|arg| arg.word.value() == "]")
            && let Some(last) = args.last().filter(|arg| arg.word.value().ends_with(']'))
        {
            let end = last.range.end;
            self.note(end - 1..end, FactKind::MissingSpace { place: "before ]" });
        }
        for (range, feature) in bashism::of_command(value, args) {
            self.bashism(range.unwrap_or_else(|| name.range.clone()), feature);
        }
        self.note_assigning(value, args);
        match value {
            "set" => self.note_set(args),
            "shopt" if args.iter().any(|arg| arg.word.value() == "pipefail") => {
                self.output.script.pipefail = true;
            }
            _ => {}
        }
    }

    /// Remembers which variables a command writes.
    fn note_assigning(&mut self, name: &str, args: &[PlacedWord]) {
        let is_declaration = DECLARATIONS.contains(&name);
        let mut after_flag = "";
        for arg in args {
            let text = arg.word.text.clone();
            let before = std::mem::take(&mut after_flag);
            if text.starts_with('-') {
                after_flag = if text.ends_with('v') { "v" } else { "" };
                continue;
            }
            let variable = text.split(['=', '+']).next().unwrap_or("");
            let assigns = is_declaration && text.contains('=')
                || matches!(
                    name,
                    "read" | "mapfile" | "readarray" | "local" | "declare" | "typeset"
                )
                || name == "let"
                || name == "getopts" && !text.contains(':')
                || name == "printf" && before == "v";
            if assigns && !variable.is_empty() {
                let range = arg.range.start..arg.range.start + variable.len();
                let span = self.span(range);
                self.assigned(variable, span);
            }
            if is_declaration
                && text.contains('=')
                && arg
                    .word
                    .parts
                    .iter()
                    .any(|part| part.kind == PartKind::Substitution)
            {
                let declaration = name.to_owned();
                self.note(arg.range.clone(), FactKind::MaskedExitCode { declaration });
            }
        }
    }

    fn note_set(&mut self, args: &[PlacedWord]) {
        let values: Vec<&str> = args.iter().map(|arg| arg.word.value()).collect();
        for (index, value) in values.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| values.get(index));
            let on = before.is_some_and(|flag| flag.starts_with('-') && flag.ends_with('o'));
            match (value.strip_prefix('-'), value.strip_prefix('+')) {
                (Some(letters), _) if letters.contains('e') && !letters.starts_with('-') => {
                    self.errexit = true;
                }
                (_, Some(letters)) if letters.contains('e') => self.errexit = false,
                _ if *value == "errexit" => self.errexit = on,
                _ if *value == "pipefail" && on => self.output.script.pipefail = true,
                _ => {}
            }
        }
    }

    fn note_globs(&mut self, name: &str, args: &[PlacedWord]) {
        if matches!(name, "echo" | "printf" | "[" | "test") {
            return;
        }
        for arg in args {
            let starts_with_glob = arg.word.parts.first().is_some_and(|part| {
                !part.quoted
                    && matches!(&part.kind, PartKind::Literal(text) if text.starts_with(['*', '?']))
            });
            if starts_with_glob {
                self.note(arg.range.clone(), FactKind::DashProneGlob);
            }
        }
    }

    fn note_missing_space(&mut self, name: &PlacedWord) {
        let text = &name.word.text;
        let rest = text.trim_start_matches(['!', '{', '[']);
        let place = if text.starts_with("[[") {
            (!rest.is_empty() && !rest.starts_with(':')).then_some("after [[")
        } else if text.starts_with('[') {
            (text.len() > 1).then_some("after [")
        } else if text.starts_with('{') {
            let is_expansion = text.contains([',', '}']);
            (text.len() > 1 && !is_expansion).then_some("after {")
        } else if text.starts_with('!') {
            (text.len() > 1).then_some("after !")
        } else {
            [
                ("if[", "after if"),
                ("elif[", "after elif"),
                ("while[", "after while"),
                ("until[", "after until"),
            ]
            .iter()
            .find(|(start, _)| text.starts_with(start))
            .map(|&(_, place)| place)
        };
        if let Some(place) = place {
            self.note(name.range.clone(), FactKind::MissingSpace { place });
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
