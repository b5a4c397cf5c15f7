//! What is looked for in every file of an image, whatever its name: secrets, and malware.
//!
//! A text is searched as a whole, in UTF-8 or, where it says so, in UTF-16; what is no text shows that in its first
//! bytes and is not read for secrets. For malware, what [`ringwall_malware`] knows the form of is looked at as it
//! streams by, in every file, also in those of the distribution: its lists of files are as easily written as these.

use std::{
    borrow::Cow,
    io::{self, Read},
};

use ringwall_model::{Confidence, Severity};
use ringwall_secrets::{Detectors, KEY_FILE_BYTES, Scan, key_file, may_be_key_file};

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
    /// Its first characters, the rest concealed; empty for a file of keys that is no text.
    pub shown: String,
}

impl SecretFound {
    /// Whether it may be an example: keys of tests, passwords and addresses in documentation. A token with a form of
    /// its own is one wherever it stands.
    pub fn may_be_example(&self) -> bool {
        matches!(self.provider, "private-key" | "generic" | "http")
    }
}

/// What the search of a text came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Secrets {
    /// In order of place.
    pub found: Vec<SecretFound>,
    /// Whether there may be more.
    pub is_truncated: bool,
}

impl Secrets {
    /// Bytes that it takes to keep them.
    pub(crate) fn kept_bytes(&self) -> usize {
        let shown = self.found.iter().map(|it| it.shown.len());
        size_of_val(&*self.found) + shown.sum::<usize>()
    }
}

/// The secrets of a text.
pub fn search_text(text: &str) -> Secrets {
    secrets(
        text,
        Detectors::builtin().scan_with_limit(text, MOST_SECRETS),
    )
}

/// The secrets of a file.
pub(crate) fn search_file(path: &str, bytes: &[u8]) -> Secrets {
    let text = decode(bytes);
    if is_written_by_programs(path) {
        let scan = Detectors::builtin().scan_forms_with_limit(&text, MOST_SECRETS);
        return secrets(&text, scan);
    }
    search_text(&text)
}

/// What the first bytes of a file that is no text say of keys in it.
pub(crate) fn search_keys(head: &[u8]) -> Option<Secrets> {
    let found = key_file(head)?;
    Some(Secrets {
        found: vec![SecretFound {
            detector: found.words.id,
            provider: found.words.provider,
            title: found.words.title,
            severity: found.severity,
            confidence: None,
            line: 1,
            column: 1,
            shown: String::new(),
        }],
        is_truncated: false,
    })
}

/// Text as UTF-8; what is none in it is shown as what it cannot be.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let read: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8_lossy(bytes),
    };
    let (units, _) = bytes.as_chunks::<2>();
    let units = units.iter().skip(1).map(|unit| read(*unit));
    let text = char::decode_utf16(units);
    Cow::Owned(
        text.map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect(),
    )
}

fn secrets(text: &str, scan: Scan) -> Secrets {
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
    if !is_looked_into(path, size) {
        return Ok(Start::Other(Vec::new()));
    }
    let mut bytes = Vec::new();
    content
        .by_ref()
        .take(SNIFFED_BYTES as u64)
        .read_to_end(&mut bytes)?;
    let is_utf16 = matches!(&*bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]);
    if !is_utf16 && memchr::memchr(0, &bytes).is_some() {
        if may_be_key_file(&bytes) {
            let more = KEY_FILE_BYTES.saturating_sub(bytes.len());
            content.by_ref().take(more as u64).read_to_end(&mut bytes)?;
        }
        return Ok(Start::Other(bytes));
    }
    if size > MOST_TEXT_BYTES {
        return Ok(Start::TooLong(bytes));
    }
    content.read_to_end(&mut bytes)?;
    Ok(Start::Text(bytes))
}

/// Whether the first bytes of a file are looked at.
pub(crate) fn is_looked_into(path: &str, size: u64) -> bool {
    size > 0 && !is_passed_over(path)
}

/// Files whose names say that nobody writes secrets there: lists of what is installed and of the names of places and
/// languages; and what is compressed, which is no text.
fn is_passed_over(path: &str) -> bool {
    // `passwd: files` is no password.
    let is_list = path == "etc/nsswitch.conf"
        || [
            "usr/share/i18n/",
            "usr/share/locale/",
            "usr/share/zoneinfo/",
            "var/lib/apk/",
            "var/lib/apt/lists/",
            "var/lib/dpkg/",
        ]
        .iter()
        .any(|below| path.starts_with(below));
    let is_compressed = [".bz2", ".gz", ".jar", ".xz", ".zip", ".zst"]
        .iter()
        .any(|end| path.ends_with(end));
    is_list || is_compressed
}

/// Files that only programs write: locks of package managers, which are full of digests, and code made from code.
/// A token with a form of its own is one there as well: the tools that make code put in what the build knows.
fn is_written_by_programs(path: &str) -> bool {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
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
    let ends = [".min.js", ".min.css", ".map"];
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
        let mut packed = &b"hello"[..];
        let read = start("srv/a.tar.gz", 5, &mut packed).unwrap();
        assert!(matches!(read, Start::Other(first) if first.is_empty()));
    }

    /// Not a key of anybody: made for this test.
    fn key() -> String {
        format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn what_programs_write_has_tokens_and_no_names_of_secrets() {
        let text = format!("token = \"{}\"\npassword: \"4nB7xQ9wLm2KpZ5v\"\n", key());
        let check = |path: &str, expected: &[&str]| {
            let secrets = search_file(path, text.as_bytes());
            let found: Vec<_> = secrets.found.iter().map(|it| it.provider).collect();
            assert_eq!(found, expected, "{path}");
        };
        check("srv/settings.js", &["github", "generic"]);
        for path in [
            "srv/app.min.js",
            "srv/app.js.map",
            "srv/go.sum",
            "srv/uv.lock",
        ] {
            check(path, &["github"]);
        }
    }

    #[test]
    fn files_of_keys_are_told_and_nothing_of_them_shown() {
        let mut head = b"\x30\x82\x04\xa4\x02\x01\x00\x02\x82\x01\x01\x00".to_vec();
        head.resize(1190, 7);
        let read = start("srv/app.der", 1190, &mut &head[..]).unwrap();
        assert!(matches!(&read, Start::Other(first) if *first == head));
        let secrets = search_keys(&head).unwrap();
        let found = secrets.found.iter().map(|it| (it.provider, &*it.shown));
        assert_eq!(found.collect::<Vec<_>>(), [("private-key", "")]);
        assert_eq!(search_keys(b"\x7fELF\0\0"), None);
    }

    #[test]
    fn texts_in_utf16_are_searched() {
        let text = format!("\u{feff}one\r\ntoken = \"{}\"\r\n", key());
        let units = || text.encode_utf16();
        let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let size = bytes.len() as u64;
            let read = start("srv/settings.ini", size, &mut &bytes[..]).unwrap();
            let Start::Text(all) = read else {
                panic!("is a text");
            };
            let secrets = search_file("srv/settings.ini", &all);
            let places = secrets
                .found
                .iter()
                .map(|it| (it.provider, it.line, it.column));
            assert_eq!(places.collect::<Vec<_>>(), [("github", 2, 10)]);
        }
    }
}
