//! Which shell `/bin/sh` is, as far as the base image tells.

use ringwall_input::dockerfile::{Base, ImageRef};

use crate::dockerfile::run_step::Step;

/// The program behind `/bin/sh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BinSh {
    /// Debian and Ubuntu, and most official images, which are built on them.
    Dash,
    /// Alpine and busybox.
    Ash,
    /// Fedora, Red Hat, SUSE, Arch and their relatives.
    Bash,
    /// The base image is not known.
    Unknown,
}

/// Names of images whose `/bin/sh` is bash.
const BASH: &[&str] = &[
    "fedora",
    "fedora-minimal",
    "centos",
    "rockylinux",
    "almalinux",
    "oraclelinux",
    "amazonlinux",
    "amazoncorretto",
    "mysql",
    "archlinux",
    "photon",
    "mageia",
    "leap",
    "tumbleweed",
    "bci-base",
    "stream9",
    "stream10",
];

/// Names of images that are Alpine or busybox whatever their tag.
const ASH: &[&str] = &["alpine", "busybox", "docker", "caddy"];

/// Names of images with dash whatever their registry.
const DASH: &[&str] = &["debian", "ubuntu"];

/// What `/bin/sh` is at a step.
pub(super) fn bin_sh(step: &Step<'_>) -> BinSh {
    match step.file.root_base(step.stage) {
        Some(Base::Image(image)) => of_image(image),
        _ => BinSh::Unknown,
    }
}

fn of_image(image: &ImageRef) -> BinSh {
    let name = image.short_name();
    let tag = image.tag.as_deref().unwrap_or("");
    let is_official = image.is_docker_hub()
        && (!image.repository.contains('/') || image.repository.starts_with("library/"));
    if ASH.contains(&name) || tag.contains("alpine") || tag.contains("busybox") {
        BinSh::Ash
    } else if BASH.contains(&name)
        || name.starts_with("ubi")
        || image.repository.starts_with("ubi")
        || name.starts_with("rhel")
        || [
            "fedora",
            "oraclelinux",
            "oracle",
            "rocky",
            "alma",
            "amzn",
            "ubi",
        ]
        .iter()
        .any(|family| tag.contains(family))
    {
        BinSh::Bash
    } else if DASH.contains(&name) || is_official {
        BinSh::Dash
    } else {
        BinSh::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_known_by_name_and_tag() {
        let check =
            |text: &str, expected| assert_eq!(of_image(&ImageRef::parse(text)), expected, "{text}");
        check("debian:12", BinSh::Dash);
        check("python:3.12", BinSh::Dash);
        check("python:3.12-alpine", BinSh::Ash);
        check("alpine", BinSh::Ash);
        check("rockylinux:9", BinSh::Bash);
        check(
            "registry.access.redhat.com/ubi9/ubi-minimal:9.4",
            BinSh::Bash,
        );
        check("registry.access.redhat.com/ubi9/python-312", BinSh::Bash);
        check("ghcr.io/example/base:1", BinSh::Unknown);
    }
}
