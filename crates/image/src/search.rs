//! What is looked for in every file of an image, whatever its name: secrets.
//!
//! A text is searched as a whole; what is no text shows that in its first bytes and is not read for this.

use std::io::{self, Read};

use ringwall_model::{Confidence, Severity};
use ringwall_secrets::Detectors;

/// First bytes that tell whether a file is a text.
const SNIFFED_BYTES: usize = 512;
/// Longest text that is searched: 10 MiB. Longer ones are data, and told as not searched.
pub(crate) const MOST_TEXT_BYTES: u64 = 10 << 20;
/// Most secrets of one file.
const MOST_SECRETS: usize = 100;

/// A secret in a file of an image. The secret itself is not kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretFound {
    /// The detector's id, such as `aws-access-key`.
    pub detector: &'static str,
    /// Whose secret it is, such as `aws`; `generic` when only its name gives it away.
    pub provider: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// How sure; `None` is certain.
    pub confidence: Option<Confidence>,
    /// Its line, from 1.
    pub line: u32,
    /// Its column in characters, from 1.
    pub column: u32,
    /// Its first characters, the rest concealed.
    pub shown: String,
}

/// What the search of a text came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// In order of place.
    pub found: Vec<SecretFound>,
    /// Whether there may be more.
    pub is_truncated: bool,
}

/// The secrets of a text.
pub fn search_text(text: &str) -> Secrets {
    let scan = Detectors::builtin().scan_with_limit(text, MOST_SECRETS);
    let mut found = Vec::with_capacity(scan.matches.len());
    // Matches stand in order, so that lines are counted once.
    let (mut line, mut line_start, mut counted) = (1_u32, 0, 0);
    for secret in scan.matches {
        let start = secret.span.start as usize;
        let between = text.as_bytes().get(counted..start).unwrap_or_default();
        for newline in memchr::memchr_iter(b'\n', between) {
            line = line.saturating_add(1);
            line_start = counted + newline + 1;
        }
        counted = start;
        let before = text.get(line_start..start).unwrap_or_default();
        let value = text.get(start..secret.span.end as usize);
        found.push(SecretFound {
            detector: secret.detector,
            provider: secret.provider,
            title: secret.title,
            severity: secret.severity,
            confidence: secret.confidence,
            line,
            column: u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX),
            shown: ringwall_secrets::redact(value.unwrap_or_default()),
        });
    }
    Secrets {
        found,
        is_truncated: scan.truncated,
    }
}

/// The beginning of a file, and whether it is a text that is searched.
pub(crate) enum Start {
    /// No text, or none that is searched: these bytes come before the rest.
    Other(Vec<u8>),
    /// A text, whole.
    Text(Vec<u8>),
    /// A text that is too long: these bytes come before the rest.
    TooLong(Vec<u8>),
}

/// Reads as much of a file as it takes to know whether it is searched, and all of it if it is.
pub(crate) fn start(path: &str, size: u64, content: &mut impl Read) -> io::Result<Start> {
    if size == 0 || holds_no_secrets(path) {
        return Ok(Start::Other(Vec::new()));
    }
    let mut bytes = Vec::new();
    content
        .by_ref()
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut bytes)?;
    if memchr::memchr(0, &bytes).is_some() {
        return Ok(Start::Other(bytes));
    }
    if size > MOST_TEXT_BYTES {
        return Ok(Start::TooLong(bytes));
    }
    content.read_to_end(&mut bytes)?;
    Ok(Start::Text(bytes))
}

/// Files whose names say that nobody writes secrets there: locks of package managers, which are full of digests,
/// code made by programs, lists of what is installed, and what is compressed.
fn holds_no_secrets(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    // `passwd: files` is no password.
    if path == "etc/nsswitch.conf"
        || folder == "usr/share/zoneinfo"
        || [
            "usr/share/i18n/",
            "usr/share/locale/",
            "var/lib/apk/",
            "var/lib/apt/lists/",
            "var/lib/dpkg/",
        ]
        .iter()
        .any(|below| path.starts_with(below))
    {
        return true;
    }
    let is_lock = matches!(
        name,
        "package-lock.json"
            | ".package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
            | "Cargo.lock"
            | "go.sum"
            | "composer.lock"
            | "poetry.lock"
            | "uv.lock"
            | "Gemfile.lock"
    );
    let ends = [
        ".min.js", ".min.css", ".map", ".png", ".jpg", ".gif", ".gz", ".xz", ".zst", ".zip",
        ".jar", ".so", ".a", ".pyc", ".class", ".woff2", ".mo", ".ttf",
    ];
    is_lock || ends.iter().any(|end| name.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_secrets_are_lines_and_columns() {
        // Not a key of anybody: made for this test.
        let key = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        let text = format!("one\ntwö: {key}\n\nexport TOKEN={key}\n");
        let secrets = search_text(&text);
        let places: Vec<_> = secrets
            .found
            .iter()
            .map(|it| (it.line, it.column))
            .collect();
        assert_eq!(places, [(2, 6), (4, 14)]);
        assert!(secrets.found.iter().all(|it| !it.shown.contains("c3D4")));
        assert!(!secrets.is_truncated);
    }

    #[test]
    fn what_is_no_text_is_left_after_its_first_bytes() {
        let mut binary = vec![b'x'; 2000];
        binary[100] = 0;
        let mut content = &binary[..];
        let Start::Other(first) = start("bin/x", 2000, &mut content).unwrap() else {
            panic!("is no text");
        };
        assert_eq!(first.len() + content.len(), binary.len());
        let mut text = &b"hello"[..];
        let Start::Text(all) = start("a", 5, &mut text).unwrap() else {
            panic!("is a text");
        };
        assert_eq!(all, b"hello");
        let mut long = &b"hello"[..];
        let read = start("a", MOST_TEXT_BYTES + 1, &mut long).unwrap();
        assert!(matches!(read, Start::TooLong(_)));
        let mut lock = &b"hello"[..];
        let read = start("srv/go.sum", 5, &mut lock).unwrap();
        assert!(matches!(read, Start::Other(first) if first.is_empty()));
    }
}
