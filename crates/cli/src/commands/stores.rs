//! Images that are on this machine already: where a runtime keeps those that it was given.

use std::path::Path;

use anyhow::Result;
use ringwall_collect::image::containerd;
use ringwall_image::{Platform, StoredImage};
use ringwall_input::image_reference::ImageReference;

use crate::args::image::PlaceArgs;

/// Finds an image in what containerd keeps.
pub(super) fn of_containerd(
    name: &str,
    place: &PlaceArgs,
    platform: Option<&Platform>,
) -> Result<StoredImage> {
    let root = place.containerd_root.as_deref();
    let namespace = place.containerd_namespace.as_deref();
    let image = containerd::open_image(&containerd::Wanted {
        root: root.unwrap_or(Path::new(containerd::DEFAULT_ROOT)),
        // As its own tools have it, a variable without a value names nothing.
        namespace: namespace.filter(|namespace| !namespace.is_empty()),
        names: &names(name),
        platform,
    })?;
    Ok(image)
}

/// The names that an image may be kept under: as it is written, which may be an id, and in full. A digest decides
/// whatever tag is beside it.
fn names(name: &str) -> Vec<String> {
    let mut names = vec![name.to_owned()];
    if let Ok(reference) = ImageReference::parse(name) {
        names.push(reference.to_string());
        if let Some(digest) = reference.digest {
            names.push(format!("{}@{digest}", reference.name()));
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_for_as_written_and_in_full() {
        let digest = format!("sha256:{}", "0a".repeat(32));
        let check = |name: &str, expected: &[&str]| assert_eq!(names(name), expected);
        check("nginx", &["nginx", "docker.io/library/nginx:latest"]);
        check(
            "shop.example.com/web:1",
            &["shop.example.com/web:1", "shop.example.com/web:1"],
        );
        check(
            &format!("web:1@{digest}"),
            &[
                &*format!("web:1@{digest}"),
                &*format!("docker.io/library/web:1@{digest}"),
                &*format!("docker.io/library/web@{digest}"),
            ],
        );
        check("Not A Name", &["Not A Name"]);
    }
}
