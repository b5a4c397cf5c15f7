use crate::{Check, Findings, check, dockerfile::stage_reference::pulled_images, judge::Build};

check! {
    /// ## What it finds
    /// Images that a build pulls by the tag `latest`: in `FROM`, in `COPY --from` and in `RUN --mount=from=`.
    /// With a digest behind it the tag decides nothing, and the check is quiet.
    ///
    /// ## Why it matters
    /// `latest` is whatever was pushed last.
    /// A build that worked yesterday pulls another system today, and a bad push reaches every image built after it.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM golang:latest AS build # <-
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile fail
    /// FROM golang:${GO_VERSION:-latest} AS build # <-
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26 AS build
    /// RUN go build -o /app .
    /// ```
    /// ```dockerfile pass
    /// FROM golang:latest@sha256:640a234f4bea3e399c056b7b8f9c667c4939befae8db2f14e9785e16eccd4205
    /// RUN go build -o /app .
    /// ```
    ///
    /// ## Fix
    /// Name the version that is meant, and better its digest: `FROM golang:1.26@sha256:...`.
    LatestBaseImage {
        id: "latest-base-image",
        title: "Base image tagged latest",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LatestBaseImage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for pulled in pulled_images(build.dockerfile) {
            if pulled.image.tag.as_deref() == Some("latest") && pulled.image.digest.is_none() {
                findings
                    .add(Self::META)
                    .span(build.source, pulled.span)
                    .image(pulled.name)
                    .message(format!(
                        "{} {} has a tag that moves",
                        pulled.role, pulled.name
                    ));
            }
        }
    }
}
