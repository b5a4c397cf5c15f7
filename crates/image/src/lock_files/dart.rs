//! `pubspec.lock`: the packages of Dart.
//!
//! See: <https://dart.dev/tools/pub/glossary#lockfile>.

use std::sync::Arc;

use ringwall_model::Source;

use super::{Damage, Listing, NO_RELEASE, documents, line_of};

pub(super) fn read(source: &Arc<Source>, listing: &mut Listing) -> Result<(), Damage> {
    for document in documents(source, listing) {
        let root = document.root();
        let Some(packages) = root.get("packages") else {
            if !root.is_null() {
                listing.damage(line_of(root), "has no list of packages");
            }
            continue;
        };
        for (key, value) in packages.written_entries() {
            let line = line_of(key);
            let text = |key| value.str(key).unwrap_or_default();
            match text("source") {
                // A folder, or a part of the SDK.
                "path" | "sdk" => {}
                "git" => listing.unlisted(NO_RELEASE, line),
                _ => {
                    let is_for_development = text("dependency") == "direct dev";
                    listing.package(key.text(), text("version"), line, is_for_development)?;
                }
            }
        }
    }
    Ok(())
}
