//! Lines of a Dockerfile: directives, comments, continuations, heredoc bodies.

use std::collections::HashMap;

use ringwall_model::Span;

use super::joined::Joined;
use super::{Comment, Directive};
use crate::Diagnostic;

/// A line without its line break.
#[derive(Clone, Copy, Debug)]
struct Line<'t> {
    start: usize,
    text: &'t str,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }

    fn comment(&self) -> Option<Comment> {
        let text = self.text.trim_start();
        let text_start = self.end() - text.len();
        text.strip_prefix('#').map(|text| Comment {
            span: Span::new(text_start, self.end()),
            text: text.trim().to_owned(),
        })
    }
}

/// The text of one instruction, continuation lines joined.
#[derive(Debug)]
pub(super) struct Logical {
    pub(super) joined: Joined,
    pub(super) span: Span,
}

/// The last place of each line, as it stands and without leading tabs.
#[derive(Default)]
struct LastPlaces<'t> {
    plain: HashMap<&'t str, usize>,
    without_tabs: HashMap<&'t str, usize>,
}

/// The lines of a file, one after the other.
pub(super) struct Lines<'t> {
    text: &'t str,
    at: usize,
    /// Tells whether a heredoc ends without looking at the rest of the file for each.
    last_places: Option<LastPlaces<'t>>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self {
            text,
            at,
            last_places: None,
        }
    }

    fn next_line(&mut self) -> Option<Line<'t>> {
        let (line, next) = self.peek_line()?;
        self.at = next;
        Some(line)
    }

    fn peek_line(&self) -> Option<(Line<'t>, usize)> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        let text = rest.get(..length).unwrap_or("");
        let line = Line {
            start: self.at,
            text: text.strip_suffix('\r').unwrap_or(text),
        };
        let next = (self.at + length + 1).min(self.text.len());
        Some((line, next))
    }

    /// Reads the directives that a file may start with.
    pub(super) fn directives(&mut self, diagnostics: &mut Vec<Diagnostic>) -> Vec<Directive> {
        let mut directives: Vec<Directive> = Vec::new();
        let start = self.at;
        // A frontend is looked for behind a shebang too, while the parser takes that line for a comment.
        let has_shebang = self
            .peek_line()
            .is_some_and(|(line, _)| line.text.starts_with("#!"));
        if has_shebang {
            self.next_line();
        }
        while let Some((line, next)) = self.peek_line() {
            let Some(directive) = directive(line) else {
                break;
            };
            if directives.iter().any(|other| other.name == directive.name) {
                diagnostics.push(Diagnostic::new(
                    directive.span,
                    format!("the directive {} is given twice", directive.name),
                ));
            }
            self.at = next;
            directives.push(directive);
        }
        if has_shebang {
            self.at = start;
            directives.retain(|directive| directive.name != "escape");
        }
        directives
    }

    /// Reads the next instruction with its continuation lines.
    pub(super) fn next_logical(
        &mut self,
        escape: char,
        comments: &mut Vec<Comment>,
    ) -> Option<Logical> {
        let mut joined = Joined::default();
        let mut start = None;
        let mut end = 0;
        while let Some(line) = self.next_line() {
            if let Some(comment) = line.comment() {
                comments.push(comment);
                continue;
            }
            if line.text.trim().is_empty() {
                continue;
            }
            let text = if start.is_some() {
                line.text
            } else {
                line.text.trim_start()
            };
            let text_start = line.end() - text.len();
            start.get_or_insert(text_start);
            end = line.end();
            if let Some(before) = continued(text, escape) {
                joined.push(text_start, before);
            } else {
                joined.push(text_start, text);
                break;
            }
        }
        let start = start?;
        Some(Logical {
            joined,
            span: Span::new(start, end),
        })
    }

    /// Reads a heredoc body up to the line `name`: the body, and where the closing line ends.
    ///
    /// Nothing is read when no line closes it.
    pub(super) fn heredoc_body(&mut self, name: &str, chomp: bool) -> Option<(Span, usize)> {
        if self.last_places.is_none() {
            self.last_places = Some(last_places(self.text));
        }
        let places = self.last_places.as_ref()?;
        let places = if chomp {
            &places.without_tabs
        } else {
            &places.plain
        };
        if *places.get(name)? < self.at {
            return None;
        }
        let start = self.at;
        while let Some(line) = self.next_line() {
            let text = if chomp {
                line.text.trim_start_matches('\t')
            } else {
                line.text
            };
            if text == name {
                return Some((Span::new(start, line.start), line.end()));
            }
        }
        None
    }
}

fn last_places(text: &str) -> LastPlaces<'_> {
    let mut places = LastPlaces::default();
    let mut lines = Lines::new(text);
    while let Some(line) = lines.next_line() {
        places.plain.insert(line.text, line.start);
        let text = line.text.trim_start_matches('\t');
        places.without_tabs.insert(text, line.start);
    }
    places
}

/// The text before the escape character that continues a line.
///
/// As in `BuildKit`, two escape characters at the end do not continue it, and blanks may follow.
fn continued(text: &str, escape: char) -> Option<&str> {
    let before = text.trim_end_matches([' ', '\t']).strip_suffix(escape)?;
    (!before.ends_with(escape)).then_some(before)
}

fn directive(line: Line<'_>) -> Option<Directive> {
    let comment = line.comment()?;
    let (name, value) = comment.text.split_once('=')?;
    let name = name.trim_end().to_ascii_lowercase();
    let value = value.trim();
    if !["syntax", "escape", "check"].contains(&name.as_str()) || value.is_empty() {
        return None;
    }
    // The value ends the line, blanks aside, so its place follows from its length.
    let end = line.start + line.text.trim_end().len();
    Some(Directive {
        name,
        value: value.to_owned(),
        value_span: Span::new(end - value.len(), end),
        span: comment.span,
    })
}
