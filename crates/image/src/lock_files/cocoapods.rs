//! `Podfile.lock`: the pods of a project.
//!
//! See: <https://guides.cocoapods.org/using/using-cocoapods.html#what-is-podfilelock>.

use std::{collections::HashMap, sync::Arc};

use ringwall_input::yaml::Node;
use ringwall_model::Source;

use super::{Damage, Listing, NO_RELEASE, documents, line_of};

/// Keys of which each file has some; without pods it has no list of them.
const MARKS: [&str; 3] = ["PODS", "PODFILE CHECKSUM", "COCOAPODS"];

pub(super) fn read(source: &Arc<Source>, listing: &mut Listing) -> Result<(), Damage> {
    for document in documents(source, listing) {
        let root = document.root();
        if !root.is_null() && MARKS.iter().all(|key| root.get(key).is_none()) {
            listing.damage(line_of(root), "has no list of pods");
        }
        let external = root.get("EXTERNAL SOURCES");
        let external = external.into_iter().flat_map(Node::written_entries);
        // Whether each is a folder of the project.
        let external: HashMap<_, _> = external
            .map(|(name, origin)| {
                let mut keys = origin.written_entries().map(|(key, _)| key.text());
                let is_own = keys.any(|key| matches!(key, ":path" | ":podspec"));
                (name.text(), is_own)
            })
            .collect();
        for item in root.list("PODS") {
            // With what it needs, it is a key.
            let pod = match item.written_entries().next() {
                Some((key, _)) => key,
                None => item,
            };
            let line = line_of(pod);
            let stated = pod
                .text()
                .strip_suffix(')')
                .and_then(|it| it.split_once(" ("));
            let Some((name, version)) = stated else {
                listing.damage(line, "a pod has no version in parentheses");
                continue;
            };
            // A part of a pod has its version.
            let name = name.split('/').next().unwrap_or_default();
            match external.get(name) {
                Some(true) => {}
                Some(false) => listing.unlisted(NO_RELEASE, line),
                None => listing.package(name, version, line, false)?,
            }
        }
    }
    Ok(())
}
