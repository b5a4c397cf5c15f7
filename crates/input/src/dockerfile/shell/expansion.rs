//! Expansions: variables, substitutions, backticks.

use std::sync::Arc;

use super::super::joined::Joined;
use super::cursor::{Parser, Result};
use super::word_parser::{Builder, Segment};
use super::{FactKind, PartKind};

impl Parser<'_> {
    /// Reads what a dollar sign starts.
    pub(super) fn dollar(
        &mut self,
        builder: &mut Builder,
        quoted: bool,
        splits: bool,
    ) -> Result<()> {
        if self.pass_known(builder, quoted) {
            return Ok(());
        }
        let start = self.at;
        match self.peek_at(1) {
            Some(b'(') => {
                if self.peek_at(2) == Some(b'(')
                    && let Some(end) = self.arithmetic_end(start + 3)
                {
                    self.at = start + 3;
                    self.arithmetic(end)?;
                    self.at = end + 2;
                    builder.part(self, start..self.at, PartKind::Arithmetic, quoted);
                    return Ok(());
                }
                self.at += 2;
                let first = self.output.script.commands.len();
                self.substituted(start)?;
                self.note_substitution(start, first, splits);
                builder.part(self, start..self.at, PartKind::Substitution, quoted);
            }
            Some(b'{') => self.braces(builder, quoted, splits)?,
            Some(b'\'') if !quoted => self.ansi_c_quoted(builder)?,
            Some(b'"') if !quoted => {
                self.bashism(start..start + 2, "$\"...\" quotes");
                self.at += 1;
                self.double_quoted(builder)?;
            }
            Some(next) if next.is_ascii_alphabetic() || next == b'_' => {
                self.at += 1;
                let name = self.name();
                self.variable(builder, start, name, String::new(), quoted, splits);
            }
            Some(next) if next.is_ascii_digit() || b"@*#?-$!".contains(&next) => {
                self.at += 2;
                let name = self.slice(start + 1..self.at);
                self.variable(builder, start, name, String::new(), quoted, splits);
            }
            _ => {
                self.at += 1;
                builder.literal(self, start..self.at, "$", quoted);
            }
        }
        Ok(())
    }

    /// Reads commands up to the closing parenthesis; `start` is where the substitution starts.
    fn substituted(&mut self, start: usize) -> Result<()> {
        let mut inner = self.frame.clone();
        inner.in_substitution = true;
        inner.in_subshell = true;
        inner.in_condition = false;
        inner.pipeline = None;
        inner.around = Arc::default();
        let outer = std::mem::replace(&mut self.frame, inner);
        let errexit = self.errexit;
        self.enter()?;
        self.list(&[])?;
        self.leave();
        self.errexit = errexit;
        self.frame = outer;
        if !self.eat(")") {
            if self.peek().is_none() {
                return Err(self.error(start..start + 2, "a command substitution is not closed"));
            }
            return Err(self.unexpected());
        }
        Ok(())
    }

    fn note_substitution(&mut self, start: usize, first: usize, splits: bool) {
        if splits {
            let commands = self.output.script.commands.get(first..).unwrap_or_default();
            let command = commands
                .iter()
                .min_by_key(|command| command.span.start)
                .map_or_else(String::new, |command| command.name.clone());
            self.note(start..self.at, FactKind::UnquotedSubstitution { command });
        }
    }

    fn variable(
        &mut self,
        builder: &mut Builder,
        start: usize,
        name: &str,
        modifier: String,
        quoted: bool,
        splits: bool,
    ) {
        let operator = modifier.trim_start_matches(':').bytes().next();
        let has_default = operator.is_some_and(|byte| b"-+=?".contains(&byte))
            && modifier.len() - modifier.trim_start_matches(':').len() <= 1;
        self.referenced(name, start..self.at, has_default);
        let is_name = name
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        // `${x:+"$x"}` quotes inside where it matters.
        if splits && is_name && !(has_default && operator == Some(b'+')) {
            let fact = FactKind::UnquotedVariable {
                name: name.to_owned(),
            };
            self.note(start..self.at, fact);
        }
        if self.dialect == super::Dialect::Sh
            && let Some(feature) = super::bashism::of_variable(name)
        {
            self.bashism(start..self.at, feature);
        }
        let kind = PartKind::Variable {
            name: name.to_owned(),
            modifier,
        };
        builder.part(self, start..self.at, kind, quoted);
    }

    /// `${...}`.
    fn braces(&mut self, builder: &mut Builder, quoted: bool, splits: bool) -> Result<()> {
        let start = self.at;
        self.enter()?;
        self.at += 2;
        let is_length = self.peek() == Some(b'#')
            && !matches!(
                self.peek_at(1),
                Some(b'}' | b'#' | b'%' | b':' | b'-' | b'+')
            );
        if is_length {
            self.at += 1;
        }
        if self.peek() == Some(b'!') && self.peek_at(1) != Some(b'}') {
            self.at += 1;
            self.bashism(start..self.at, "${!name}");
        }
        let mut name = self.name();
        if name.is_empty() {
            let name_start = self.at;
            match self.peek() {
                Some(next) if next.is_ascii_digit() => {
                    self.plain(|byte| !byte.is_ascii_digit());
                }
                Some(next) if b"@*#?-$!".contains(&next) => self.at += 1,
                _ => {
                    return Err(self.error(start..self.at, "there is no variable name behind '${'"));
                }
            }
            name = self.slice(name_start..self.at);
        }
        if self.peek() == Some(b'[') {
            self.index(start)?;
        }
        let modifier_start = self.at;
        let is_pattern = matches!(self.peek(), Some(b'#' | b'%' | b'/'));
        self.braced_word(start, quoted && !is_pattern)?;
        let modifier = self.slice(modifier_start..self.at).to_owned();
        self.at += 1;
        self.leave();
        if let Some(feature) = super::bashism::of_modifier(&modifier) {
            self.bashism(start..self.at, feature);
        }
        if modifier.trim_start_matches(':').starts_with('=') {
            let span = self.span(start..self.at);
            self.assigned(name, span);
        }
        if is_length {
            self.referenced(name, start..self.at, false);
            let kind = PartKind::Variable {
                name: name.to_owned(),
                modifier: "#".to_owned(),
            };
            builder.part(self, start..self.at, kind, quoted);
        } else {
            self.variable(builder, start, name, modifier, quoted, splits);
        }
        Ok(())
    }

    /// `[...]` behind a name.
    pub(super) fn index(&mut self, start: usize) -> Result<()> {
        let mut ignored = Builder::default();
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error(start..self.at, "an index is not closed")),
                Some(b']') => break,
                Some(b'"') => self.double_quoted(&mut ignored)?,
                Some(b'\'') => self.single_quoted(&mut ignored)?,
                Some(b'$') => self.dollar(&mut ignored, true, false)?,
                Some(b'`') => self.backticks(&mut ignored, true, false)?,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        self.bashism(start..self.at, "arrays");
        Ok(())
    }

    /// Reads up to the closing brace, which is left unread.
    fn braced_word(&mut self, start: usize, in_double_quotes: bool) -> Result<()> {
        let mut ignored = Builder::default();
        loop {
            match self.peek() {
                None => return Err(self.error(start..start + 2, "'${' is not closed")),
                Some(b'}') => return Ok(()),
                Some(b'\\') => {
                    self.at += 1;
                    if self.peek().is_some() {
                        self.skip_char();
                    }
                }
                Some(b'\'') if !in_double_quotes => self.single_quoted(&mut ignored)?,
                Some(b'"') => self.double_quoted(&mut ignored)?,
                Some(b'$') => self.dollar(&mut ignored, true, false)?,
                Some(b'`') => self.backticks(&mut ignored, true, false)?,
                Some(_) => self.at += 1,
            }
        }
    }

    /// Reads a command substitution in backticks.
    pub(super) fn backticks(
        &mut self,
        builder: &mut Builder,
        quoted: bool,
        splits: bool,
    ) -> Result<()> {
        if self.pass_known(builder, quoted) {
            return Ok(());
        }
        let start = self.at;
        let mut inner = Joined::default();
        self.at += 1;
        let mut run = self.at;
        loop {
            match self.peek() {
                None => return Err(self.error(start..start + 1, "a backtick is not closed")),
                Some(b'`') => break,
                Some(b'\\') => {
                    let unescapes = match self.peek_at(1) {
                        Some(b'`' | b'\\' | b'$') => true,
                        Some(b'"') => quoted,
                        _ => false,
                    };
                    if unescapes {
                        inner.push_from(self.source, run..self.at);
                        run = self.at + 1;
                    }
                    self.at += 1;
                    if self.peek().is_some() {
                        self.skip_char();
                    }
                }
                Some(_) => self.at += 1,
            }
        }
        inner.push_from(self.source, run..self.at);
        self.at += 1;
        let first = self.output.script.commands.len();
        let mut parser = self.nested(&inner, &[])?;
        parser.frame.in_substitution = true;
        parser.frame.in_subshell = true;
        parser.frame.in_condition = false;
        parser.frame.pipeline = None;
        parser.frame.around = Arc::default();
        parser.program()?;
        self.note(start..self.at, FactKind::Backticks);
        self.note_substitution(start, first, splits);
        builder.part(self, start..self.at, PartKind::Substitution, quoted);
        Ok(())
    }

    pub(super) fn process_substitution(&mut self, builder: &mut Builder) -> Result<()> {
        if self.pass_known(builder, false) {
            return Ok(());
        }
        let start = self.at;
        self.at += 2;
        self.substituted(start)?;
        self.bashism(start..self.at, "process substitution");
        builder.part(self, start..self.at, PartKind::ProcessSubstitution, false);
        builder.segments.push(Segment::Other);
        Ok(())
    }
}
