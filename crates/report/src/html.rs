//! `-o html`: the web viewer and the report in one file that asks for nothing from outside.

use std::io;

use ringwall_model::Report;
use sha2::{Digest as _, Sha256};

use crate::{Context, bundle};

/// The viewer's files by name, for whoever serves them: `index.html` reads `report.json`,
/// which is what [`bundle()`] writes, from beside it.
pub const VIEWER: [(&str, &str); 13] = [
    ("index.html", INDEX),
    ("viewer.css", STYLE),
    ("dom.js", include_str!("../../../viewer/dom.js")),
    ("grade.js", include_str!("../../../viewer/grade.js")),
    ("markdown.js", include_str!("../../../viewer/markdown.js")),
    ("model.js", include_str!("../../../viewer/model.js")),
    ("state.js", include_str!("../../../viewer/state.js")),
    ("summary.js", include_str!("../../../viewer/summary.js")),
    (
        "views/detail.js",
        include_str!("../../../viewer/views/detail.js"),
    ),
    (
        "views/printed.js",
        include_str!("../../../viewer/views/printed.js"),
    ),
    (
        "views/findings.js",
        include_str!("../../../viewer/views/findings.js"),
    ),
    ("views.js", include_str!("../../../viewer/views.js")),
    ("app.js", include_str!("../../../viewer/app.js")),
];

const INDEX: &str = include_str!("../../../viewer/index.html");
const STYLE: &str = include_str!("../../../viewer/viewer.css");
const STYLE_LINK: &str = "<link rel=\"stylesheet\" href=\"viewer.css\">";
const SCRIPT_LINK: &str = "<script type=\"module\" src=\"app.js\"></script>";
const POLICY_START: &str = "content=\"default-src";

/// Writes the report as one HTML file.
///
/// Its Content-Security-Policy allows the one style and the one script by their hashes and
/// nothing else, so no text of a report can run, load or send anything.
pub fn html(report: &Report, context: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let script = script();
    let policy = format!(
        "content=\"default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(&script)),
        base64(&Sha256::digest(STYLE)),
    );
    let (head, rest) = INDEX.split_once(POLICY_START).unwrap_or((INDEX, ""));
    let (_, rest) = rest.split_once('"').unwrap_or(("", rest));
    let (middle, rest) = rest.split_once(STYLE_LINK).unwrap_or((rest, ""));
    let (body, foot) = rest.split_once(SCRIPT_LINK).unwrap_or((rest, ""));
    for part in [
        head, &policy, "\"", middle, "<style>", STYLE, "</style>", body,
    ] {
        out.write_all(part.as_bytes())?;
    }
    out.write_all(b"<script type=\"application/json\" id=\"report\">")?;
    bundle(report, context, &mut InScript(out))?;
    out.write_all(b"</script>\n<script type=\"module\">")?;
    out.write_all(script.as_bytes())?;
    out.write_all(b"</script>")?;
    out.write_all(foot.as_bytes())
}

/// The viewer's modules as one: they are listed in the order of their imports,
/// and no two share a name, so imports and `export` can go.
fn script() -> String {
    let mut script = String::from("\n");
    for (name, text) in VIEWER {
        if name == "index.html" || name == "viewer.css" {
            continue;
        }
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            script.push_str(line.strip_prefix("export ").unwrap_or(line));
            script.push('\n');
        }
    }
    script
}

/// JSON inside a `<script>`: without `<` nothing can end the element or open a comment.
/// In JSON `<` only stands in strings, where the escape means the same.
struct InScript<'a>(&'a mut dyn io::Write);

impl io::Write for InScript<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (index, part) in bytes.split(|&byte| byte == b'<').enumerate() {
            if index > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (index, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let digit = DIGITS.get((group >> shift & 63) as usize);
            text.push(match digit {
                Some(&digit) if index <= chunk.len() => char::from(digit),
                _ => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of RFC 4648, section 10.
    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_viewer_can_be_inlined() {
        for part in [POLICY_START, STYLE_LINK, SCRIPT_LINK] {
            assert_eq!(INDEX.matches(part).count(), 1, "{part}");
        }
        let script = script();
        assert!(!script.contains("</script") && !script.contains("<!--"));
        assert!(
            !STYLE.contains("</style") && !STYLE.contains("url(") && !STYLE.contains("@import")
        );
        for line in script.lines() {
            assert!(
                !line.starts_with("import") && !line.starts_with("export"),
                "{line}"
            );
            assert!(
                !line.contains("innerHTML") && !line.contains("eval("),
                "{line}"
            );
        }
    }

    /// Each module may only import what stands before it.
    #[test]
    fn modules_are_listed_in_the_order_of_their_imports() {
        let mut before = Vec::new();
        for (name, text) in VIEWER {
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let path = line.split('"').nth(1).unwrap();
                let file = path.trim_start_matches("./").trim_start_matches("../");
                let known = before.iter().any(|known: &&str| known.ends_with(file));
                assert!(known, "{name} imports {path}");
            }
            before.push(name);
        }
    }

    /// Joined, the modules share one scope.
    #[test]
    fn no_two_modules_share_a_name() {
        let script = script();
        let mut names: Vec<&str> = script
            .lines()
            .filter_map(|line| {
                let line = line.strip_prefix("async ").unwrap_or(line);
                ["function ", "const ", "let "]
                    .into_iter()
                    .find_map(|word| line.strip_prefix(word))
            })
            .filter_map(|rest| rest.split([' ', '(']).next())
            .collect();
        assert!(names.len() > 20, "{names:?}");
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
