//! Programs: told by their first bytes, and asked what they were built from.

use std::io::{self, Read};

use object::{Object, ObjectSection};

use super::{go, java, phar, rust, whole::Whole, zipapp};
use crate::{Listed, layer::Says};

/// First bytes of ELF, PE, Mach-O, and WebAssembly, which a runtime may be set up to run as any other program; scripts
/// are programs as well, and name nothing but what stands behind them.
const MARKS: [&[u8]; 5] = [
    b"\x7fELF",
    b"MZ",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\0asm",
];

/// Whether these are the first bytes of a universal program of Mach-O: a list of programs, one for each processor.
///
/// Classes of Java begin alike, and have their version where those have how many they are: 45 and more.
fn is_universal(first: &[u8]) -> bool {
    matches!(first, [0xca, 0xfe, 0xba, 0xbe | 0xbf, 0, 0, 0, 1..45, ..])
}

/// First bytes of a file that tell whether it is a program, whatever its mode.
pub(crate) const MARK_BYTES: u64 = 18;

/// Whether these are the first bytes of a program of ELF, or of a library: what is only a part of one is neither.
pub(crate) fn is_program(first: &[u8]) -> bool {
    let kind = match first {
        [0x7f, b'E', b'L', b'F', _, 1, .., low, high] => u16::from_le_bytes([*low, *high]),
        [0x7f, b'E', b'L', b'F', _, 2, .., high, low] => u16::from_be_bytes([*high, *low]),
        _ => return false,
    };
    // `ET_EXEC` and `ET_DYN`.
    first.len() as u64 == MARK_BYTES && matches!(kind, 2 | 3)
}

/// First bytes of an archive that tell whether it is one of Java.
pub(crate) const JAR_BYTES: u64 = 39;

/// Whether these are the first bytes of a Java archive: the tools that write one begin with the folder of its manifest.
pub(crate) fn is_jar(first: &[u8]) -> bool {
    first.starts_with(ZIP) && first.get(30..39) == Some(b"META-INF/")
}

/// First bytes of an archive of ZIP.
const ZIP: &[u8] = b"PK\x03\x04";

/// First bytes of a library of Windows that tell whether it is an assembly of .NET.
pub(crate) const ASSEMBLY_BYTES: u64 = 1024;

/// Whether these are the first bytes of an assembly of .NET, which runs everywhere and needs no mode to be loaded.
pub(crate) fn is_assembly(first: &[u8]) -> bool {
    has_runtime_header(first).unwrap_or(false)
}

/// Whether a file of PE says where its header for .NET is: by the fifteenth of its directories.
///
/// See: <https://learn.microsoft.com/windows/win32/debug/pe-format>.
fn has_runtime_header(first: &[u8]) -> Option<bool> {
    let bytes = |at: usize, count: usize| first.get(at..at.checked_add(count)?);
    let number = |at: usize| Some(u32::from_le_bytes(bytes(at, 4)?.try_into().ok()?));
    if bytes(0, 2)? != b"MZ" {
        return None;
    }
    let header = usize::try_from(number(0x3c)?).ok()?;
    if bytes(header, 4)? != b"PE\0\0" {
        return None;
    }
    let directories = match bytes(header.checked_add(24)?, 2)? {
        [0x0b, 1] => 24 + 96,
        [0x0b, 2] => 24 + 112,
        _ => return None,
    };
    Some(number(header.checked_add(directories + 14 * 8)?)? != 0)
}

pub(super) fn read(path: &str, size: u64, content: &mut impl Read) -> io::Result<Option<Says>> {
    let mut first = Vec::new();
    content.take(8).read_to_end(&mut first)?;
    let whole = |content: &mut _| Whole::read(&mut first.chain(content), size);
    if first.starts_with(b"#!") || first.starts_with(b"<?ph") || first.starts_with(ZIP) {
        let bytes = whole(content)?;
        return Ok(archive(path, &bytes).map(|listed| match listed {
            Ok(listed) => Says::Packages(listed),
            Err(reason) => Says::Unreadable(reason),
        }));
    }
    if !MARKS.iter().any(|mark| first.starts_with(mark)) && !is_universal(&first) {
        return Ok(None);
    }
    Ok(Some(match parse(&whole(content)?) {
        Ok(listed) => Says::Packages(listed),
        Err(reason) => Says::Unreadable(reason),
    }))
}

/// What an archive says that is a program, with or without a script before it; `None` where it is none.
fn archive(path: &str, bytes: &[u8]) -> Option<Result<Listed, String>> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let has_script = !bytes.starts_with(ZIP);
    match java::executable(path, bytes) {
        // Archives of others have a manifest of this name as well, and say by their own names what they are.
        Some(Err(_)) if !has_script && name.contains('.') => {}
        Some(read) => return Some(read),
        None => {}
    }
    // Python takes an archive without a script where it has a name for that.
    if has_script || zipapp::is_named(path) {
        let application = zipapp::parse(bytes);
        if application.is_some() {
            return application;
        }
    }
    // The tool of PHP itself brings no package.
    let is_php = matches!(name, "phar" | "phar.phar");
    (!is_php && phar::is_one(bytes))
        .then(|| Err("is an archive of PHP, whose packages are not read".to_owned()))
}

fn parse(bytes: &[u8]) -> Result<Listed, String> {
    let file = object::File::parse(bytes)
        .map_err(|error| format!("looks like a program and is none that can be read: {error}"))?;
    let section = |name: &str| file.section_by_name(name)?.data().ok();
    if let Some(list) = section(".dep-v0") {
        return rust::parse(list);
    }
    let mut named = [".go.buildinfo", "__go_buildinfo"].into_iter();
    if let Some(info) = named.find_map(section) {
        return go::parse(info, &file);
    }
    // Windows has no section for it, and some builds drop the names of sections.
    match go::find(bytes) {
        Some(info) => go::parse(info, &file),
        None => Err("is a program that does not say what it was built from".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::java::tests::zip, *};

    #[test]
    fn programs_and_libraries_are_known_without_a_mode() {
        let check = |order: u8, kind: [u8; 2], expected: bool| {
            let first = [&b"\x7fELF\x02"[..], &[order], &[0; 10], &kind].concat();
            assert_eq!(is_program(&first), expected, "{order} {kind:?}");
        };
        check(1, [2, 0], true);
        check(1, [3, 0], true);
        check(2, [0, 3], true);
        check(1, [1, 0], false);
        check(1, [4, 0], false);
        check(0, [3, 0], false);
        assert!(!is_program(b"\x7fELF\x02\x01\x03\0"));
        assert!(!is_program(b""));
    }

    #[test]
    fn programs_of_every_form_are_told() {
        let is_told = |content: &[u8]| {
            let says = read("app/shop", content.len() as u64, &mut &*content).unwrap();
            matches!(says, Some(Says::Unreadable(_)))
        };
        for begin in [
            &b"\0asm\x01\0\0\0"[..],
            b"\xca\xfe\xba\xbe\0\0\0\x02",
            b"\xca\xfe\xba\xbf\0\0\0\x02",
            b"\xce\xfa\xed\xfe\x07\0\0\0",
        ] {
            assert!(is_told(&[begin, &[0; 64]].concat()), "{begin:?}");
        }
        // A class of Java 1.1, and one of Java 21.
        assert!(!is_told(b"\xca\xfe\xba\xbe\0\x03\0\x2d\0\0"));
        assert!(!is_told(b"\xca\xfe\xba\xbe\0\0\0\x41\0\0"));
        assert!(!is_told(b"asm"));
    }

    #[test]
    fn applications_of_python_are_read_with_and_without_a_script() {
        let archive = zip(&[
            ("__main__.py", b"print()"),
            ("tea-1.0.dist-info/METADATA", b"Name: Tea\nVersion: 1.0\n"),
        ]);
        let script = [b"#!/usr/bin/env python3\n", &archive[..]].concat();
        let is_told =
            |path: &str, content: &[u8]| match read(path, content.len() as u64, &mut &*content)
                .unwrap()
            {
                Some(Says::Packages(listed)) => listed.packages.len() == 1,
                _ => false,
            };
        assert!(is_told("app/shop", &script));
        assert!(is_told("app/shop.pyz", &archive));
        assert!(is_told("app/shop.pyz", &script));
        assert!(!is_told("app/shop.zip", &archive));
        assert!(!is_told("app/shop", b"#!/bin/sh\n"));
    }

    #[test]
    fn archives_of_java_need_no_name() {
        let pom: (&str, &[u8]) = (
            "META-INF/maven/org.cups/tea/pom.properties",
            b"groupId=org.cups\nartifactId=tea\nversion=1.0\n",
        );
        let manifest: (&str, &[u8]) = ("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\n");
        let told = |path: &str, content: &[u8]| {
            let says = read(path, content.len() as u64, &mut &*content).unwrap();
            says.map(|says| match says {
                Says::Packages(listed) => listed.packages.len(),
                _ => 0,
            })
        };
        let jar = zip(&[manifest, pom]);
        assert!(is_jar(&jar[..39]) && !is_jar(&jar[..38]));
        for path in ["app/tea", "app/tea-1.0", "app/tea.bin"] {
            assert_eq!(told(path, &jar), Some(1), "{path}");
        }
        // What is none of Java, and what says nothing of itself.
        assert_eq!(told("app/tea", &zip(&[("a", b"b")])), None);
        let nameless = zip(&[manifest]);
        assert_eq!(told("app/tea", &nameless), Some(0));
        assert_eq!(told("app/tea.apk", &nameless), None);
        let phar = b"<?php __HALT_COMPILER(); ?>\r\n\x14\0\0\0aaaaaaaaaaaaaaaaaaaaaaaa";
        assert_eq!(told("usr/local/bin/composer", phar), Some(0));
        assert_eq!(told("usr/local/bin/phar.phar", phar), None);
        assert_eq!(told("usr/local/bin/page", b"<?php phpinfo();"), None);
    }

    #[test]
    fn assemblies_are_known_by_their_header() {
        let of = |kind: u8, directories: usize, runtime: u8| {
            let mut first = vec![0; 0x40 + directories + 14 * 8 + 8];
            first[..2].copy_from_slice(b"MZ");
            first[0x3c] = 0x40;
            first[0x40..0x44].copy_from_slice(b"PE\0\0");
            first[0x58..0x5a].copy_from_slice(&[0x0b, kind]);
            first[0x40 + directories + 14 * 8] = runtime;
            first
        };
        assert!(is_assembly(&of(1, 120, 8)));
        assert!(is_assembly(&of(2, 136, 8)));
        assert!(!is_assembly(&of(2, 136, 0)));
        assert!(!is_assembly(&of(3, 136, 8)));
        let whole = of(2, 136, 8);
        for end in 0..whole.len() - 7 {
            assert!(!is_assembly(&whole[..end]), "{end}");
        }
        let mut far = whole;
        far[0x3c..0x40].fill(0xff);
        assert!(!is_assembly(&far));
    }
}
