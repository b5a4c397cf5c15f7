//! The line breaks that YAML 1.1 has and YAML 1.2 took away: U+0085, U+2028 and U+2029.
//!
//! The library behind kubectl ends a line at each of them, the parser used here takes them for text. What
//! stands behind one in a comment or in a text without quotes may be keys that are read as nothing here, so a
//! document that has one is not read at all. In quotes they fold as any break does and hide nothing.

use ringwall_model::Span;

use crate::Diagnostic;

/// The breaks of a text, in order.
pub(super) struct OldBreaks<'t> {
    text: &'t str,
    /// Where the text starts in its source.
    start: usize,
    /// Where the next one stands in the text.
    next: Option<usize>,
}

impl<'t> OldBreaks<'t> {
    pub(super) fn new(text: &'t str, start: usize) -> Self {
        let next = find(text, 0);
        Self { text, start, next }
    }

    /// Goes past a quoted scalar; an error if there is a break before it.
    pub(super) fn pass(&mut self, quoted: Span) -> Result<(), Diagnostic> {
        let Some(next) = self.next else {
            return Ok(());
        };
        let at = self.start + next;
        if at < quoted.start as usize {
            return self.end();
        }
        if at < quoted.end as usize {
            self.next = find(self.text, quoted.end as usize - self.start);
        }
        Ok(())
    }

    /// Nothing quoted follows: an error if there is a break left.
    pub(super) fn end(&self) -> Result<(), Diagnostic> {
        let rest = |next: usize| self.text.get(next..);
        let Some((next, rest)) = self.next.and_then(|next| Some((next, rest(next)?))) else {
            return Ok(());
        };
        let character = rest.chars().next().unwrap_or_default();
        let at = self.start + next;
        Err(Diagnostic::new(
            Span::new(at, at + character.len_utf8()),
            format!(
                "the character U+{:04X} ends a line for kubectl and not for other readers; write a line break, or put the text in double quotes with an escape",
                u32::from(character)
            ),
        ))
    }
}

/// The first of them from a place on.
fn find(text: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    memchr::memchr2_iter(0xc2, 0xe2, rest)
        .find(|&at| {
            let rest = rest.get(at..).unwrap_or_default();
            rest.starts_with("\u{85}".as_bytes())
                || rest.starts_with("\u{2028}".as_bytes())
                || rest.starts_with("\u{2029}".as_bytes())
        })
        .map(|at| from + at)
}
