//! The page of a check: documentation, `explain`, and test in one text.

use memchr::memmem;

/// A page, taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    text: &'a str,
}

/// A fenced example of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example<'a> {
    /// `yaml` or `dockerfile`.
    pub language: &'a str,
    /// What the check must say about it.
    pub expected: Expected,
    /// Further words of the fence, such as `settings=...`.
    pub words: &'a str,
    /// The example itself.
    pub text: &'a str,
}

/// What a check must say about an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// It finds every line that ends with `# <-`, and no other.
    Fail,
    /// It finds nothing.
    Pass,
}

impl<'a> Page<'a> {
    /// A page from its text, a doc comment: each line begins with one blank.
    pub const fn new(text: &'a str) -> Self {
        Self { text }
    }

    /// The whole text, each line with the one blank of a doc comment.
    pub const fn raw(&self) -> &'a str {
        self.text
    }

    /// The page as Markdown.
    pub fn markdown(&self) -> String {
        let lines = self
            .text
            .lines()
            .map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.fold(String::new(), |mut page, line| {
            page.push_str(line);
            page.push('\n');
            page
        })
    }

    /// The page as Markdown whose examples say in words what their fences and marks say to the test.
    pub fn plain(&self) -> String {
        let page = self.markdown();
        page.lines().fold(String::new(), |mut page, line| {
            let mut words = line.strip_prefix("```").unwrap_or("").split_whitespace();
            let language = words.next().unwrap_or("");
            let verdict = match words.next() {
                Some("fail") => Some("Flagged"),
                Some("pass") => Some("Not flagged"),
                _ => None,
            };
            if let Some(verdict) = verdict {
                page.extend([verdict, ":\n\n```", language]);
            } else {
                page.push_str(line.strip_suffix("# <-").unwrap_or(line).trim_end());
            }
            page.push('\n');
            page
        })
    }

    /// The first paragraph under `## Fix`, its lines joined by one blank; empty where there is none.
    pub fn fix(&self) -> String {
        const HEADING: &str = "## Fix\n";
        // It stands near the end of a long text, and every check that finds something is asked once.
        let heading = memmem::find(self.text.as_bytes(), HEADING.as_bytes());
        let Some(rest) = heading.and_then(|at| self.text.get(at + HEADING.len()..)) else {
            return String::new();
        };
        let end = rest
            .find("\n \n")
            .or_else(|| rest.find("\n\n"))
            .unwrap_or(rest.len());
        let lines = rest.get(..end).unwrap_or(rest).lines().map(str::trim);
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        lines.join(" ")
    }

    /// The fenced examples that are marked `fail` or `pass`.
    pub fn examples(&self) -> Vec<Example<'a>> {
        let mut examples = Vec::new();
        let mut rest = self.text;
        while let Some(at) = rest.find("```") {
            let after = rest.get(at + 3..).unwrap_or("");
            let (head, body) = after.split_once('\n').unwrap_or((after, ""));
            let end = body.find("```").unwrap_or(body.len());
            let text = body.get(..end).unwrap_or("").trim_end_matches(' ');
            let mut words = head.trim().splitn(3, ' ');
            let language = words.next().unwrap_or("");
            let expected = match words.next() {
                Some("fail") => Some(Expected::Fail),
                Some("pass") => Some(Expected::Pass),
                _ => None,
            };
            if let Some(expected) = expected {
                examples.push(Example {
                    language,
                    expected,
                    words: words.next().unwrap_or(""),
                    text,
                });
            }
            rest = body.get(end + 3..).unwrap_or("");
        }
        examples
    }
}

impl Example<'_> {
    /// The example without the blank that a doc comment puts before each line.
    pub fn source(&self) -> String {
        self.text.lines().fold(String::new(), |mut text, line| {
            text.push_str(line.strip_prefix(' ').unwrap_or(line));
            text.push('\n');
            text
        })
    }

    /// The lines, from 1, that end with `# <-`.
    pub fn marked_lines(&self) -> Vec<u32> {
        (1..)
            .zip(self.text.lines())
            .filter(|(_, line)| line.trim_end().ends_with("# <-"))
            .map(|(number, _)| number)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_is_one_paragraph_on_one_line() {
        let check = |text: &'static str, expected: &str| {
            assert_eq!(Page::new(text).fix(), expected, "{text}");
        };
        check(" Why.\n", "");
        check(" ## Fix\n Remove it.\n", "Remove it.");
        check(
            " ## Fix\n Remove it.\n A program\n may stay.\n \n More.\n",
            "Remove it. A program may stay.",
        );
        check(" ## Fix\n Remove it.\n\n More.\n", "Remove it.");
    }
}
