use ringwall_input::dockerfile::{Base, Dockerfile};

use crate::{
    Check, Findings, check, dockerfile::platform_argument::is_platform_argument, judge::Build,
};

check! {
    /// ## What it finds
    /// A `FROM` whose image or platform holds a variable that no `ARG` before it gives a default.
    /// The platform arguments that the builder sets by itself (`TARGETARCH` and the like) and variables with a fallback (`${BASE:-alpine:3.24}`) are left alone.
    ///
    /// ## Why it matters
    /// What the image is built on is decided outside the file, by whoever runs the build: neither a review nor a scan of this file sees it.
    /// Without `--build-arg` the build fails.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// ARG BASE
    /// FROM $BASE # <-
    /// RUN true
    /// ```
    /// ```dockerfile fail
    /// FROM node:${NODE_VERSION}-alpine # <-
    /// RUN true
    /// ```
    /// ```dockerfile fail
    /// FROM --platform=$BUILD_PLATFORM golang:1.26 # <-
    /// RUN true
    /// ```
    /// ```dockerfile pass
    /// ARG BASE=alpine:3.24
    /// ARG NODE_VERSION=24
    /// FROM $BASE AS one
    /// FROM node:${NODE_VERSION}-alpine AS two
    /// FROM golang:${GO:-1.26} AS three
    /// FROM --platform=$BUILDPLATFORM registry.example.com/base-${TARGETARCH}:1
    /// ```
    ///
    /// ## Fix
    /// Give the argument a default before the first `FROM`: `ARG BASE=alpine:3.24@sha256:...`.
    UnsetBaseImageArgument {
        id: "unset-base-image-argument",
        title: "FROM uses an ARG without default",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetBaseImageArgument {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            if let Some(platform) = &stage.from.platform
                && let Some(reference) = platform.references.iter().find(|reference| {
                    !reference.has_default
                        && !is_platform_argument(&reference.name)
                        && !has_default(build.dockerfile, &reference.name)
                })
            {
                findings
                    .add(Self::META)
                    .span(build.source, platform.span)
                    .message(format!(
                        "platform {} depends on {}, which has no default",
                        platform.raw, reference.name
                    ));
            }
            let Base::Unresolved { variables } = &stage.base else {
                continue;
            };
            let image = &stage.from.image;
            let unset = image.references.iter().find(|reference| {
                !reference.has_default
                    && variables.contains(&reference.name)
                    && !is_platform_argument(&reference.name)
            });
            if let Some(reference) = unset {
                findings
                    .add(Self::META)
                    .span(build.source, image.span)
                    .message(format!(
                        "base image {} depends on {}, which has no default",
                        image.raw, reference.name
                    ));
            }
        }
    }
}

/// Whether an ARG before the first FROM gives a variable a value.
fn has_default(file: &Dockerfile, name: &str) -> bool {
    let mut arguments = file.global_args.iter();
    arguments.any(|pair| pair.name.value == name && pair.value.is_some())
}
