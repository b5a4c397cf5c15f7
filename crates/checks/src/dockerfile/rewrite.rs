//! Edits of a Dockerfile.

use ringwall_input::dockerfile::{Flag, Instruction};
use ringwall_model::{Edit, Span};

use crate::judge::Build;

/// Puts `text` in the place of a range; an empty range inserts.
pub(super) fn replace(build: &Build<'_>, span: Span, text: impl Into<String>) -> Option<Vec<Edit>> {
    build.source.text.get(span.range())?;
    Some(vec![Edit {
        file: build.source.name.clone(),
        span,
        text: text.into(),
    }])
}

/// Adds a line behind an instruction.
pub(super) fn line_behind(
    build: &Build<'_>,
    instruction: &Instruction,
    line: &str,
) -> Option<Vec<Edit>> {
    let end = instruction.span.range().end;
    replace(build, Span::at(end), format!("\n{line}"))
}

/// Takes out an instruction with its lines.
pub(super) fn without_instruction(
    build: &Build<'_>,
    instruction: &Instruction,
) -> Option<Vec<Edit>> {
    let text = &build.source.text;
    let range = instruction.span.range();
    let before = text.get(..range.start)?;
    let indent = before.len() - before.trim_end_matches([' ', '\t']).len();
    let behind = text.get(range.end..)?;
    let line_break = behind.find('\n').map_or(behind.len(), |at| at + 1);
    let span = Span::new(range.start - indent, range.end + line_break);
    replace(build, span, "")
}

/// Takes out a flag with the blanks behind it.
pub(super) fn without_flag(build: &Build<'_>, flag: &Flag) -> Option<Vec<Edit>> {
    let behind = build.source.text.get(flag.span.range().end..)?;
    let blanks = behind.len() - behind.trim_start_matches([' ', '\t']).len();
    let end = flag.span.range().end + blanks;
    replace(build, Span::new(flag.span.range().start, end), "")
}
