//! Words: quotes, escapes, expansions.

use std::ops::Range;

use super::super::joined::Joined;
use super::cursor::{Parser, Result};
use super::{FactKind, Part, PartKind, ShellWord};

/// A word while it is read.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) parts: Vec<Part>,
    /// Where each part stands in the text being read.
    pub(super) ranges: Vec<Range<usize>>,
    segments: Vec<Segment>,
}

/// A stretch of a word with one kind of quotes, or without.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Double,
    Single,
    Bare(Range<usize>),
    Other,
}

impl Builder {
    fn literal(&mut self, parser: &Parser<'_>, range: Range<usize>, text: &str, quoted: bool) {
        if let (Some(last), Some(before)) = (self.parts.last_mut(), self.ranges.last_mut())
            && last.quoted == quoted
            && before.end == range.start
            && let PartKind::Literal(value) = &mut last.kind
        {
            value.push_str(text);
            before.end = range.end;
            last.span = parser.span(before.clone());
            return;
        }
        let kind = PartKind::Literal(text.to_owned());
        self.part(parser, range, kind, quoted);
    }

    fn part(&mut self, parser: &Parser<'_>, range: Range<usize>, kind: PartKind, quoted: bool) {
        self.parts.push(Part {
            span: parser.span(range.clone()),
            kind,
            quoted,
        });
        self.ranges.push(range);
    }

    fn bare(&mut self, range: Range<usize>) {
        match self.segments.last_mut() {
            Some(Segment::Bare(before)) if before.end == range.start => before.end = range.end,
            _ => self.segments.push(Segment::Bare(range)),
        }
    }
}

/// A word and where its parts stand in the text it was read from.
#[derive(Clone, Debug, Default)]
pub(super) struct PlacedWord {
    pub(super) word: ShellWord,
    pub(super) range: Range<usize>,
    pub(super) ranges: Vec<Range<usize>>,
}

/// Bytes that end a run of plain text.
fn is_special(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b'\t'
            | b'\n'
            | b'\r'
            | b';'
            | b'&'
            | b'|'
            | b'<'
            | b'>'
            | b'('
            | b')'
            | b'\\'
            | b'\''
            | b'"'
            | b'`'
            | b'$'
    )
}

impl<'a> Parser<'a> {
    /// Reads a word; `splits` says whether the shell splits what expansions in it give.
    pub(super) fn word(&mut self, splits: bool) -> Result<PlacedWord> {
        let start = self.at;
        let mut builder = Builder::default();
        while let Some(next) = self.peek() {
            let at = self.at;
            match next {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'\r' if matches!(self.peek_at(1), Some(b'\n') | None) => break,
                b'<' | b'>' => {
                    if self.peek_at(1) != Some(b'(') {
                        break;
                    }
                    self.process_substitution(&mut builder)?;
                }
                b'(' => {
                    let before = self.text.as_bytes().get(at.wrapping_sub(1));
                    let is_glob = at > start && before.is_some_and(|byte| b"?*+@!".contains(byte));
                    if !is_glob {
                        break;
                    }
                    self.extended_glob(&mut builder)?;
                }
                b'\\' => self.escape(&mut builder),
                b'\'' => {
                    self.single_quoted(&mut builder)?;
                    builder.segments.push(Segment::Single);
                }
                b'"' => {
                    self.double_quoted(&mut builder)?;
                    builder.segments.push(Segment::Double);
                }
                b'`' => {
                    self.backticks(&mut builder, false, splits)?;
                    builder.segments.push(Segment::Other);
                }
                b'$' => {
                    self.dollar(&mut builder, false, splits)?;
                    builder.segments.push(Segment::Other);
                }
                _ => {
                    self.plain(is_special);
                    let range = at..self.at;
                    builder.literal(self, range.clone(), self.slice(range.clone()), false);
                    builder.bare(range);
                }
            }
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(self.finish(start, builder))
    }

    /// Passes over at least one byte, and up to one that `ends` the run.
    fn plain(&mut self, ends: fn(u8) -> bool) {
        let rest = self.text.as_bytes().get(self.at + 1..).unwrap_or_default();
        let length = rest.iter().position(|&byte| ends(byte));
        self.at += 1 + length.unwrap_or(rest.len());
    }

    fn finish(&mut self, start: usize, builder: Builder) -> PlacedWord {
        let range = start..self.at;
        self.note_quotes(&builder.segments);
        let literal: Option<String> = builder
            .parts
            .iter()
            .map(|part| match &part.kind {
                PartKind::Literal(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        PlacedWord {
            word: ShellWord {
                span: self.span(range.clone()),
                text: self.slice(range.clone()).to_owned(),
                literal,
                parts: builder.parts,
            },
            range,
            ranges: builder.ranges,
        }
    }

    fn note_quotes(&mut self, segments: &[Segment]) {
        for three in segments.windows(3) {
            let [before, Segment::Bare(range), after] = three else {
                continue;
            };
            let text = self.slice(range.clone());
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            match (before, after) {
                (Segment::Double, Segment::Double) if !["=", ":", "/"].contains(&text) => {
                    self.note(range.clone(), FactKind::MixedQuotes);
                }
                (Segment::Single, Segment::Single) if text.bytes().all(plain) => {
                    self.note(range.clone(), FactKind::UnquotedWord);
                }
                _ => {}
            }
        }
    }

    fn escape(&mut self, builder: &mut Builder) {
        let start = self.at;
        self.at += 1;
        if self.eat("\n") || self.eat("\r\n") {
            return;
        }
        let text_start = self.at;
        if self.peek().is_some() {
            self.skip_char();
        }
        // A backslash at the very end stands for itself.
        let text = match self.slice(text_start..self.at) {
            "" => "\\",
            text => text,
        };
        builder.literal(self, start..self.at, text, true);
        builder.bare(start..self.at);
    }

    fn single_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 1;
        let Some(length) = memchr::memchr(b'\'', self.rest().as_bytes()) else {
            return Err(self.error(start..start + 1, "a single quote is not closed"));
        };
        let range = self.at..self.at + length;
        self.at = range.end + 1;
        let text = self.slice(range.clone());
        builder.literal(self, range, text, true);
        Ok(())
    }

    /// Reads from one double quote to the other.
    pub(super) fn double_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 1;
        let mut is_empty = true;
        loop {
            let at = self.at;
            match self.peek() {
                None => {
                    return Err(self.error(start..start + 1, "a double quote is not closed"));
                }
                Some(b'"') => {
                    if is_empty {
                        builder.literal(self, at..at, "", true);
                    }
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => match self.peek_at(1) {
                    Some(b'$' | b'`' | b'"' | b'\\') => {
                        self.at += 2;
                        builder.literal(self, at..at + 2, self.slice(at + 1..at + 2), true);
                    }
                    Some(b'\n') => self.at += 2,
                    _ => {
                        self.at += 1;
                        builder.literal(self, at..at + 1, "\\", true);
                    }
                },
                Some(b'$') => self.dollar(builder, true, false)?,
                Some(b'`') => self.backticks(builder, true, false)?,
                Some(_) => {
                    self.plain(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'`'));
                    builder.literal(self, at..self.at, self.slice(at..self.at), true);
                }
            }
            is_empty = false;
        }
    }

    /// `$'...'`.
    fn ansi_c_quoted(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 2;
        loop {
            match self.peek() {
                None => {
                    return Err(self.error(start..start + 2, "a single quote is not closed"));
                }
                Some(b'\'') => break,
                Some(b'\\') => {
                    self.at += 1;
                    self.skip_char();
                }
                Some(_) => self.at += 1,
            }
        }
        let range = start + 2..self.at;
        self.at += 1;
        self.bashism(start..self.at, "$'...' quotes");
        let text = self.slice(range.clone());
        builder.literal(self, range, text, true);
        Ok(())
    }

    /// Reads what a dollar sign starts.
    pub(super) fn dollar(
        &mut self,
        builder: &mut Builder,
        quoted: bool,
        splits: bool,
    ) -> Result<()> {
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

    /// Passes over a variable name, if one stands here.
    pub(super) fn name(&mut self) -> &'a str {
        let start = self.at;
        if self
            .peek()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        {
            self.plain(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
        }
        self.slice(start..self.at)
    }

    /// Reads a command substitution in backticks.
    pub(super) fn backticks(
        &mut self,
        builder: &mut Builder,
        quoted: bool,
        splits: bool,
    ) -> Result<()> {
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
        let mut parser = self.nested(&inner)?;
        parser.frame.in_substitution = true;
        parser.frame.in_subshell = true;
        parser.frame.in_condition = false;
        parser.program()?;
        self.note(start..self.at, FactKind::Backticks);
        self.note_substitution(start, first, splits);
        builder.part(self, start..self.at, PartKind::Substitution, quoted);
        Ok(())
    }

    fn process_substitution(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        self.at += 2;
        self.substituted(start)?;
        self.bashism(start..self.at, "process substitution");
        builder.part(self, start..self.at, PartKind::ProcessSubstitution, false);
        builder.segments.push(Segment::Other);
        Ok(())
    }

    /// `(a|b)` behind one of `?*+@!`.
    fn extended_glob(&mut self, builder: &mut Builder) -> Result<()> {
        let start = self.at;
        let mut ignored = Builder::default();
        let mut open = 0_usize;
        loop {
            match self.peek() {
                None | Some(b'\n') => {
                    return Err(self.error(start..start + 1, "a parenthesis is not closed"));
                }
                Some(b'(') => {
                    open += 1;
                    self.at += 1;
                }
                Some(b')') => {
                    open -= 1;
                    self.at += 1;
                    if open == 0 {
                        break;
                    }
                }
                Some(b'\\') => {
                    self.at += 1;
                    self.skip_char();
                }
                Some(b'\'') => self.single_quoted(&mut ignored)?,
                Some(b'"') => self.double_quoted(&mut ignored)?,
                Some(b'$') => self.dollar(&mut ignored, true, false)?,
                Some(b'`') => self.backticks(&mut ignored, true, false)?,
                Some(_) => self.at += 1,
            }
        }
        self.bashism(start - 1..self.at, "extended globs");
        let range = start..self.at;
        builder.literal(self, range.clone(), self.slice(range), false);
        Ok(())
    }

    /// Where the `))` that closes an arithmetic expression stands, if it is one.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let mut open = 0_usize;
        let mut bytes = self.text.as_bytes().get(from..)?.iter().enumerate();
        while let Some((offset, &byte)) = bytes.next() {
            match byte {
                b'\\' => {
                    bytes.next();
                }
                b'\'' | b'"' => {
                    bytes.find(|&(_, &other)| other == byte)?;
                }
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => {
                    let end = from + offset;
                    return (self.text.as_bytes().get(end + 1) == Some(&b')')).then_some(end);
                }
                _ => {}
            }
        }
        None
    }

    /// Reads the expansions and assignments in an arithmetic expression up to `end`.
    pub(super) fn arithmetic(&mut self, end: usize) -> Result<()> {
        let mut ignored = Builder::default();
        self.enter()?;
        while self.at < end {
            match self.peek() {
                Some(b'$') => self.dollar(&mut ignored, true, false)?,
                Some(b'`') => self.backticks(&mut ignored, true, false)?,
                Some(next) if next.is_ascii_alphabetic() || next == b'_' => {
                    let start = self.at;
                    let name = self.name().to_owned();
                    let range = start..self.at;
                    let rest = self.rest().trim_start();
                    let is_assigned = rest.starts_with('=') && !rest.starts_with("==")
                        || ["++", "--", "+=", "-=", "*=", "/="]
                            .iter()
                            .any(|operator| rest.starts_with(operator));
                    if is_assigned {
                        let span = self.span(range);
                        self.assigned(&name, span);
                    }
                }
                Some(_) => self.skip_char(),
                None => break,
            }
        }
        self.leave();
        Ok(())
    }

    /// Notes braces in a word that the shell expands in bash, or takes as text.
    pub(super) fn note_braces(&mut self, placed: &PlacedWord) {
        const MAX_LENGTH: usize = 4096;
        let text = self.slice(placed.range.clone());
        if !text.contains(['{', '}']) || text.len() > MAX_LENGTH {
            return;
        }
        // What is quoted or expanded counts as one plain byte each, so that only bare braces are seen.
        let mut bare = vec![b'x'; text.len()];
        for (part, range) in placed.word.parts.iter().zip(&placed.ranges) {
            if matches!(part.kind, PartKind::Literal(_)) && !part.quoted {
                let from = range.start - placed.range.start;
                let bytes = self.slice(range.clone()).bytes();
                for (slot, byte) in bare.iter_mut().skip(from).zip(bytes) {
                    *slot = byte;
                }
            }
        }
        let byte = |at: usize| bare.get(at).copied();
        let mut at = 0;
        let mut found = Vec::new();
        while let Some(next) = byte(at) {
            let after = at.checked_sub(1).and_then(byte);
            if next == b'{' && byte(at + 1) == Some(b'}') {
                at += 1;
            } else if next == b'{' && matches!(after, Some(b'@' | b'^')) {
                at += bare.iter().skip(at).take_while(|&&b| b != b'}').count();
            } else if next == b'{'
                && let Some(end) = brace_expansion_end(&bare, at)
            {
                found.push((at..end, true));
                at = end - 1;
            } else if matches!(next, b'{' | b'}') {
                found.push((at..at + 1, false));
            }
            at += 1;
        }
        for (range, expands) in found {
            let range = range.start + placed.range.start..range.end + placed.range.start;
            if expands {
                self.bashism(range, "brace expansion");
            } else {
                self.note(range, FactKind::LiteralBrace);
            }
        }
    }
}

/// One past the closing brace of `{a,b}` or `{1..3}`.
fn brace_expansion_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut open = 0_usize;
    let mut expands = false;
    let mut before = 0;
    for (at, &byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open -= 1;
                if open == 0 {
                    return expands.then_some(at + 1);
                }
            }
            b',' if open == 1 => expands = true,
            b'.' if open == 1 && before == b'.' => expands = true,
            _ => {}
        }
        before = byte;
    }
    None
}
