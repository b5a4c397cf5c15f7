//! Projects of .NET and what they share: the packages that `PackageReference` and `PackageVersion` name, and those of
//! `packages.config`.
//!
//! NuGet takes the lowest version that fits, so that `Version="1.2.3"`, which asks for that one or a newer one, is that
//! one. Nothing is evaluated but properties that the same file sets once and under no condition.
//! See: <https://learn.microsoft.com/nuget/consume-packages/package-references-in-project-files>,
//! <https://learn.microsoft.com/nuget/concepts/package-versioning>.

use std::collections::HashMap;

use super::{Damage, Lines, Listing};

/// Most elements inside each other that are followed.
const MAX_DEPTH: usize = 64;

/// Any version that fits may be installed, or what it is stands elsewhere.
const UNPINNED: &str = "name a range of versions, or a property that is set elsewhere";

/// What the packages bring stands in no file but theirs.
const DIRECT_ONLY: &str = "may bring packages that only packages.lock.json names";

/// An element that names a package.
struct Item<'t> {
    /// The byte at which it begins.
    at: usize,
    name: &'t str,
    version: Option<&'t str>,
    is_reference: bool,
}

/// The packages of a project or of its properties; with `is_locked`, a lock file names what they bring.
pub(super) fn read_project(
    text: &str,
    is_locked: bool,
    listing: &mut Listing,
) -> Result<(), Damage> {
    let mut items: Vec<Item<'_>> = Vec::new();
    // `None` where it is not one value alone, whatever is chosen.
    let mut properties: HashMap<String, Option<&str>> = HashMap::new();
    let mut is_conditional = false;
    let complete = walk(text, |open, tag| {
        let value = tag.text.trim();
        match open {
            [.., "PropertyGroup", name] => {
                let is_certain = open.len() == 3 && !is_conditional && !tag.has("Condition");
                let value = Some(value).filter(|value| is_certain && !value.contains('$'));
                properties
                    .entry(name.to_ascii_lowercase())
                    .and_modify(|known| *known = None)
                    .or_insert(value);
            }
            [.., "PropertyGroup"] => is_conditional = tag.has("Condition"),
            [
                ..,
                "PackageReference" | "PackageVersion" | "GlobalPackageReference",
            ] => {
                if let Some(name) = tag.attribute("Include").or_else(|| tag.attribute("Update")) {
                    let version = tag.attribute("VersionOverride");
                    items.push(Item {
                        at: tag.at,
                        name,
                        version: version.or_else(|| tag.attribute("Version")),
                        is_reference: !open.ends_with(&["PackageVersion"]),
                    });
                }
            }
            [
                ..,
                "PackageReference" | "PackageVersion" | "GlobalPackageReference",
                "Version" | "VersionOverride",
            ] => {
                if let Some(item) = items.last_mut() {
                    item.version.get_or_insert(value);
                }
            }
            _ => {}
        }
    });
    let mut lines = Lines::new(text);
    if let Err((at, reason)) = complete {
        listing.damage(lines.of(at), reason);
    }
    for item in items {
        let line = lines.of(item.at);
        if item.is_reference && !is_locked {
            listing.unlisted(DIRECT_ONLY, line);
        }
        // The version stands in properties that projects share.
        let Some(version) = item.version.map(str::trim) else {
            continue;
        };
        let named = version
            .strip_prefix("$(")
            .and_then(|name| name.strip_suffix(')'));
        let version = match named {
            Some(name) => {
                let known = properties.get(&name.to_ascii_lowercase());
                known.copied().flatten().unwrap_or_default()
            }
            None => version,
        };
        match lowest(version) {
            Some(version) => listing.package(item.name, version, line, false)?,
            None => listing.unlisted(UNPINNED, line),
        }
    }
    Ok(())
}

/// The version that is installed where a package is asked for in this form: `1.2.3`, `[1.2.3]`.
fn lowest(version: &str) -> Option<&str> {
    let exact = version
        .strip_prefix('[')
        .and_then(|version| version.strip_suffix(']'));
    let version = exact.unwrap_or(version).trim();
    let is_one = version.starts_with(|first: char| first.is_ascii_digit())
        && !version.contains(['*', ',', '$', '[', ']', '(', ')']);
    is_one.then_some(version)
}

/// `packages.config`, which names all packages of a project with their versions.
pub(super) fn read_config(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut items = Vec::new();
    let complete = walk(text, |open, tag| {
        if let ["packages", "package"] = open {
            let is_for_development = tag.attribute("developmentDependency") == Some("true");
            let (name, version) = (tag.attribute("id"), tag.attribute("version"));
            items.push((tag.at, name, version, is_for_development));
        }
    });
    let mut lines = Lines::new(text);
    if let Err((at, reason)) = complete {
        listing.damage(lines.of(at), reason);
    }
    for (at, name, version, is_for_development) in items {
        let (name, version) = (name.unwrap_or_default(), version.unwrap_or_default());
        listing.package(name, version.trim(), lines.of(at), is_for_development)?;
    }
    Ok(())
}

/// An element: where it begins, what stands in its tag, and the text behind that.
struct Tag<'t> {
    at: usize,
    attributes: &'t str,
    text: &'t str,
}

impl<'t> Tag<'t> {
    fn has(&self, name: &str) -> bool {
        self.attribute(name).is_some()
    }

    fn attribute(&self, wanted: &str) -> Option<&'t str> {
        let mut rest = self.attributes;
        loop {
            let (name, behind) = rest.split_once('=')?;
            let behind = behind.trim_start();
            let quote = behind
                .chars()
                .next()
                .filter(|it| matches!(it, '"' | '\''))?;
            let (value, next) = behind.get(1..)?.split_once(quote)?;
            if name.trim() == wanted {
                return Some(value.trim());
            }
            rest = next;
        }
    }
}

/// Calls `each` for each element with the names of those it is in, its own last.
///
/// Where the text is no XML that is read whole, says where and why; what stands before was given.
fn walk<'t>(
    text: &'t str,
    mut each: impl FnMut(&[&'t str], &Tag<'t>),
) -> Result<(), (usize, &'static str)> {
    let mut open: Vec<&str> = Vec::new();
    let mut at = 0;
    let mut found_any = false;
    while let Some(start) = rest(text, at).find('<').map(|found| at + found) {
        let behind = rest(text, start + 1);
        let skip = |from: usize, end: &str| {
            let found = rest(behind, from).find(end);
            let found = found.map(|found| start + 1 + from + found + end.len());
            found.ok_or((start, "a comment or an instruction does not end"))
        };
        if behind.starts_with("!--") {
            at = skip(3, "-->")?;
            continue;
        }
        if behind.starts_with("![CDATA[") {
            at = skip(8, "]]>")?;
            continue;
        }
        if behind.starts_with(['!', '?']) {
            at = skip(1, ">")?;
            continue;
        }
        let Some(length) = end_of_tag(behind) else {
            return Err((start, "an element does not end"));
        };
        let tag = behind.get(..length).unwrap_or_default();
        at = start + 1 + length + 1;
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name.trim()) {
                return Err((start, "an element ends that was not begun"));
            }
            continue;
        }
        let (tag, is_closed) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        if open.len() == MAX_DEPTH {
            return Err((start, "elements stand more than 64 deep in each other"));
        }
        let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at_checked(end).unwrap_or((tag, ""));
        let inside = if is_closed { "" } else { rest(text, at) };
        open.push(name);
        found_any = true;
        each(
            &open,
            &Tag {
                at: start,
                attributes,
                text: inside.split('<').next().unwrap_or_default(),
            },
        );
        if is_closed {
            open.pop();
        }
    }
    match (found_any, open.is_empty()) {
        (false, _) => Err((0, "is no XML")),
        (true, false) => Err((text.len(), "ends in the middle")),
        (true, true) => Ok(()),
    }
}

fn rest(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// Where a tag ends: at a `>` that stands in no quotes.
fn end_of_tag(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), _) if open == character => quote = None,
            _ => {}
        }
    }
    None
}
