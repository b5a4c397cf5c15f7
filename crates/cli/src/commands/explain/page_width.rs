//! Pages at a terminal: lines that are longer than it are broken between words.

/// A page in Markdown, its text wrapped at `width` columns; examples and headings stay as they are.
///
/// Ends with a line break.
pub(super) fn wrapped(page: &str, width: Option<usize>) -> String {
    /// Narrower, words would stand one below the other.
    const NARROWEST: usize = 20;
    let width = width.map_or(usize::MAX, |width| width.max(NARROWEST));
    let mut out = String::with_capacity(page.len() + page.len() / 16);
    let mut is_example = false;
    for line in page.lines() {
        is_example ^= line.starts_with("```");
        if is_example || line.starts_with('#') {
            out.push_str(line);
        } else {
            wrap(line, width, &mut out);
        }
        out.push('\n');
    }
    out
}

/// One line; what goes on of the item of a list stands below its text.
fn wrap(line: &str, width: usize, out: &mut String) {
    let text = line.trim_start();
    let indent = line.len() - text.len() + if text.starts_with("- ") { 2 } else { 0 };
    let mut columns = 0;
    for (at, word) in line.split(' ').enumerate() {
        let count = word.chars().count();
        if columns > indent && columns + 1 + count > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent));
            columns = indent;
        } else if at > 0 {
            out.push(' ');
            columns += 1;
        }
        out.push_str(word);
        columns += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_and_examples_are_not() {
        let page = "## A heading that is longer than the width\nWords that go on for longer than a line.\n\n\
                    - An item that is longer than a line.\n```yaml\nimage: a value that is longer than a line\n```\nEnd.\n";
        let expected = "## A heading that is longer than the width\nWords that go on for\nlonger than a line.\n\n\
                        - An item that is\n  longer than a line.\n```yaml\nimage: a value that is longer than a line\n\
                        ```\nEnd.\n";
        assert_eq!(wrapped(page, Some(22)), expected);
        assert_eq!(wrapped(page, None), page);
    }
}
