use ringwall_input::dockerfile::ImageRef;

use crate::{Check, Findings, check, dockerfile::stage_reference::pulled_images, judge::Build};

check! {
    /// ## What it finds
    /// Images that a build pulls from a registry that `allowed-registries` does not list: in `FROM`, in `COPY --from` and in `RUN --mount=from=`.
    /// An entry is a registry (`ghcr.io`), a registry with the beginning of a repository (`ghcr.io/example`), or `*.example.com` for all hosts of a domain.
    /// Without a list every registry is allowed.
    /// A name without a registry is on `docker.io`.
    ///
    /// ## Why it matters
    /// Whoever controls the base image controls everything built on it.
    /// The list says whose images were agreed on.
    ///
    /// ## Examples
    /// ```dockerfile fail allowed_registries=registry.example.com,ghcr.io/example
    /// FROM golang:1.26 AS build # <-
    /// FROM ghcr.io/examples/base:1 # <-
    /// COPY --from=quay.io/other/tool:1 /tool /usr/bin/ # <-
    /// ```
    /// ```dockerfile pass allowed_registries=registry.example.com,ghcr.io/example,*.corp.example
    /// FROM registry.example.com/golang:1.26 AS build
    /// FROM ghcr.io/example/base:1 AS base
    /// FROM eu.corp.example/base:1
    /// FROM scratch
    /// COPY --from=build /app /app
    /// ```
    /// ```dockerfile pass
    /// FROM golang:1.26
    /// RUN true
    /// ```
    ///
    /// ## Fix
    /// Pull the image from a listed registry, mirror it there, or add its registry to `allowed-registries` in `ringwall.toml`.
    UntrustedBaseImageRegistry {
        id: "untrusted-base-image-registry",
        title: "Base image registry outside the allow-list",
        ring: Code,
        target: Dockerfile,
        hooks: [Dockerfile],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UntrustedBaseImageRegistry {
    fn dockerfile(&self, build: &Build<'_>, findings: &mut Findings<'_>) {
        if findings.settings().allowed_registries.is_empty() {
            return;
        }
        for pulled in pulled_images(build.dockerfile) {
            if !is_allowed(&pulled.image, &findings.settings().allowed_registries) {
                let registry = match &pulled.image.registry {
                    Some(registry) => registry.as_str(),
                    None => "docker.io",
                };
                findings
                    .add(Self::META)
                    .span(build.source, pulled.span)
                    .image(pulled.name)
                    .message(format!(
                        "{} {} comes from {registry}, which is not an allowed registry",
                        pulled.role, pulled.name
                    ));
            }
        }
    }
}

fn is_allowed(image: &ImageRef, allowed: &[String]) -> bool {
    let name = image.full_name();
    let host = name.split('/').next().unwrap_or("");
    allowed.iter().any(|entry| {
        let entry = entry.trim_end_matches('/');
        if let Some(domain) = entry.strip_prefix('*') {
            return domain.starts_with('.') && host.ends_with(domain);
        }
        name.strip_prefix(entry)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
