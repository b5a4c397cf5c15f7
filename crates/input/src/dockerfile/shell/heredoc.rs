//! Heredocs inside a script.

use std::ops::Range;

use super::cursor::{Parser, Result};
use super::inner::Known;
use super::word_parser::Builder;

/// The lines of a heredoc.
#[derive(Clone, Debug)]
pub(super) struct Heredoc {
    pub(super) body: Range<usize>,
    /// Whether the shell replaces variables in it.
    pub(super) expands: bool,
    /// Whether leading tabs are dropped.
    pub(super) chomp: bool,
    /// The expansions, by their place in the body.
    pub(super) known: Vec<Known>,
}

impl Parser<'_> {
    /// Finds the body of a heredoc whose delimiter was just read, and reads the expansions in it.
    ///
    /// A heredoc that is not closed reaches to the end of the script, as shells have it.
    pub(super) fn heredoc(
        &mut self,
        delimiter: &str,
        expands: bool,
        chomp: bool,
    ) -> Result<Option<Heredoc>> {
        let (line_break, start) = if let Some((line_break, end)) = self.heredoc_skip {
            (line_break, end)
        } else {
            let rest = self.rest().as_bytes();
            let Some(offset) = memchr::memchr(b'\n', rest) else {
                return Ok(None);
            };
            (self.at + offset, self.at + offset + 1)
        };
        let mut at = start;
        let mut body_end = self.text.len();
        for line in self.slice(start..self.text.len()).split_inclusive('\n') {
            let bare = line.strip_suffix('\n').unwrap_or(line);
            let bare = bare.strip_suffix('\r').unwrap_or(bare);
            let bare = if chomp {
                bare.trim_start_matches('\t')
            } else {
                bare
            };
            let line_start = at;
            at += line.len();
            if bare == delimiter {
                body_end = line_start;
                break;
            }
        }
        self.heredoc_skip = Some((line_break, at.max(start)));
        let body = start.min(body_end)..body_end;
        let known = if expands && self.slice(body.clone()).contains(['$', '`']) {
            let source = self.source.slice(body.clone());
            let known = self.known_in(body.clone());
            self.nested(&source, &known)?.expansions()?
        } else {
            Vec::new()
        };
        Ok(Some(Heredoc {
            body,
            expands,
            chomp,
            known,
        }))
    }

    /// Reads the expansions in a text where quotes mean nothing.
    fn expansions(&mut self) -> Result<Vec<Known>> {
        let mut builder = Builder::default();
        while let Some(next) = self.peek() {
            match next {
                b'\\' => {
                    self.at += 1;
                    self.skip_char();
                }
                b'$' => self.dollar(&mut builder, true, false)?,
                b'`' => self.backticks(&mut builder, true, false)?,
                _ => self.at += 1,
            }
        }
        let placed = builder.parts.into_iter().zip(builder.ranges);
        let known = placed.map(|(part, range)| Known::new(range, part.kind));
        Ok(known.filter(Known::is_expansion).collect())
    }
}
