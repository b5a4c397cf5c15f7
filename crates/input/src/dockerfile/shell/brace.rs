//! Braces within words: expanded by bash, or taken as text.

use super::cursor::Parser;
use super::word_parser::PlacedWord;
use super::{FactKind, PartKind};

impl Parser<'_> {
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
