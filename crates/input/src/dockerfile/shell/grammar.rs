//! Lists, pipelines and compound commands.

use std::sync::Arc;

use ringwall_model::Span;

use super::super::Word;
use super::super::joined::Joined;
use super::cursor::{Frame, MAX_LENGTH, Output, Parser, Result};
use super::index::Index;
use super::word_parser::PlacedWord;
use super::{Connection, Dialect, FactKind, PipelinePlace, Script, Shell, ShellScript, ShellWord};
use crate::Diagnostic;

/// Reads a script as `shell` would; `span` is where it stands.
pub(in crate::dockerfile) fn parse_script(
    source: &Joined,
    shell: &Shell,
    span: Span,
) -> Result<ShellScript> {
    if source.text().len() > MAX_LENGTH {
        return Err(Diagnostic::new(
            span,
            "the script is longer than 1 MiB and is not read",
        ));
    }
    let mut output = Output::default();
    output.script.dialect = shell.dialect;
    output.script.span = span;
    output.script.pipefail = shell.has_pipefail();
    let dialect = shell.dialect.unwrap_or(Dialect::Sh);
    parser(source, dialect, shell.has_errexit(), &mut output).program()?;
    Ok(ordered(output))
}

/// Understands the words of an exec form.
pub(in crate::dockerfile) fn parse_exec(words: &[Word], span: Span) -> Script {
    let mut source = Joined::default();
    let mut placed = Vec::new();
    for word in words {
        // Escapes of JSON move the places inside a string a little; its start is exact.
        let start = source.text().len();
        source.push(word.span.range().start + 1, &word.value);
        let range = start..source.text().len();
        placed.push(PlacedWord {
            word: ShellWord {
                span: word.span,
                text: word.value.clone(),
                literal: Some(word.value.clone()),
                parts: vec![super::Part {
                    span: word.span,
                    kind: super::PartKind::Literal(word.value.clone()),
                    quoted: true,
                }],
            },
            range: range.clone(),
            ranges: vec![range],
        });
    }
    let mut output = Output::default();
    output.script.span = span;
    if source.text().len() <= MAX_LENGTH {
        let mut parser = parser(&source, Dialect::Sh, false, &mut output);
        parser.exec(placed);
    }
    Script::Posix(Box::new(ordered(output)))
}

fn parser<'a>(
    source: &'a Joined,
    dialect: Dialect,
    errexit: bool,
    output: &'a mut Output,
) -> Parser<'a> {
    Parser {
        source,
        text: source.text(),
        at: 0,
        depth: 0,
        output,
        dialect,
        errexit,
        frame: Frame::default(),
        is_nested: false,
        notes: true,
        direct: Vec::new(),
        heredoc_skip: None,
        known: &[],
        piped: None,
        stdin: None,
        handed_on: None,
    }
}

/// Brings everything into the order of the text.
fn ordered(output: Output) -> ShellScript {
    let mut script = output.script;
    script.commands.sort_by_key(|command| command.span.start);
    script.facts.sort_by_key(|fact| fact.span);
    script.references.sort_by_key(|variable| variable.span);
    script.assigned.sort_by_key(|variable| variable.span);
    script.index = Index::of(&script);
    script
}

/// A pipeline of a list, as far as its neighbours care.
struct Listed {
    commands: Vec<usize>,
    span: std::ops::Range<usize>,
    negated: bool,
    cannot_fail: bool,
}

/// Words that cannot start a command.
const CLOSING: &[&str] = &["then", "elif", "else", "fi", "do", "done", "esac", "}"];

impl Parser<'_> {
    /// Reads everything.
    pub(super) fn program(&mut self) -> Result<()> {
        self.list(&[])?;
        if self.peek().is_some() {
            return Err(self.unexpected());
        }
        Ok(())
    }

    /// The unquoted word at this place, if it is one that may be reserved.
    pub(super) fn reserved(&self) -> &str {
        let rest = self.rest();
        let end = rest
            .bytes()
            .position(|byte| {
                !(byte.is_ascii_lowercase() || matches!(byte, b'{' | b'}' | b'!' | b'[' | b']'))
            })
            .unwrap_or(rest.len());
        let after = rest.as_bytes().get(end);
        let ends = after.is_none_or(|byte| {
            matches!(
                byte,
                b' ' | b'\t' | b'\n' | b'\r' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>'
            )
        });
        if ends {
            rest.get(..end).unwrap_or("")
        } else {
            ""
        }
    }

    pub(super) fn eat_reserved(&mut self, word: &str) -> bool {
        let found = self.reserved() == word;
        if found {
            self.at += word.len();
        }
        found
    }

    pub(super) fn expect_reserved(&mut self, word: &str, opened: (usize, &str)) -> Result<()> {
        if self.eat_reserved(word) {
            return Ok(());
        }
        let (start, keyword) = opened;
        if self.peek().is_none() {
            return Err(self.error(
                start..start + keyword.len(),
                format!("'{keyword}' has no '{word}'"),
            ));
        }
        Err(self.unexpected())
    }

    /// Reads commands up to a closing parenthesis, `;;`, the end, or one of the words in `ends`.
    ///
    /// Gives how many there were. What ends the list is left unread.
    pub(super) fn list(&mut self, ends: &[&str]) -> Result<usize> {
        let outside = self.frame.pipeline.take();
        let around = Arc::clone(&self.frame.around);
        if let Some(place) = outside {
            self.frame.around = around.iter().copied().chain([place]).collect();
        }
        let count = self.listed(ends)?;
        self.frame.around = around;
        self.frame.pipeline = outside;
        Ok(count)
    }

    fn listed(&mut self, ends: &[&str]) -> Result<usize> {
        let mut count = 0;
        let mut negated_before: Option<std::ops::Range<usize>> = None;
        loop {
            self.skip_lines();
            if self.peek().is_none() || self.peek() == Some(b')') || self.starts_with(";;") {
                return Ok(count);
            }
            let word = self.reserved();
            if ends.contains(&word) {
                return Ok(count);
            }
            if CLOSING.contains(&word) {
                return Err(self.unexpected());
            }
            if let Some(range) = negated_before.take() {
                self.note(range, FactKind::NegatedPipeline);
            }
            negated_before = self.and_or()?;
            count += 1;
            self.skip_blanks();
            match self.peek() {
                None | Some(b')' | b'\n' | b'#') => {}
                // Behind a compound command no separator is needed: `if (a) then`.
                Some(_) if ends.contains(&self.reserved()) => {}
                Some(b';') if self.starts_with(";;") || self.starts_with(";&") => {
                    return Ok(count);
                }
                Some(b';') => self.at += 1,
                Some(b'&') if self.peek_at(1) != Some(b'&') => self.at += 1,
                _ => return Err(self.unexpected()),
            }
        }
    }

    /// Reads pipelines joined by `&&` and `||`; gives the place of a negated one that `set -e` passes over.
    fn and_or(&mut self) -> Result<Option<std::ops::Range<usize>>> {
        let start = self.at;
        let mut items = vec![self.pipeline()?];
        let mut operators = Vec::new();
        loop {
            self.skip_blanks();
            if self.eat("&&") {
                operators.push(Connection::And);
            } else if self.eat("||") {
                operators.push(Connection::Or);
            } else {
                break;
            }
            self.skip_lines();
            if self.peek().is_none() || CLOSING.contains(&self.reserved()) {
                return Err(self.unexpected());
            }
            items.push(self.pipeline()?);
        }
        let in_background = self.peek() == Some(b'&') && self.peek_at(1) != Some(b'&');
        let after = if in_background {
            Connection::Background
        } else {
            Connection::Sequence
        };
        for (index, item) in items.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| operators.get(index));
            let next = operators.get(index).copied().unwrap_or(after);
            self.connect(item, before.copied().unwrap_or_default(), next);
        }
        self.note_and_or(start, &items, &operators);
        match items.as_slice() {
            [only] if only.negated && self.errexit && !self.frame.in_condition => {
                Ok(Some(only.span.clone()))
            }
            _ => Ok(None),
        }
    }

    fn connect(&mut self, item: &Listed, before: Connection, next: Connection) {
        for &index in &item.commands {
            if let Some(command) = self.output.script.commands.get_mut(index) {
                command.connection = before;
                command.next = next;
            }
        }
        let guarded = matches!(next, Connection::And | Connection::Or) || self.frame.in_condition;
        if let [index] = item.commands.as_slice()
            && !guarded
            && !item.negated
            && let Some(command) = self.output.script.commands.get(*index)
            && command.is_any(&["cd", "pushd", "popd"])
            && !command.errexit
            && command.pipeline.len == 1
            && !command.args.is_empty()
            && !command
                .args
                .iter()
                .all(|arg| is_sure_directory(arg.value()))
        {
            let span = command.span;
            self.note_span(span, FactKind::UncheckedCd);
        }
    }

    fn note_and_or(&mut self, start: usize, items: &[Listed], operators: &[Connection]) {
        if self.frame.in_condition {
            return;
        }
        let found = operators
            .windows(2)
            .position(|pair| pair == [Connection::And, Connection::Or]);
        if let Some(index) = found
            && let (Some(middle), Some(last)) = (items.get(index + 1), items.get(index + 2))
            && !middle.cannot_fail
            && !last.cannot_fail
        {
            self.note(start..last.span.end, FactKind::AndOr);
        }
    }

    fn pipeline(&mut self) -> Result<Listed> {
        let outer = std::mem::take(&mut self.direct);
        let id = self.output.pipelines;
        self.output.pipelines += 1;
        let start = self.at;
        let first = self.output.script.commands.len();
        let mut negated = false;
        let mut timed = false;
        loop {
            if self.eat_reserved("!") {
                negated = !negated;
            } else if !timed && self.is_time_keyword() {
                self.at += "time".len();
                timed = true;
                self.skip_blanks();
                self.eat("-p");
            } else {
                break;
            }
            self.skip_blanks();
        }
        if timed {
            self.frame.wrappers.push("time".to_owned());
        }
        let mut index = 0;
        let piped_here = self.piped.clone();
        loop {
            let from = self.direct.len();
            self.frame.pipeline = Some(PipelinePlace { id, index });
            self.command()?;
            self.frame.pipeline = None;
            self.piped = self.handed_on.take();
            for &command in self.direct.get(from..).unwrap_or_default() {
                if let Some(command) = self.output.script.commands.get_mut(command) {
                    command.pipeline.id = id;
                    command.pipeline.index = index;
                    command.negated = negated;
                }
            }
            index += 1;
            self.skip_blanks();
            if self.starts_with("|&") {
                let at = self.at;
                self.bashism(at..at + 2, "|&");
                self.at += 2;
            } else if self.peek() == Some(b'|') && self.peek_at(1) != Some(b'|') {
                self.at += 1;
            } else {
                break;
            }
            self.skip_lines();
            if self.peek().is_none() || CLOSING.contains(&self.reserved()) {
                return Err(self.unexpected());
            }
        }
        self.piped = piped_here;
        if timed {
            self.frame.wrappers.pop();
        }
        let commands = std::mem::replace(&mut self.direct, outer);
        for &command in &commands {
            if let Some(command) = self.output.script.commands.get_mut(command) {
                command.pipeline.len = index;
            }
        }
        let span = start..self.text_end(start);
        let cannot_fail = self.output.script.commands.len() == first + 1
            && self.output.script.commands.last().is_some_and(|command| {
                command.word.is_none()
                    || ["echo", "exit", "return", "printf", "true", ":"]
                        .contains(&command.program())
            });
        Ok(Listed {
            commands,
            span,
            negated,
            cannot_fail,
        })
    }

    /// Whether `time` is the keyword here, and not the program, which takes flags.
    fn is_time_keyword(&self) -> bool {
        let rest = self.rest().strip_prefix("time").unwrap_or("").trim_start();
        self.reserved() == "time" && (!rest.starts_with('-') || rest.starts_with("-p "))
    }

    /// Where what was read since `start` ends, blanks left out.
    pub(super) fn text_end(&self, start: usize) -> usize {
        start + self.slice(start..self.at).trim_end().len()
    }
}

/// `/`, `.`, `..` and paths of these, which are always there.
fn is_sure_directory(path: &str) -> bool {
    !path.is_empty() && path.split('/').all(|part| matches!(part, "" | "." | ".."))
}
