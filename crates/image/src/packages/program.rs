//! Programs: told by their first bytes, and asked what they were built from.

use std::io::{self, Read};

use object::{Object, ObjectSection};

use super::{go, rust};
use crate::{Listed, layer::Says};

/// First bytes of ELF, PE, and Mach-O of 64 bits; scripts are programs as well, and name nothing.
const MARKS: [&[u8]; 3] = [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe"];

pub(super) fn read(content: &mut impl Read) -> io::Result<Option<Says>> {
    let mut bytes = Vec::new();
    content.take(4).read_to_end(&mut bytes)?;
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
