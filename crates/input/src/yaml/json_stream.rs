//! JSON objects one behind the other, which kubectl reads as it reads documents.

use std::ops::Range;

/// The range of each object of a text that is nothing but JSON objects; the whole range for any other text.
///
/// YAML in braces is no such text: it has comments, single quotes or text behind the last brace.
pub(super) fn objects(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let chunk = text.get(range.clone()).unwrap_or("");
    if chunk.trim_start().starts_with('{')
        && let Some(ends) = ends(chunk.as_bytes())
    {
        let starts = ends.iter().map(|end| range.start + end);
        let starts = std::iter::once(range.start).chain(starts);
        let ends = ends.iter().map(|end| range.start + end);
        return starts.zip(ends).map(|(start, end)| start..end).collect();
    }
    vec![range]
}

/// Where each of several objects ends.
fn ends(bytes: &[u8]) -> Option<Vec<usize>> {
    let mut ends = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if depth > 0 || byte == b'{' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    ends.push(at);
                }
            }
            b'"' if depth > 0 => at = behind_string(bytes, at)?,
            b'\'' | b'#' => return None,
            b' ' | b'\t' | b'\n' | b'\r' => {}
            _ if depth == 0 => return None,
            _ => {}
        }
    }
    // Blanks at the end belong to the last one.
    *ends.last_mut()? = bytes.len();
    (ends.len() > 1 && depth == 0).then_some(ends)
}

fn behind_string(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', bytes.get(at..)?)?;
        if bytes.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::objects;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = objects(text, 0..text.len())
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn each_object_is_a_document() {
        check("{\"a\": 1}{\"b\": 2}\n", &["{\"a\": 1}", "{\"b\": 2}\n"]);
        check(
            "{\"a\": [{}, \"}{\\\"\"]}\n{}\n {}",
            &["{\"a\": [{}, \"}{\\\"\"]}", "\n{}", "\n {}"],
        );
    }

    #[test]
    fn other_texts_stay_whole() {
        for text in [
            "{\"a\": 1}\n",
            "{a: '}{'}",
            "{a: b # }{\n}",
            "{a: b} # {}",
            "{}}{",
            "{}{",
            "{} x {}",
            "{\"a}{",
            "a: {}\nb: {}\n",
            "",
        ] {
            check(text, &[text]);
        }
    }
}
