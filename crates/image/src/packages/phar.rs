//! Archives of PHP behind a script, as Composer is one: what they bring is not read.
//!
//! See: <https://www.php.net/manual/en/phar.fileformat.phar.php>.

use memchr::memmem;

/// What stands before the list of files.
const MARK: &[u8] = b"__HALT_COMPILER();";
/// Bytes of a list of no files, behind its length.
const SHORTEST_LIST: usize = 14;

/// Whether a script has such an archive behind it.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    has_list(bytes).unwrap_or(false)
}

fn has_list(bytes: &[u8]) -> Option<bool> {
    let at = memmem::find(bytes, MARK)?;
    let rest = bytes.get(at + MARK.len()..)?;
    let rest = rest.strip_prefix(b" ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"?>").unwrap_or(rest);
    let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
    let rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    // Of what a script has behind it otherwise, as a text, this is no length.
    let (length, list) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    Some((SHORTEST_LIST..=list.len()).contains(&length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_a_list_of_its_files() {
        let stub = "#!/usr/bin/env php\n<?php Phar::mapPhar('a'); __HALT_COMPILER(); ?>";
        for end in ["\r\n", "\n"] {
            let phar = [stub.as_bytes(), end.as_bytes(), &[20, 0, 0, 0], &[0; 40]].concat();
            assert!(is_one(&phar));
        }
        for other in [
            format!("{stub}\r\n"),
            format!("{stub}\nSome text that a script reads behind itself."),
            "#!/bin/sh\n".to_owned(),
        ] {
            assert!(!is_one(other.as_bytes()), "{other:?}");
        }
    }
}
