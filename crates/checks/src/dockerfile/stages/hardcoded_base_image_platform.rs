use ringwall_input::dockerfile::Word;

use crate::{Check, Findings, Safety, check, dockerfile::rewrite, judge::Build};

check! {
    /// ## What it finds
    /// A `FROM --platform=` with a constant value.
    /// A stage whose name says which platform it is for (`AS build-arm64`) is left alone.
    ///
    /// ## Why it matters
    /// The image is of that platform whatever is asked for: on other nodes it runs under emulation, slowly, or does not start.
    /// A constant is mostly left over from one developer's machine.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM --platform=linux/amd64 golang:1.26 # <-
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile pass
    /// FROM --platform=$BUILDPLATFORM golang:1.26
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile pass
    /// FROM --platform=linux/arm64 golang:1.26 AS build-arm64
    /// RUN go build -o /app .
    /// ```
    ///
    /// ## Fix
    /// Remove the flag to build for what is asked for, or use `--platform=$BUILDPLATFORM` in a stage that cross-compiles.
    HardcodedBaseImagePlatform {
        id: "hardcoded-base-image-platform",
        title: "FROM --platform with a constant value",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for HardcodedBaseImagePlatform {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for stage in &build.dockerfile.stages {
            let Some(platform) = &stage.from.platform else {
                continue;
            };
            if !platform.references.is_empty() || names_platform(stage.name.as_ref(), platform) {
                continue;
            }
            let flag = stage
                .instructions
                .first()
                .and_then(|from| from.flag("platform"));
            findings
                .add(Self::META)
                .span(build.source, flag.map_or(platform.span, |flag| flag.span))
                .message(format!(
                    "base image {} is always pulled for {}",
                    stage.from.image.value, platform.value
                ))
                .fix(
                    Safety::Unsafe,
                    flag.and_then(|flag| rewrite::without_flag(build, flag)),
                );
        }
    }
}

/// Whether a stage's name holds the system or the architecture: `build-arm64` for `linux/arm64`.
fn names_platform(name: Option<&Word>, platform: &Word) -> bool {
    name.is_some_and(|name| {
        let name = name.value.to_ascii_lowercase();
        platform
            .value
            .split('/')
            .any(|part| !part.is_empty() && name.contains(&part.to_ascii_lowercase()))
    })
}
