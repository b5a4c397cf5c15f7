//! Paths as reports print them, and back.

use std::{
    ffi::OsString,
    fmt::Write as _,
    path::{Component, Path, PathBuf},
};

/// A path as reports print it: with `/`, and without a leading `./`.
///
/// Different paths have different names: bytes that are no UTF-8 are written as `\xe9`, and so is a backslash that
/// could be taken for the first of such.
pub fn printed_name(path: &Path) -> String {
    let mut name = String::with_capacity(path.as_os_str().len());
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::RootDir => name.push('/'),
            other => {
                if !name.is_empty() && !name.ends_with('/') {
                    name.push('/');
                }
                append(&mut name, other.as_os_str().as_encoded_bytes());
            }
        }
    }
    if name.is_empty() {
        name.push('.');
    }
    name
}

/// The path of a printed name.
pub fn named_path(name: &str) -> PathBuf {
    if !name.contains("\\x") {
        return PathBuf::from(name);
    }
    let mut bytes = Vec::with_capacity(name.len());
    let mut rest = name.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if let Some(byte) = escaped(rest) {
            bytes.push(byte);
            rest = rest.get(ESCAPE..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    path_of_bytes(bytes)
}

/// How many bytes `\xe9` has.
const ESCAPE: usize = 4;

fn append(name: &mut String, bytes: &[u8]) {
    for chunk in bytes.utf8_chunks() {
        let mut valid = chunk.valid();
        while let Some(at) = valid.find("\\x") {
            let (before, rest) = valid.split_at(at);
            name.push_str(before);
            let is_ambiguous = escaped(rest.as_bytes()).is_some();
            name.push_str(if is_ambiguous { "\\x5c" } else { "\\" });
            valid = rest.get(1..).unwrap_or_default();
        }
        name.push_str(valid);
        for byte in chunk.invalid() {
            // A String takes everything.
            let _ = write!(name, "\\x{byte:02x}");
        }
    }
}

/// The byte that an escape at the beginning of a text stands for.
fn escaped(text: &[u8]) -> Option<u8> {
    let [b'\\', b'x', digits @ ..] = text.get(..ESCAPE)? else {
        return None;
    };
    let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if !digits.iter().all(is_digit) {
        return None;
    }
    u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(unix)]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;

    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of_bytes(bytes: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &[u8], name: &str) {
        let path = path_of_bytes(path.to_vec());
        assert_eq!(printed_name(&path), name);
        assert_eq!(named_path(name), path);
    }

    #[test]
    fn each_path_has_a_name_of_its_own() {
        check(b"a/b.yaml", "a/b.yaml");
        check("ümlaut\u{fffd}".as_bytes(), "ümlaut\u{fffd}");
        check(b"d\xe9pl.yaml", "d\\xe9pl.yaml");
        check(b"d\\xe9pl.yaml", "d\\x5cxe9pl.yaml");
        check(b"d\\x5cxe9pl.yaml", "d\\x5cx5cxe9pl.yaml");
        check(b"d\\x5c\xe9pl.yaml", "d\\x5cx5c\\xe9pl.yaml");
        check(b"\\\xe9\\x\\xg0\\xE9\\", "\\\\xe9\\x\\xg0\\xE9\\");
        check(b"/\xff\xfe/x\xc3", "/\\xff\\xfe/x\\xc3");
        // What the bytes before and after an escape make together is no escape of its own.
        check(b"\\x5\xc3", "\\x5\\xc3");
    }
}
