//! Images that are on this machine already: where a runtime keeps those that it was given.

use std::path::Path;
#[cfg(unix)]
use std::{env, path::PathBuf};

#[cfg(unix)]
use anyhow::Context as _;
use anyhow::Result;
use ringwall_collect::image::containerd;
#[cfg(unix)]
use ringwall_collect::image::open_stream;
use ringwall_image::{Platform, StoredImage};
use ringwall_input::image_reference::ImageReference;
#[cfg(unix)]
use ringwall_registry::docker::{DEFAULT_SOCKET, Docker};

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

/// Has Docker hand out an image that it keeps.
#[cfg(unix)]
pub(super) fn of_docker(name: &str, platform: Option<&Platform>) -> Result<StoredImage> {
    let host = env::var_os("DOCKER_HOST").filter(|host| !host.is_empty());
    let socket = match host {
        None => PathBuf::from(DEFAULT_SOCKET),
        Some(host) => {
            let host = host.to_string_lossy();
            let path = host.strip_prefix("unix://").with_context(|| {
                format!(
                    "DOCKER_HOST is {host}: only a socket of this machine is asked, unix://PATH"
                )
            })?;
            PathBuf::from(path)
        }
    };
    let archive = Docker::at(&socket)?.save(name)?;
    Ok(open_stream(archive, name, &env::temp_dir(), platform)?)
}

#[cfg(not(unix))]
pub(super) fn of_docker(_name: &str, _platform: Option<&Platform>) -> Result<StoredImage> {
    anyhow::bail!("--from docker: it is asked through a socket, on Unix only");
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
