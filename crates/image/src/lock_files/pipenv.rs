//! `Pipfile.lock`: groups of packages, of which `default` is what is installed and `develop` is for development.
//!
//! See: <https://pipenv.pypa.io/en/latest/pipfile.html>.

use super::{
    Damage, Listing, NO_RELEASE,
    json::{Kind, Reader},
};

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut reader = Reader::new(text);
    if reader.kind() != Kind::Object {
        listing.damage(reader.line(), "is no object of JSON");
        return Ok(());
    }
    let mut is_marked = false;
    let mut version = None;
    reader.object(|reader, group| {
        is_marked |= matches!(&*group, "_meta" | "default");
        if group == "_meta" {
            return reader.object(|reader, key| match &*key {
                "pipfile-spec" => {
                    version = Some((reader.line(), reader.version()?));
                    Ok(())
                }
                _ => reader.skip(),
            });
        }
        reader.object(|reader, name| package(&name, group == "develop", reader, listing))
    })?;
    match version {
        Some((line, version)) if version != "6" => listing.unknown_version(line, &version),
        _ if !is_marked => listing.damage(1, "has no list of packages"),
        _ => {}
    }
    reader.end()
}

fn package(
    name: &str,
    is_for_development: bool,
    reader: &mut Reader<'_>,
    listing: &mut Listing,
) -> Result<(), Damage> {
    let line = reader.line();
    let mut version = None;
    let (mut is_own, mut is_unreleased) = (false, false);
    reader.object(|reader, key| {
        match &*key {
            "version" => {
                version = reader.string()?;
                return Ok(());
            }
            "path" => is_own = true,
            "file" => {
                let address = reader.string()?.unwrap_or_default();
                let is_remote = address.contains("://") && !address.starts_with("file:");
                is_unreleased |= is_remote;
                is_own |= !is_remote;
                return Ok(());
            }
            "git" | "hg" | "svn" | "bzr" => is_unreleased = true,
            _ => {}
        }
        reader.skip()
    })?;
    if is_unreleased {
        listing.unlisted(NO_RELEASE, line);
        return Ok(());
    }
    if is_own {
        return Ok(());
    }
    let version = version.unwrap_or_default();
    let version = version.trim_start_matches('=').trim();
    listing.package(name, version, line, is_for_development)
}
