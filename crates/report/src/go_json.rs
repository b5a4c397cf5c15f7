//! JSON as Go's encoder writes it, for the forms of peers that are written in Go.

use std::io;

use serde_json::ser::{Formatter, PrettyFormatter};

/// Go's encoder writes text so that it may stand in HTML and in JavaScript.
const ESCAPED_BY_GO: [char; 5] = ['<', '>', '&', '\u{2028}', '\u{2029}'];

/// Indents as serde does, escapes as Go does.
#[derive(Default)]
pub(crate) struct GoFormatter(PrettyFormatter<'static>);

impl GoFormatter {
    /// Indents each level by this text; two blanks are the default.
    pub(crate) fn with_indent(indent: &'static str) -> Self {
        Self(PrettyFormatter::with_indent(indent.as_bytes()))
    }
}

impl Formatter for GoFormatter {
    fn begin_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }

    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_fragment(out, fragment)
    }
}

/// Everything on one line, escaped as Go does.
pub(crate) struct GoLine;

impl Formatter for GoLine {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_fragment(out, fragment)
    }
}

fn write_fragment<W: io::Write + ?Sized>(out: &mut W, fragment: &str) -> io::Result<()> {
    for part in fragment.split_inclusive(ESCAPED_BY_GO) {
        let special = part
            .chars()
            .next_back()
            .filter(|last| ESCAPED_BY_GO.contains(last));
        let plain = special.map_or(part, |last| part.strip_suffix(last).unwrap_or(part));
        out.write_all(plain.as_bytes())?;
        if let Some(special) = special {
            write!(out, "\\u{:04x}", u32::from(special))?;
        }
    }
    Ok(())
}
