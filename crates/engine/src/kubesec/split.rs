//! A file cut into documents as kubesec cuts it: at the very text `\n---\n`.
//!
//! Any other separator, `--- # comment` for one, ends what is looked at: of each piece kubesec
//! reads the first document alone.

use std::ops::Range;

/// The pieces with content, trimmed.
pub(super) fn pieces(text: &str) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    for piece in text.split("\n---\n") {
        let trimmed = piece.trim();
        if !trimmed.is_empty() && trimmed != "---" {
            let from = start + (piece.len() - piece.trim_start().len());
            pieces.push(from..from + trimmed.len());
        }
        start += piece.len() + "\n---\n".len();
    }
    pieces
}

/// The part of a piece that a YAML reader takes for its first document, directives included.
pub(super) fn first_document(piece: &str) -> &str {
    let mut started = false;
    let mut at = 0;
    for line in piece.split_inclusive('\n') {
        let mark = if at == 0 { "\u{feff}" } else { "" };
        let line_length = line.len();
        let line = line.strip_prefix(mark).unwrap_or(line);
        if started && (is_marker(line, "---") || is_marker(line, "...")) {
            return piece.get(..at).unwrap_or(piece);
        }
        let content = line.trim_start();
        started |= !(content.is_empty() || content.starts_with('#') || line.starts_with('%'));
        at += line_length;
    }
    piece
}

fn is_marker(line: &str, marker: &str) -> bool {
    line.strip_prefix(marker)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = pieces(text)
            .into_iter()
            .map(|range| first_document(&text[range]))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn only_a_bare_separator_begins_a_document() {
        check("a: 1\n---\nb: 1\n", &["a: 1", "b: 1"]);
        check("a: 1\n--- \nb: 1\n", &["a: 1\n"]);
        check("a: 1\n--- # c\nb: 1\n---\nc: 1", &["a: 1\n", "c: 1"]);
        check("a: 1\r\n---\r\nb: 1\r\n", &["a: 1\r\n"]);
    }

    #[test]
    fn a_leading_separator_belongs_to_the_first_piece() {
        check("---\na: 1\n", &["---\na: 1"]);
        check("# c\n--- \na: 1\n...\nb: 1", &["# c\n--- \na: 1\n"]);
        check("%YAML 1.1\n--- \na: 1\n", &["%YAML 1.1\n--- \na: 1"]);
    }

    #[test]
    fn pieces_without_content_are_left_out_and_comments_are_content() {
        check("", &[]);
        check("---\n", &[]);
        check("---\n---\n\n---\na: 1", &["a: 1"]);
        check("# only\n---\na: 1", &["# only", "a: 1"]);
    }

    #[test]
    fn a_second_marker_ends_an_empty_document() {
        check("---\n# c\n--- \na: 1", &["---\n# c\n"]);
    }
}
