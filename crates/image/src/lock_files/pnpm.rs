//! `pnpm-lock.yaml`, of the versions 5, 6 and 9.
//!
//! See: <https://github.com/pnpm/spec/tree/master/lockfile>.

use std::sync::Arc;

use ringwall_input::yaml::Node;
use ringwall_model::Source;

use super::{Damage, Listing, NO_RELEASE, documents, line_of, npm::Origin, yarn::split};

pub(super) fn read(source: &Arc<Source>, listing: &mut Listing) -> Result<(), Damage> {
    for document in documents(source, listing) {
        let root = document.root();
        let stated = root.get("lockfileVersion");
        let major = stated.and_then(|stated| stated.text().split('.').next());
        match (stated, major) {
            (_, Some("5" | "6" | "9")) => {}
            (Some(stated), _) => listing.unknown_version(line_of(stated), stated.text()),
            (None, _) if root.is_null() => continue,
            (None, _) => listing.damage(line_of(root), "states no lockfileVersion"),
        }
        let is_before_six = matches!(major, None | Some("5"));
        let Some(packages) = root.get("packages") else {
            continue;
        };
        for (key, value) in packages.written_entries() {
            package(key, value, is_before_six, listing)?;
        }
    }
    Ok(())
}

fn package(
    key: Node<'_>,
    value: Node<'_>,
    is_before_six: bool,
    listing: &mut Listing,
) -> Result<(), Damage> {
    let line = line_of(key);
    let text = key.text();
    let is_for_development = value.get("dev").is_some_and(Node::is_true);
    if Origin::of(text) == Origin::Own {
        return Ok(());
    }
    let path = text.strip_prefix('/');
    let (name, version) = match path {
        Some(path) if is_before_six => segments(path),
        // Of a registry that is not the usual one; what comes from git has no digest of its archive.
        None if is_before_six => {
            let has_digest = value.path(&["resolution", "integrity"]).is_some();
            let path = text.split_once('/').map_or("", |(_, path)| path);
            if has_digest { segments(path) } else { ("", "") }
        }
        Some(path) => split(path),
        None => split(without_host(text)),
    };
    // Packages that this one found beside it.
    let version = version.split(['(', '_']).next().unwrap_or_default();
    if Origin::of(version) == Origin::Own {
        return Ok(());
    }
    if !version.starts_with(|first: char| first.is_ascii_digit()) || version.contains('/') {
        listing.unlisted(NO_RELEASE, line);
        return Ok(());
    }
    listing.package(name, version, line, is_for_development)
}

/// The name and version behind a registry that is not the usual one: `registry.example.com/@scope/name@1.0.0`.
fn without_host(text: &str) -> &str {
    let (name, _) = split(text);
    match text.split_once('/') {
        // A scope begins with `@`, and a name without one has no `/`.
        Some((host, rest))
            if name.contains('/') && !host.starts_with('@') && host.contains('.') =>
        {
            rest
        }
        _ => text,
    }
}

/// Name and version of `@scope/name/1.0.0`, whatever follows.
fn segments(path: &str) -> (&str, &str) {
    let scope = match path.strip_prefix('@') {
        Some(rest) => rest.find('/').map_or(0, |at| at + 2),
        None => 0,
    };
    let rest = path.get(scope..).unwrap_or_default();
    let Some(end) = rest.find('/') else {
        return (path, "");
    };
    let name = path.get(..scope + end).unwrap_or_default();
    let version = rest.get(end + 1..).unwrap_or_default();
    (name, version.split('/').next().unwrap_or_default())
}
