//! `packages.lock.json`: the packages of .NET for each framework.
//!
//! See: <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files#locking-dependencies>.

use super::{
    Damage, Listing,
    json::{Kind, Reader},
};

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut reader = Reader::new(text);
    if reader.kind() != Kind::Object {
        listing.damage(reader.line(), "is no object of JSON");
        return Ok(());
    }
    let mut version = None;
    reader.object(|reader, key| match &*key {
        "version" => {
            version = Some((reader.line(), reader.version()?));
            Ok(())
        }
        "dependencies" => reader.object(|reader, _framework| {
            reader.object(|reader, name| package(&name, reader, listing))
        }),
        _ => reader.skip(),
    })?;
    match version {
        Some((_, version)) if matches!(&*version, "1" | "2") => {}
        Some((line, version)) => listing.unknown_version(line, &version),
        None => listing.damage(1, "states no version"),
    }
    reader.end()
}

fn package(name: &str, reader: &mut Reader<'_>, listing: &mut Listing) -> Result<(), Damage> {
    let line = reader.line();
    let mut version = None;
    let mut is_own = false;
    reader.object(|reader, key| {
        match &*key {
            "type" => {
                let kind = reader.string()?;
                is_own = kind.is_some_and(|kind| kind.eq_ignore_ascii_case("project"));
            }
            "resolved" => version = reader.string()?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    if is_own {
        return Ok(());
    }
    listing.package(name, &version.unwrap_or_default(), line, false)
}
