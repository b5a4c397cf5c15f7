//! A stream of documents as kubectl splits it: a line that starts with `---` begins a document.

use std::ops::Range;

use memchr::memmem;

/// The byte ranges of the documents of a stream; ranges without content are left out.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut at = start;
    while let Some(found) = next_separator(text.as_bytes(), at) {
        push(text, start..found, &mut chunks, &mut start);
        at = found + 3;
    }
    let end = text.len();
    push(text, start..end, &mut chunks, &mut start);
    chunks
}

/// Adds a range with content and moves `start` behind it. Directives stay with the document they precede.
fn push(text: &str, range: Range<usize>, chunks: &mut Vec<Range<usize>>, start: &mut usize) {
    let chunk = text.get(range.clone()).unwrap_or("");
    let mut directives = false;
    let mut content = false;
    for line in chunk.lines() {
        let line = line.trim_start();
        let line = line.strip_prefix("---").unwrap_or(line).trim();
        directives |= line.starts_with('%');
        content |= !(line.is_empty() || line.starts_with('#') || line.starts_with('%'));
        if content {
            break;
        }
    }
    if content {
        chunks.push(range.clone());
    }
    if content || !directives {
        *start = range.end;
    }
}

fn next_separator(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    if at == 0 || at == 3 {
        // The very first line may be a separator; it has no line break before it.
        if is_separator(bytes, at) && at == from && from_line_start(bytes, at) {
            return Some(at);
        }
    }
    loop {
        let rest = bytes.get(at..)?;
        at += memmem::find(rest, b"\n---")? + 1;
        if is_separator(bytes, at) {
            return Some(at);
        }
    }
}

fn from_line_start(bytes: &[u8], at: usize) -> bool {
    at == 0 || bytes.starts_with("\u{feff}".as_bytes())
}

fn is_separator(bytes: &[u8], at: usize) -> bool {
    bytes.get(at..at + 3) == Some(b"---")
        && matches!(bytes.get(at + 3), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = chunks(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn documents_are_split_at_separators() {
        check("a: 1\n---\nb: 2\n", &["a: 1\n", "---\nb: 2\n"]);
        check("---\na: 1\n---\n---\nb: 2", &["---\na: 1\n", "---\nb: 2"]);
        check("\u{feff}---\na: 1", &["---\na: 1"]);
        check("a: |\n  ---\n  x\n", &["a: |\n  ---\n  x\n"]);
        check("a: 1\n--- # c\nb: 1\n", &["a: 1\n", "--- # c\nb: 1\n"]);
        check("# only a comment\n", &[]);
        check("", &[]);
        check("a: 1\r\n---\r\nb: 1", &["a: 1\r\n", "---\r\nb: 1"]);
    }

    #[test]
    fn directives_belong_to_the_next_document() {
        check("%YAML 1.1\n---\na: 1\n", &["%YAML 1.1\n---\na: 1\n"]);
    }

    #[test]
    fn dashes_inside_a_line_are_text() {
        check("a: 1\n---x\n", &["a: 1\n---x\n"]);
    }
}
