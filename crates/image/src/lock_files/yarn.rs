//! `yarn.lock`: the form of Yarn 1, which is like YAML and is not, and that of Yarn since 2, which is YAML.
//!
//! Both have a heading for each package and its fields below it, two spaces in.
//! See: <https://classic.yarnpkg.com/lang/en/docs/yarn-lock/>, <https://yarnpkg.com/configuration/manifest#resolutions>.

use std::borrow::Cow;

use super::{Damage, Listing, NO_RELEASE, npm::Origin, numbered};

/// What stands below one heading.
#[derive(Default)]
struct Entry<'t> {
    line: u32,
    heading: &'t str,
    version: &'t str,
    /// Of Yarn 1, the address of what is installed.
    resolved: &'t str,
    /// Since Yarn 2: `name@npm:1.0.0`.
    resolution: &'t str,
}

pub(super) fn read(text: &str, listing: &mut Listing) -> Result<(), Damage> {
    let mut entry = Entry::default();
    for (number, line) in numbered(text) {
        let content = line.trim();
        let is_indented = line.starts_with([' ', '\t']);
        if content.is_empty() || content.starts_with('#') || content == ":" || is_mark(line) {
            continue;
        }
        if !is_indented {
            // A long heading is written as YAML has it: `? "a@npm:1, ..."`, and the colon on the next line.
            let long = content.strip_prefix("? ");
            let next = Entry {
                line: number,
                heading: long.or(content.strip_suffix(':')).unwrap_or_default(),
                ..Entry::default()
            };
            std::mem::replace(&mut entry, next).finish(listing)?;
            if entry.heading.is_empty() {
                listing.damage(number, "a heading has no colon at its end");
            }
        } else if line.starts_with("  ") && !line.starts_with("   ") {
            let field = content.split_once([' ', ':']);
            let Some((key, value)) = field else {
                listing.damage(number, "a field has no value");
                continue;
            };
            let value = unquoted(value.trim_start_matches(':').trim());
            // npm keeps a `yarn.lock` up to date as well, and writes keys in quotes.
            match unquoted(key) {
                "version" => entry.version = value,
                "resolved" => entry.resolved = value,
                "resolution" => entry.resolution = value,
                _ => {}
            }
        }
    }
    entry.finish(listing)
}

/// Whether a line was written where two branches met; it is told of by itself.
fn is_mark(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

impl Entry<'_> {
    fn finish(self, listing: &mut Listing) -> Result<(), Damage> {
        if self.heading.is_empty() || self.heading == "__metadata" {
            return Ok(());
        }
        if self.resolution.is_empty() {
            self.finish_first(listing)
        } else {
            self.finish_since_second(listing)
        }
    }

    /// Yarn 1: the heading is what was asked for.
    fn finish_first(&self, listing: &mut Listing) -> Result<(), Damage> {
        let asked = self.heading.split(',').next().unwrap_or_default();
        let (name, range) = split(unquoted(asked.trim()));
        let name = match range.strip_prefix("npm:") {
            Some(alias) => split(alias).0,
            None => name,
        };
        // What `resolutions` put in the place of another is only told by where it is from.
        let published = published_name(self.resolved);
        let name = published.as_deref().unwrap_or(name);
        let is_address = range.contains("://") || (range.contains('/') && !range.contains(':'));
        let origin = match (Origin::of(range), Origin::of(self.resolved)) {
            (Origin::Registry, Origin::Registry) if is_address => Origin::Unreleased,
            (Origin::Registry, of_content) => of_content,
            (of_range, _) => of_range,
        };
        match origin {
            Origin::Own => Ok(()),
            Origin::Unreleased => {
                listing.unlisted(NO_RELEASE, self.line);
                Ok(())
            }
            Origin::Registry => listing.package(name, self.version, self.line, false),
        }
    }

    /// Since Yarn 2: the resolution is what was found.
    fn finish_since_second(&self, listing: &mut Listing) -> Result<(), Damage> {
        let (name, found) = split(self.resolution);
        match found.split_once(':') {
            Some(("npm", _)) => listing.package(name, self.version, self.line, false),
            // A patch of the project, over a version that was published.
            Some(("patch", patched)) if patched.contains("npm%3A") => {
                listing.package(name, self.version, self.line, false)
            }
            Some(("workspace" | "link" | "portal" | "file" | "patch" | "virtual" | "exec", _)) => {
                Ok(())
            }
            _ => {
                listing.unlisted(NO_RELEASE, self.line);
                Ok(())
            }
        }
    }
}

/// The name in the address of an archive that a registry has: `https://registry.example.com/@scope/name/-/name-1.0.0.tgz`.
fn published_name(address: &str) -> Option<Cow<'_, str>> {
    let (_, path) = address.split_once("://")?;
    let (path, _) = path.split_once("/-/")?;
    let (above, name) = path.rsplit_once('/')?;
    let scope = above.rsplit('/').next().unwrap_or_default();
    Some(if name.starts_with('@') {
        Cow::Owned(name.replace("%2f", "/").replace("%2F", "/"))
    } else if scope.starts_with('@') {
        Cow::Borrowed(path.get(above.len() - scope.len()..)?)
    } else {
        Cow::Borrowed(name)
    })
    .filter(|name| !name.is_empty())
}

/// Name and range of `@scope/name@range`.
pub(super) fn split(descriptor: &str) -> (&str, &str) {
    let scope = usize::from(descriptor.starts_with('@'));
    let rest = descriptor.get(scope..).unwrap_or_default();
    match rest.find('@') {
        Some(at) => (
            descriptor.get(..at + scope).unwrap_or_default(),
            descriptor.get(at + scope + 1..).unwrap_or_default(),
        ),
        None => (descriptor, ""),
    }
}

fn unquoted(text: &str) -> &str {
    text.strip_prefix('"')
        .map_or(text, |text| text.strip_suffix('"').unwrap_or(text))
}
