//! `bun.lock`: JSON with a comma behind the last item, and a list for each package.
//!
//! See: <https://bun.com/docs/pm/lockfile>.

use super::{
    Damage, Listing, NO_RELEASE,
    json::{Kind, Reader},
    npm::Origin,
    yarn::split,
};

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut reader = Reader::lenient(text);
    if reader.kind() != Kind::Object {
        listing.damage(reader.line(), "is no object of JSON");
        return Ok(());
    }
    let mut version = None;
    reader.object(|reader, key| match &*key {
        "lockfileVersion" => {
            version = Some((reader.line(), reader.version()?));
            Ok(())
        }
        "packages" if reader.kind() == Kind::Object => {
            reader.object(|reader, _place| package(reader, listing))
        }
        "packages" => {
            listing.damage(reader.line(), "has no list of packages");
            reader.skip()
        }
        _ => reader.skip(),
    })?;
    match version {
        Some((_, version)) if matches!(&*version, "0" | "1") => {}
        Some((line, version)) => listing.unknown_version(line, &version),
        None => listing.damage(1, "states no lockfileVersion"),
    }
    reader.end()
}

/// A package: first stands what was found, `name@1.0.0`, whatever it was asked for as.
fn package(reader: &mut Reader<'_>, listing: &mut Listing) -> Result<(), Damage> {
    let line = reader.line();
    let mut found = None;
    let mut is_first = true;
    reader.list(|reader| {
        if std::mem::take(&mut is_first) {
            found = reader.string()?;
            return Ok(());
        }
        reader.skip()
    })?;
    let Some(found) = found else {
        listing.damage(line, "a package does not say what was found");
        return Ok(());
    };
    let (name, version) = split(&found);
    match Origin::of(version) {
        // The project itself.
        _ if version.starts_with("root:") => Ok(()),
        Origin::Own => Ok(()),
        Origin::Registry if !version.contains(['/', ':']) => {
            listing.package(name, version, line, false)
        }
        Origin::Registry | Origin::Unreleased => {
            listing.unlisted(NO_RELEASE, line);
            Ok(())
        }
    }
}
