//! `composer.lock`: the packages of PHP, and those for development.
//!
//! See: <https://getcomposer.org/doc/01-basic-usage.md#commit-your-composer-lock-file-to-version-control>.

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
    let mut has_packages = false;
    reader.object(|reader, key| match &*key {
        "packages" => {
            has_packages = reader.kind() == Kind::List;
            reader.list(|reader| package(false, reader, listing))
        }
        "packages-dev" => reader.list(|reader| package(true, reader, listing)),
        _ => reader.skip(),
    })?;
    if !has_packages {
        listing.damage(1, "has no list of packages");
    }
    reader.end()
}

fn package(
    is_for_development: bool,
    reader: &mut Reader<'_>,
    listing: &mut Listing,
) -> Result<(), Damage> {
    let mut line = reader.line();
    let (mut name, mut version) = (None, None);
    let mut is_own = false;
    reader.object(|reader, key| {
        match &*key {
            "name" => {
                line = reader.line();
                name = reader.string()?;
            }
            "version" => version = reader.string()?,
            "dist" => reader.object(|reader, key| match &*key {
                "type" => {
                    is_own = reader.string()?.is_some_and(|kind| kind == "path");
                    Ok(())
                }
                _ => reader.skip(),
            })?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let version = version.unwrap_or_default();
    if is_own {
        return Ok(());
    }
    // A branch.
    if version.starts_with("dev-") || version.ends_with("-dev") {
        listing.unlisted(NO_RELEASE, line);
        return Ok(());
    }
    listing.package(
        &name.unwrap_or_default(),
        &version,
        line,
        is_for_development,
    )
}
