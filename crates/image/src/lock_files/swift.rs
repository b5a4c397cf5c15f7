//! `Package.resolved` of Swift, of versions 1 to 3. A package is known by the address of its repository.
//!
//! See: <https://github.com/swiftlang/swift-package-manager/blob/main/Documentation/Usage.md>.

use std::borrow::Cow;

use super::{
    Damage, Listing, NO_RELEASE,
    json::{Kind, Reader},
};

/// Packages that are known by a name in a registry alone.
const OF_REGISTRY: &str =
    "come from a registry and name no repository, by which advisories know them";

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut reader = Reader::new(text);
    if reader.kind() != Kind::Object {
        listing.damage(reader.line(), "is no object of JSON");
        return Ok(());
    }
    let mut version = None;
    let mut has_pins = false;
    let mut pins = |reader: &mut Reader<'_>| {
        has_pins |= reader.kind() == Kind::List;
        reader.list(|reader| pin(reader, listing))
    };
    reader.object(|reader, key| match &*key {
        "version" => {
            version = Some((reader.line(), reader.version()?));
            Ok(())
        }
        "pins" => pins(reader),
        "object" => reader.object(|reader, key| match &*key {
            "pins" => pins(reader),
            _ => reader.skip(),
        }),
        _ => reader.skip(),
    })?;
    match version {
        Some((_, version)) if matches!(&*version, "1" | "2" | "3") => {
            if !has_pins {
                listing.damage(1, "has no list of packages");
            }
        }
        Some((line, version)) => listing.unknown_version(line, &version),
        None => listing.damage(1, "states no version"),
    }
    reader.end()
}

fn pin(reader: &mut Reader<'_>, listing: &mut Listing) -> Result<(), Damage> {
    let mut line = reader.line();
    let (mut identity, mut address, mut version) = (None, None, None);
    let mut kind = None;
    reader.object(|reader, key| {
        match &*key {
            "package" | "identity" => {
                line = reader.line();
                identity = reader.string()?;
            }
            "repositoryURL" | "location" => address = reader.string()?,
            "kind" => kind = reader.string()?,
            "state" => reader.object(|reader, key| match &*key {
                "version" => {
                    version = reader.string()?;
                    Ok(())
                }
                _ => reader.skip(),
            })?,
            _ => reader.skip()?,
        }
        Ok(())
    })?;
    let address = address.unwrap_or_default();
    let is_local = matches!(kind.as_deref(), Some("localSourceControl" | "fileSystem"));
    if is_local || address.starts_with(['/', '.']) {
        return Ok(());
    }
    // Advisories are about addresses of repositories.
    if kind.as_deref() == Some("registry") && address.is_empty() {
        listing.unlisted(OF_REGISTRY, line);
        return Ok(());
    }
    let Some(version) = version else {
        listing.unlisted(NO_RELEASE, line);
        return Ok(());
    };
    let name = match repository(&address) {
        name if name.is_empty() => Cow::Owned(identity.unwrap_or_default().into_owned()),
        name => name,
    };
    listing.package(&name, &version, line, false)
}

/// `github.com/apple/swift-nio` of `https://github.com/apple/swift-nio.git` and of `git@github.com:apple/swift-nio`.
fn repository(address: &str) -> Cow<'_, str> {
    let (_, rest) = address.split_once("://").unwrap_or(("", address));
    let has_scheme = rest.len() < address.len();
    let host_end = rest.find('/').unwrap_or(rest.len());
    let host = rest.get(..host_end).unwrap_or_default();
    let rest = match host.rfind('@') {
        Some(at) => rest.get(at + 1..).unwrap_or_default(),
        None => rest,
    };
    let rest = rest.trim_end_matches('/');
    let rest = rest.strip_suffix(".git").unwrap_or(rest);
    let (host, rest) = rest
        .split_at_checked(rest.find('/').unwrap_or(rest.len()))
        .unwrap_or((rest, ""));
    match host.split_once(':') {
        // A port is no part of a name.
        Some((host, _)) if has_scheme => Cow::Owned(format!("{host}{rest}")),
        Some((host, folder)) => Cow::Owned(format!("{host}/{folder}{rest}")),
        None => Cow::Owned(format!("{host}{rest}")),
    }
}
