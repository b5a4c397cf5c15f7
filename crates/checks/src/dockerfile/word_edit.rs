//! Edits of single words of a script. None is made in exec forms, where words are JSON strings.

use ringwall_input::dockerfile::ShellWord;
use ringwall_model::{Edit, Source, Span};

/// One edit of the file.
pub(super) fn edit(source: &Source, span: Span, text: impl Into<String>) -> Edit {
    Edit {
        file: source.name.clone(),
        span,
        text: text.into(),
    }
}

/// Puts `text` behind a word.
pub(super) fn insert_behind(source: &Source, word: &ShellWord, text: &str) -> Option<Vec<Edit>> {
    let end = Span::at(word.span.range().end);
    is_exact(source, word).then(|| vec![edit(source, end, text)])
}

/// Puts `text` in the place of a word.
pub(super) fn replace(source: &Source, word: &ShellWord, text: &str) -> Option<Vec<Edit>> {
    is_exact(source, word).then(|| vec![edit(source, word.span, text)])
}

/// Takes words out that follow each other, with the blanks before them.
pub(super) fn remove(source: &Source, first: &ShellWord, last: &ShellWord) -> Option<Vec<Edit>> {
    if !is_exact(source, first) || !is_exact(source, last) || first.span.start > last.span.start {
        return None;
    }
    let before = source.text.get(..first.span.range().start)?;
    let start = before.trim_end_matches([' ', '\t']).len();
    Some(vec![edit(
        source,
        Span::new(start, last.span.range().end),
        "",
    )])
}

/// Whether a word stands in the file as the shell reads it.
fn is_exact(source: &Source, word: &ShellWord) -> bool {
    source.slice(word.span) == word.text
}
