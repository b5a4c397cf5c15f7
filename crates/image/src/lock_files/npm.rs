//! `package-lock.json` and `npm-shrinkwrap.json`, of versions 1 to 3.
//!
//! See: <https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json>.

use super::{
    Damage, Listing, NO_RELEASE,
    json::{Kind, Reader},
};

/// Where packages are, by the keys of versions 2 and 3.
const FOLDER: &str = "node_modules/";

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut reader = Reader::new(text);
    if reader.kind() != Kind::Object {
        listing.damage(reader.line(), "is no object of JSON");
        return Ok(());
    }
    let (mut has_places, mut has_packages) = (false, false);
    let mut version = None;
    reader.object(|reader, key| match &*key {
        "packages" if reader.kind() == Kind::Object => {
            (has_places, has_packages) = (true, true);
            // Version 2 has both; `dependencies` is there for those who know version 1 alone, and names the same.
            *listing = Listing::new(listing.ecosystem);
            reader.object(|reader, place| package(&place, reader, listing))
        }
        "dependencies" if !has_places => {
            has_packages = true;
            dependencies(reader, listing)
        }
        "lockfileVersion" => {
            version = Some((reader.line(), reader.version()?));
            Ok(())
        }
        _ => reader.skip(),
    })?;
    match &version {
        // Where there are none, it has no list of them.
        Some((_, version)) if version == "1" => {}
        Some((line, version)) if !matches!(&**version, "2" | "3") => {
            listing.unknown_version(*line, version);
        }
        // The oldest state no version.
        _ if !has_packages => listing.damage(1, "has no list of packages"),
        _ => {}
    }
    reader.end()
}

/// A package of versions 2 and 3, by the folder that it is in.
fn package(place: &str, reader: &mut Reader<'_>, listing: &mut Listing) -> Result<(), Damage> {
    let line = reader.line();
    // What stands in no such folder is the project and its workspaces.
    let Some((_, name)) = place.rsplit_once(FOLDER) else {
        return reader.skip();
    };
    let mut name = name.to_owned();
    let mut version = String::new();
    let mut resolved = String::new();
    let (mut is_link, mut is_for_development) = (false, false);
    reader.object(|reader, key| {
        let field = match &*key {
            // The folder has the name of an alias; what is in it says its own.
            "name" => &mut name,
            "version" => &mut version,
            "resolved" => &mut resolved,
            "link" => {
                is_link = reader.is_true()?;
                return Ok(());
            }
            "dev" => {
                is_for_development = reader.is_true()?;
                return Ok(());
            }
            _ => return reader.skip(),
        };
        if let Some(text) = reader.string()? {
            *field = text.into_owned();
        }
        Ok(())
    })?;
    match Origin::of(&resolved) {
        _ if is_link => Ok(()),
        Origin::Own => Ok(()),
        Origin::Unreleased => {
            listing.unlisted(NO_RELEASE, line);
            Ok(())
        }
        Origin::Registry => listing.package(&name, &version, line, is_for_development),
    }
}

/// The packages of version 1, and those that they have for themselves.
fn dependencies(reader: &mut Reader<'_>, listing: &mut Listing) -> Result<(), Damage> {
    reader.object(|reader, name| {
        let line = reader.line();
        let mut version = String::new();
        let mut is_for_development = false;
        reader.object(|reader, key| {
            match &*key {
                "version" => version = reader.string()?.unwrap_or_default().into_owned(),
                "dev" => is_for_development = reader.is_true()?,
                "dependencies" => dependencies(reader, listing)?,
                _ => reader.skip()?,
            }
            Ok(())
        })?;
        if let Some(alias) = version.strip_prefix("npm:") {
            let (name, version) = alias.rsplit_once('@').unwrap_or((alias, ""));
            return listing.package(name, version, line, is_for_development);
        }
        let origin = match Origin::of(&version) {
            // An address in the place of a version is no place of a registry.
            Origin::Registry if version.contains("://") => Origin::Unreleased,
            origin => origin,
        };
        match origin {
            Origin::Own => Ok(()),
            Origin::Unreleased => {
                listing.unlisted(NO_RELEASE, line);
                Ok(())
            }
            Origin::Registry => listing.package(&name, &version, line, is_for_development),
        }
    })
}

/// Where the content of a package of Node.js comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    /// A registry has it, or nothing is said.
    Registry,
    /// It is a folder or an archive of the project.
    Own,
    /// A commit, or an archive that a forge made of one.
    Unreleased,
}

impl Origin {
    /// The origin that an address tells of.
    pub(super) fn of(address: &str) -> Self {
        let starts = |words: &[&str]| words.iter().any(|word| address.starts_with(word));
        if starts(&["file:", "link:", "portal:", "workspace:", "./", "../"]) {
            Self::Own
        } else if starts(&[
            "git+",
            "git:",
            "git@",
            "github:",
            "gitlab:",
            "bitbucket:",
            "gist:",
            "https://codeload.github.com/",
            "https://github.com/",
            "https://gitlab.com/",
            "https://bitbucket.org/",
        ]) {
            Self::Unreleased
        } else {
            Self::Registry
        }
    }
}
