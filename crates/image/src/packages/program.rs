//! Programs: told by their first bytes, and asked what they were built from.

use std::io::{self, Read};

use object::{Object, ObjectSection};

use super::{go, java, rust};
use crate::{Listed, layer::Says};

/// First bytes of ELF, PE, and Mach-O of 64 bits; scripts are programs as well, and name nothing but what stands behind
/// them.
const MARKS: [&[u8]; 3] = [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe"];

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

pub(super) fn read(path: &str, content: &mut impl Read) -> io::Result<Option<Says>> {
    let mut bytes = Vec::new();
    content.take(4).read_to_end(&mut bytes)?;
    if bytes.starts_with(b"#!") {
        content.read_to_end(&mut bytes)?;
        return Ok(java::executable(path, &bytes).map(|listed| match listed {
            Ok(listed) => Says::Packages(listed),
            Err(reason) => Says::Unreadable(reason),
        }));
    }
    if !MARKS.iter().any(|mark| bytes.starts_with(mark)) {
        return Ok(None);
    }
    content.read_to_end(&mut bytes)?;
    Ok(Some(match parse(&bytes) {
        Ok(listed) => Says::Packages(listed),
        Err(reason) => Says::Unreadable(reason),
    }))
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
    use super::*;

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
}
