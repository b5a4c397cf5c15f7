//! A Dockerfile's lines: directives, comments, continuations, and the text of heredocs.

use super::heredoc::Heredoc;
use crate::ParseError;

/// The text of one instruction, continuations joined.
pub(super) struct Line {
    /// Where it starts, from 1.
    pub(super) number: usize,
    pub(super) text: String,
    /// Comments before it, each with its line and without `#`. A comment line without text throws away those before it.
    pub(super) comments: Vec<(usize, String)>,
}

pub(super) struct Lines<'a> {
    rest: std::str::SplitInclusive<'a, char>,
    number: usize,
    escape: char,
    /// Directives seen so far; `None` once something else was read.
    directives: Option<Vec<String>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text
                .strip_prefix('\u{feff}')
                .unwrap_or(text)
                .split_inclusive('\n'),
            number: 0,
            escape: '\\',
            directives: Some(Vec::new()),
        }
    }

    /// What the `escape` directive says: a backslash or a backtick.
    pub(super) fn escape(&self) -> char {
        self.escape
    }

    fn next(&mut self) -> Option<&'a str> {
        let line = self.rest.next()?;
        self.number += 1;
        Some(line)
    }

    pub(super) fn next_instruction(&mut self) -> Result<Option<Line>, ParseError> {
        let mut comments = Vec::new();
        while let Some(raw) = self.next() {
            let number = self.number;
            let line = raw.trim_end_matches(['\r', '\n']).trim_start();
            let is_directive = self
                .directive(line)
                .map_err(|message| ParseError::new(number, 1, message))?;
            if line.starts_with('#') {
                if !is_directive {
                    // BuildKit drops the first byte before it skips blanks, so an indented comment keeps
                    // its `#`.
                    let mut characters = raw.chars();
                    characters.next();
                    match characters.as_str().trim() {
                        "" => comments.clear(),
                        comment => comments.push((number, comment.to_owned())),
                    }
                }
                continue;
            }
            let (line, mut ends) = self.without_continuation(line);
            if ends && line.is_empty() {
                continue;
            }
            let mut text = line.to_owned();
            while !ends {
                let Some(raw) = self.next() else {
                    break;
                };
                let line = raw.trim_end_matches(['\r', '\n']);
                let start = line.trim_start();
                if start.is_empty() || start.starts_with('#') {
                    continue;
                }
                let (line, last) = self.without_continuation(line);
                text.push_str(line);
                ends = last;
            }
            return Ok(Some(Line {
                number,
                text,
                comments,
            }));
        }
        Ok(None)
    }

    /// The text of a heredoc with the line that ends it, as it stands; `None` if the file ends before it does.
    pub(super) fn heredoc(&mut self, heredoc: &Heredoc) -> Option<String> {
        let mut text = String::new();
        while let Some(line) = self.next() {
            let line = line.trim_end_matches(['\r', '\n']);
            text.push('\n');
            text.push_str(line);
            let line = if heredoc.is_chomped {
                line.trim_start_matches('\t')
            } else {
                line
            };
            if line == heredoc.name {
                return Some(text);
            }
        }
        None
    }

    /// Whether the line is a directive, which only other directives may stand before.
    fn directive(&mut self, line: &str) -> Result<bool, String> {
        let Some(seen) = &mut self.directives else {
            return Ok(false);
        };
        let found = line.strip_prefix('#').and_then(|line| {
            let (name, value) = line.trim_start().split_once('=')?;
            let name = name.trim_end();
            let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let value = value.trim();
            (is_name && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value))
        });
        let Some((name, value)) =
            found.filter(|(name, _)| matches!(name.as_str(), "syntax" | "escape" | "check"))
        else {
            self.directives = None;
            return Ok(false);
        };
        if seen.contains(&name) {
            return Err(format!("only one {name} directive can be used"));
        }
        if name == "escape" {
            self.escape = match value {
                "\\" => '\\',
                "`" => '`',
                _ => return Err(format!("escape is \\ or `, not {value}")),
            };
        }
        seen.push(name);
        Ok(true)
    }

    /// The line without an escape at its end, and whether the instruction ends here. An escape that
    /// another one stands before does not continue the line.
    fn without_continuation<'b>(&self, line: &'b str) -> (&'b str, bool) {
        let start = line.trim_end_matches([' ', '\t']).strip_suffix(self.escape);
        match start {
            Some(start) if !start.ends_with(self.escape) => (start, false),
            _ => (line, true),
        }
    }
}
