//! A stream of documents as kubectl splits it: a line of `---` begins a document, and so does each JSON object.

use std::ops::Range;

use memchr::memmem;
use ringwall_model::Span;

use super::json_stream;

/// The byte ranges of the documents of a stream; ranges without content are left out.
pub(super) fn chunks(text: &str) -> Vec<Range<usize>> {
    let mut chunks = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut at = start;
    while let Some(found) = next_separator(text.as_bytes(), at) {
        push(text, start..found, &mut chunks, &mut start);
        at = found + 3;
        if start == found {
            start = content_start(text, found);
        }
    }
    let end = text.len();
    push(text, start..end, &mut chunks, &mut start);
    chunks
}

/// Where the document of a separator starts: with it, but behind what the parser takes for text beside it.
fn content_start(text: &str, separator: usize) -> usize {
    let behind = separator + 3;
    let rest = text.get(behind..).unwrap_or("");
    if rest.starts_with('#') {
        return behind;
    }
    // A byte order mark may open each of the files that were put one behind the other.
    match rest.split_once('\n') {
        Some((line, next)) if next.starts_with('\u{feff}') && is_nothing(line.trim()) => {
            behind + line.len() + 4
        }
        _ => separator,
    }
}

/// What kubectl refuses of the lines around a document: it takes nothing but a comment behind `---`, and gives each
/// directive to the parser as a document of its own. At most so many lines as are asked for are told.
pub(super) fn refused(text: &str, chunk: Range<usize>, most: usize) -> Vec<(Span, &'static str)> {
    let written = text.get(chunk.clone()).unwrap_or("");
    // kubectl reads these as JSON, to the end.
    if written.trim_start().starts_with('{') {
        return Vec::new();
    }
    let mut refused = Vec::new();
    let mut judge = |start: usize| {
        if refused.len() >= most {
            return;
        }
        let line = written.get(start..).and_then(|rest| rest.lines().next());
        let line = line.unwrap_or("").trim_end();
        let at = chunk.start + start;
        let behind = line.strip_prefix("---").map(str::trim_start);
        if behind.is_some_and(|behind| !is_nothing(behind)) {
            let reason = "kubectl refuses text behind ---; begin it on the next line";
            refused.push((Span::new(at, at + line.len()), reason));
        } else if line.starts_with('%') {
            let reason = "kubectl refuses directives; leave the line out";
            refused.push((Span::new(at, at + line.len()), reason));
        }
    };
    let mut start = 0;
    for line in written.split_inclusive('\n') {
        judge(start);
        if !is_nothing(line.trim()) && !line.starts_with('%') {
            start += line.len();
            break;
        }
        start += line.len();
    }
    let rest = written.get(start.saturating_sub(1)..).unwrap_or("");
    for newline in memmem::find_iter(rest.as_bytes(), b"\n---") {
        judge(start.saturating_sub(1) + newline + 1);
    }
    refused
}

fn is_nothing(line: &str) -> bool {
    line.is_empty() || line.starts_with('#')
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
        content |= !(is_nothing(line) || line.starts_with('%'));
        if content {
            break;
        }
    }
    if content {
        chunks.extend(json_stream::objects(text, range.clone()));
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
        && matches!(
            bytes.get(at + 3),
            None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'#')
        )
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
        check("a: 1\n---# c\nb: 1\n", &["a: 1\n", "# c\nb: 1\n"]);
        check("---# c\nb: 1\n", &["# c\nb: 1\n"]);
        check("# only a comment\n", &[]);
        check("", &[]);
        check("a: 1\r\n---\r\nb: 1", &["a: 1\r\n", "---\r\nb: 1"]);
    }

    #[test]
    fn a_byte_order_mark_may_open_each_document() {
        check(
            "\u{feff}a: 1\n---\n\u{feff}b: 1\n--- # c\r\n\u{feff}c: 1\n",
            &["a: 1\n", "b: 1\n", "c: 1\n"],
        );
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
