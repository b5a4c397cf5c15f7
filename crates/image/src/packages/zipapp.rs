//! Applications of Python in one file: an archive behind a script, as zipapp, PEX and shiv write it, with the metadata
//! of the packages that it brings.
//!
//! See: <https://docs.python.org/3/library/zipapp.html>, <https://docs.pex-tool.org/>.

use rawzip::{ZipArchive, ZipSliceArchive};

use super::{
    java::unpack,
    python,
    room::{FULL, Room},
};
use crate::{Listed, Package};

/// Entries that are looked at.
const MAX_ENTRIES: usize = 1_000_000;

/// Longest metadata, unpacked.
const MAX_TEXT_BYTES: u64 = 4 << 20;

/// Bytes that all metadata may unpack to: entries may have their content in common.
const MAX_UNPACKED_BYTES: u64 = 512 << 20;

/// Whether a file is called like such an application, which then needs no mode to be run.
pub(crate) fn is_named(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    matches!(extension, Some("pex" | "pyz"))
}

/// What such an application brings; `None` where it is none.
pub(super) fn parse(bytes: &[u8]) -> Option<Result<Listed, String>> {
    let archive = ZipArchive::from_slice(bytes).ok()?;
    let mut packages = Vec::new();
    let mut is_application = false;
    let damage = read(&archive, &mut packages, &mut is_application).err();
    if !is_application {
        return None;
    }
    if packages.is_empty() {
        let reason = "is an application of Python that does not say what it was built from";
        return Some(Err(damage.unwrap_or_else(|| reason.to_owned())));
    }
    Some(Ok(Listed {
        packages,
        damage,
        ..Listed::default()
    }))
}

fn read(
    archive: &ZipSliceArchive<&[u8]>,
    packages: &mut Vec<Package>,
    is_application: &mut bool,
) -> Result<(), String> {
    let damaged = |error: rawzip::Error| format!("is no archive that can be read: {error}");
    let mut entries = archive.entries();
    let mut room = Room::default();
    let mut bytes_left = MAX_UNPACKED_BYTES;
    let mut damage = None;
    for _ in 0..MAX_ENTRIES {
        let Some(entry) = entries.next_entry().map_err(damaged)? else {
            return damage.map_or(Ok(()), Err);
        };
        let name = entry.file_path();
        let name = String::from_utf8_lossy(name.as_ref());
        // Python runs what is called so.
        *is_application |= name == "__main__.py";
        if !is_metadata(&name) {
            continue;
        }
        let method = entry.compression_method();
        let data = archive.get_entry(entry.wayfinder()).map_err(damaged)?;
        let limit = bytes_left.min(MAX_TEXT_BYTES);
        let read = unpack(data.data(), method, limit).and_then(|text| {
            bytes_left = bytes_left.saturating_sub(text.len() as u64);
            python::parse(&String::from_utf8_lossy(&text))
        });
        match read {
            Ok(listed) => {
                if !listed.packages.iter().all(|it| room.has_for(it)) {
                    return Err(FULL.to_owned());
                }
                packages.extend(listed.packages);
            }
            Err(reason) => damage = Some(format!("{name} {reason}")),
        }
    }
    Err(format!("holds more than {MAX_ENTRIES} entries"))
}

/// Whether an entry tells of a package: that of a wheel, or that of an egg.
fn is_metadata(name: &str) -> bool {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    match file {
        "METADATA" => folder.ends_with(".dist-info"),
        "PKG-INFO" => folder.ends_with(".egg-info") || folder.ends_with("EGG-INFO"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::java::tests::zip, *};

    const MAIN: (&str, &[u8]) = ("__main__.py", b"print()");
    const TEA: (&str, &[u8]) = (
        ".deps/tea-1.0-py3-none-any.whl/tea-1.0.dist-info/METADATA",
        b"Name: Tea\nVersion: 1.0\n",
    );

    fn told(bytes: &[u8]) -> (Vec<String>, Option<String>) {
        let listed = parse(bytes).unwrap().unwrap();
        let packages = listed.packages.into_iter();
        let packages = packages.map(|it| format!("{} {}", it.name, it.version));
        (packages.collect(), listed.damage)
    }

    #[test]
    fn packages_that_an_application_brings_are_listed() {
        let cup: (&str, &[u8]) = (
            "site-packages/cup.egg-info/PKG-INFO",
            b"Name: Cup\nVersion: 2\n",
        );
        let archive = zip(&[MAIN, TEA, cup, ("tea/METADATA", b"no metadata")]);
        let script = [b"#!/usr/bin/env python3\n", &archive[..]].concat();
        let expected = vec!["Tea 1.0".to_owned(), "Cup 2".to_owned()];
        assert_eq!(told(&archive), (expected.clone(), None));
        assert_eq!(told(&script), (expected, None));
    }

    #[test]
    fn damage_hides_no_other_package() {
        let (packages, damage) = told(&zip(&[("a.dist-info/METADATA", b"x"), MAIN, TEA]));
        assert_eq!(packages, ["Tea 1.0"]);
        assert!(damage.unwrap().starts_with("a.dist-info/METADATA names no"));
        let long = vec![b' '; (4 << 20) + 1];
        let (packages, damage) = told(&zip(&[MAIN, ("a.dist-info/METADATA", &long), TEA]));
        assert_eq!(packages, ["Tea 1.0"]);
        assert!(damage.unwrap().contains("unpacks to more"));
    }

    #[test]
    fn an_application_that_says_nothing_is_told() {
        let nothing = parse(&zip(&[MAIN])).unwrap().unwrap_err();
        assert!(nothing.contains("does not say"), "{nothing}");
        assert_eq!(parse(&zip(&[TEA])), None);
        assert_eq!(parse(b"#!/bin/sh\n"), None);
    }
}
