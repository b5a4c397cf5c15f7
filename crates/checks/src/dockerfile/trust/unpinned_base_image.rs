use crate::{Check, Findings, check, dockerfile::stage_reference::pulled_images, judge::Build};

check! {
    /// ## What it finds
    /// Images that a build pulls without a digest: in `FROM`, in `COPY --from` and in `RUN --mount=from=`.
    ///
    /// ## Why it matters
    /// A tag is a pointer that the owner of the registry, or whoever took over the account, can move to another image.
    /// A digest names the bytes: the build either gets what was reviewed or fails.
    ///
    /// ## Examples
    /// ```dockerfile fail
    /// FROM alpine:3.24 # <-
    /// RUN true
    /// ```
    /// ```dockerfile fail
    /// FROM alpine # <-
    /// COPY --from=registry.example.com/tools:2 /tool /usr/bin/tool # <-
    /// ```
    /// ```dockerfile pass
    /// FROM alpine:3.24@sha256:28bd5fe8b56d1bd048e5babf5b10710ebe0bae67db86916198a6eec434943f8b AS base
    /// FROM base
    /// COPY --from=base /etc/os-release /tmp/
    /// ```
    ///
    /// ## Fix
    /// Add the digest of the tag, as `docker buildx imagetools inspect IMAGE` prints it, and let a bot such as Renovate or Dependabot move it.
    UnpinnedBaseImage {
        id: "unpinned-base-image",
        title: "Base image not pinned by digest",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnpinnedBaseImage {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        for pulled in pulled_images(build.dockerfile) {
            if pulled.image.digest.is_none() {
                findings
                    .add(Self::META)
                    .span(build.source, pulled.span)
                    .image(pulled.name)
                    .message(format!("{} {} has no digest", pulled.role, pulled.name));
            }
        }
    }
}
