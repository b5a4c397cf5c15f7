//! The arguments that a builder sets by itself.

/// Whether the builder sets the argument: `TARGETARCH`, `BUILDPLATFORM`, ...
/// See: <https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope>
pub(super) fn is_platform_argument(name: &str) -> bool {
    matches!(
        name,
        "TARGETPLATFORM"
            | "TARGETOS"
            | "TARGETARCH"
            | "TARGETVARIANT"
            | "BUILDPLATFORM"
            | "BUILDOS"
            | "BUILDARCH"
            | "BUILDVARIANT"
    )
}
