//! Lines of `Tag: value`, where `<text>` and `</text>` enclose a value of several lines.

use crate::ParseError;

/// A tag with its value, and the line it starts on.
pub(super) struct Pair {
    pub(super) line: usize,
    pub(super) tag: String,
    pub(super) value: String,
}

pub(super) fn read(text: &str) -> Result<Vec<Pair>, ParseError> {
    let mut pairs = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let start = line.trim_start();
        if start.is_empty() || start.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = start.split_once(':') else {
            return Err(ParseError::new(
                number,
                1,
                "neither a tag with : nor a comment",
            ));
        };
        let value = match value.split_once("<text>") {
            None => value.trim().to_owned(),
            Some((_, start)) => enclosed(start, &mut lines)
                .ok_or_else(|| ParseError::new(number, 1, "<text> without </text>"))?,
        };
        pairs.push(Pair {
            line: number,
            tag: tag.trim().to_owned(),
            value,
        });
    }
    if pairs.is_empty() {
        return Err(ParseError::new(1, 1, "file without a tag"));
    }
    Ok(pairs)
}

/// The text up to `</text>`, on this line or below.
fn enclosed<'a>(
    start: &'a str,
    lines: &mut impl Iterator<Item = (usize, &'a str)>,
) -> Option<String> {
    let mut whole = String::new();
    let mut line = start;
    loop {
        if let Some((last, _)) = line.split_once("</text>") {
            whole.push_str(last);
            return Some(whole);
        }
        whole.push_str(line);
        whole.push('\n');
        (_, line) = lines.next()?;
    }
}
