//! Text for people where GitHub's runner reads it: names and values from outside are no commands to it.
//!
//! The runner takes a line for a command that begins with `::`, whatever blanks stand before, and `##[` anywhere in a
//! line. What is read by programs - patches, JSON, `-o github` itself - is never changed.
//!
//! See: <https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>

use std::{
    env,
    io::{self, Write},
};

/// Writes text for people, in which commands are broken up by a blank where a workflow of GitHub runs.
pub(crate) struct ForPeople<W> {
    out: W,
    is_workflow: bool,
    /// How many colons the line begins with; `None` behind something else.
    colons: Option<u8>,
    /// How many `#` stand before.
    hashes: u8,
}

impl<W: Write> ForPeople<W> {
    pub(crate) fn new(out: W) -> Self {
        let is_workflow = env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true");
        Self::within(out, is_workflow)
    }

    fn within(out: W, is_workflow: bool) -> Self {
        Self {
            out,
            is_workflow,
            colons: Some(0),
            hashes: 0,
        }
    }

    /// Whether a blank has to stand before a byte.
    fn is_broken_before(&mut self, byte: u8) -> bool {
        let is_command = match byte {
            b':' => self.colons == Some(1),
            b'[' => self.hashes >= 2,
            _ => false,
        };
        self.hashes = match byte {
            b'#' => self.hashes.saturating_add(1),
            _ => 0,
        };
        self.colons = match (byte, self.colons) {
            (b'\n' | b'\r', _) => Some(0),
            (b':', Some(0)) => Some(1),
            // The runner skips the blanks of Unicode too.
            (byte, Some(0)) if !byte.is_ascii_graphic() => Some(0),
            _ => None,
        };
        is_command
    }
}

impl<W: Write> Write for ForPeople<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !self.is_workflow {
            return self.out.write(bytes);
        }
        let mut broken = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.is_broken_before(byte) {
                broken.push(b' ');
            }
            broken.push(byte);
        }
        self.out.write_all(&broken)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, is_workflow: bool) -> String {
        let mut out = Vec::new();
        let mut writer = ForPeople::within(&mut out, is_workflow);
        // In pieces, as a report is written.
        for byte in text.bytes() {
            writer.write_all(&[byte]).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn commands_are_broken_up() {
        for (text, expected) in [
            ("::stop-commands::x\n", ": :stop-commands::x\n"),
            ("a\n \u{a0}\t::x", "a\n \u{a0}\t: :x"),
            ("a ::x", "a ::x"),
            (": ::x", ": ::x"),
            ("a\r::x", "a\r: :x"),
            ("a ##[error]b", "a ## [error]b"),
            ("###[x", "### [x"),
            ("#[x] # [y] [z]", "#[x] # [y] [z]"),
            ("std::io", "std::io"),
        ] {
            assert_eq!(written(text, true), expected);
            assert_eq!(written(text, false), text);
        }
    }
}
