//! Reading on from a place in a text.

/// Walks over bytes; reading past the end gives zeros.
pub(super) struct Cursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl Cursor<'_> {
    pub(super) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    /// Skips at most `most` bytes of a kind and says how many.
    pub(super) fn skip(&mut self, most: usize, mut kind: impl FnMut(u8) -> bool) -> usize {
        let start = self.at;
        while self.at - start < most && self.at < self.bytes.len() && kind(self.peek()) {
            self.at += 1;
        }
        self.at - start
    }

    pub(super) fn eat(&mut self, word: &[u8]) -> bool {
        let found = self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word));
        if found {
            self.at += word.len();
        }
        found
    }
}

pub(super) fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

pub(super) fn is_closing(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`' | b']' | b'\\')
}
