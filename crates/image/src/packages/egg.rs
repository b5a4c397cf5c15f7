//! Python eggs that are archives: `EGG-INFO/PKG-INFO` inside them.
//!
//! See: <https://setuptools.pypa.io/en/latest/deprecated/python_eggs.html>.

use rawzip::ZipArchive;

use super::{java::unpack, python};
use crate::Listed;

/// Entries that are looked at.
const MAX_ENTRIES: usize = 1_000_000;

/// Longest metadata, unpacked.
const MAX_TEXT_BYTES: u64 = 4 << 20;

pub(super) fn parse(bytes: &[u8]) -> Result<Listed, String> {
    let damaged = |error: rawzip::Error| format!("is no archive that can be read: {error}");
    let archive = ZipArchive::from_slice(bytes).map_err(damaged)?;
    let mut entries = archive.entries();
    for _ in 0..MAX_ENTRIES {
        let Some(entry) = entries.next_entry().map_err(damaged)? else {
            return Err("is an egg that does not say what it is".to_owned());
        };
        if entry.file_path().as_ref() != b"EGG-INFO/PKG-INFO" {
            continue;
        }
        let method = entry.compression_method();
        let data = archive.get_entry(entry.wayfinder()).map_err(damaged)?;
        let text = unpack(data.data(), method, MAX_TEXT_BYTES)
            .map_err(|reason| format!("EGG-INFO/PKG-INFO {reason}"))?;
        return python::parse(&String::from_utf8_lossy(&text));
    }
    Err(format!("holds more than {MAX_ENTRIES} entries"))
}

#[cfg(test)]
mod tests {
    use super::{super::java::tests::zip, *};

    #[test]
    fn the_metadata_inside_names_the_package() {
        let info: (&str, &[u8]) = ("EGG-INFO/PKG-INFO", b"Name: Tea\nVersion: 1.0\n");
        let other: (&str, &[u8]) = ("tea/EGG-INFO/PKG-INFO", b"Name: Cup\nVersion: 2\n");
        let packages = parse(&zip(&[other, info])).unwrap().packages;
        assert_eq!(packages.len(), 1);
        assert_eq!((&*packages[0].name, &*packages[0].version), ("Tea", "1.0"));
    }

    #[test]
    fn damage_is_told() {
        let check = |bytes: &[u8], reason: &str| {
            let error = parse(bytes).unwrap_err();
            assert!(error.contains(reason), "{error}");
        };
        check(b"", "no archive");
        check(b"/srv/tea\n.", "no archive");
        check(&zip(&[("tea.py", b"x")]), "does not say what it is");
        check(&zip(&[("EGG-INFO/PKG-INFO", b"x")]), "names no package");
    }
}
