//! Arithmetic expressions, as far as they hold expansions and assignments.

use super::cursor::{Parser, Result};
use super::word_parser::Builder;

impl Parser<'_> {
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
}
