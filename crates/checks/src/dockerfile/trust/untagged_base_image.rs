use crate::{Check, Findings, check, dockerfile::stage_reference::pulled_images, judge::Build};

check! {
    /// ## What it finds
    /// Images that a build pulls by a bare name, without tag and without digest: in `FROM`, in `COPY --from` and in `RUN --mount=from=`.
    /// A variable counts with its default.
    ///
    /// ## Why it matters
    /// A bare name means the tag `latest`, which moves.
    /// The same Dockerfile builds something else tomorrow, and nobody can say what the image of last month was made of.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang AS build # <-
    /// RUN go build -o /app .
    ///
    /// FROM gcr.io/distroless/static # <-
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile fail
    /// ARG BASE=registry.example.com/base
    /// FROM $BASE # <-
    /// COPY --from=ghcr.io/example/tool /tool /usr/bin/tool # <-
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    ///
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM alpine@sha256:28bd5fe8b56d1bd048e5babf5b10710ebe0bae67db86916198a6eec434943f8b AS base
    /// FROM base
    /// RUN true
    /// ```
    ///
    /// ## Fix
    /// Name a version, and better its digest: `FROM alpine:3.24@sha256:...`.
    UntaggedBaseImage {
        id: "untagged-base-image",
        title: "Base image without tag or digest",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UntaggedBaseImage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for pulled in pulled_images(build.dockerfile) {
            if pulled.image.tag.is_none() && pulled.image.digest.is_none() {
                findings
                    .add(Self::META)
                    .span(build.source, pulled.span)
                    .image(pulled.name)
                    .message(format!(
                        "{} {} has neither tag nor digest",
                        pulled.role, pulled.name
                    ));
            }
        }
    }
}
