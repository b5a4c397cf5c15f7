//! The user that well-known base images run as.

use ringwall_input::dockerfile::ImageRef;

/// Official images of Docker Hub that leave the user at root.
/// Source: the `USER` of their Dockerfiles, <https://github.com/docker-library/official-images>
const ROOT: [&str; 34] = [
    "almalinux",
    "alpine",
    "amazonlinux",
    "archlinux",
    "buildpack-deps",
    "busybox",
    "centos",
    "debian",
    "docker",
    "eclipse-temurin",
    "fedora",
    "gcc",
    "golang",
    "gradle",
    "httpd",
    "mariadb",
    "maven",
    "mongo",
    "mysql",
    "nginx",
    "node",
    "openjdk",
    "oraclelinux",
    "perl",
    "php",
    "postgres",
    "python",
    "redis",
    "registry",
    "rockylinux",
    "ruby",
    "rust",
    "tomcat",
    "ubuntu",
];

/// Whether an image is known to run as root when nothing else is said.
pub(super) fn is_root(image: &ImageRef) -> bool {
    let name = image.full_name();
    if let Some(official) = name.strip_prefix("docker.io/library/") {
        return ROOT.contains(&official);
    }
    name.starts_with("mcr.microsoft.com/windows/servercore")
        || name.starts_with("gcr.io/distroless/")
            && image.digest.is_none()
            && image.tag.as_deref().is_none_or(|tag| tag == "latest")
}

/// Whether an image is known to run as another user than root.
///
/// Sources: the `USER` of the images' own Dockerfiles and documentation, such as
/// <https://github.com/GoogleContainerTools/distroless>, <https://edu.chainguard.dev/chainguard/chainguard-images/>,
/// <https://github.com/bitnami/containers>, <https://learn.microsoft.com/dotnet/core/docker/container-images>.
pub(super) fn is_not_root(image: &ImageRef) -> bool {
    let name = image.full_name();
    let tag = image.tag.as_deref().unwrap_or("");
    let last = image.short_name();
    let marked = |text: &str| {
        ["nonroot", "non-root", "rootless", "unprivileged"]
            .iter()
            .any(|word| text.contains(word))
    };
    if marked(tag) || marked(last) {
        return true;
    }
    match name.split_once('/') {
        Some(("cgr.dev", path)) => {
            path.starts_with("chainguard/") && !matches!(last, "wolfi-base" | "chainguard-base")
        }
        Some(("docker.io", path)) => {
            (path.starts_with("bitnami/") || path.starts_with("bitnamilegacy/"))
                && last != "minideb"
                || matches!(
                    path,
                    "grafana/grafana"
                        | "jenkins/jenkins"
                        | "prom/prometheus"
                        | "library/elasticsearch"
                )
        }
        Some(("mcr.microsoft.com", path)) => {
            path == "windows/nanoserver"
                || path.starts_with("dotnet/")
                    && (tag.contains("chiseled") || tag.contains("distroless"))
        }
        Some(("dhi.io", _)) => !tag.ends_with("-dev"),
        Some(("quay.io", path)) => matches!(path, "keycloak/keycloak" | "prometheus/prometheus"),
        Some(("registry.k8s.io", path)) => path == "pause",
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_images_have_known_users() {
        let not_root = |text: &str| is_not_root(&ImageRef::parse(text));
        assert!(not_root("gcr.io/distroless/static:nonroot"));
        assert!(not_root("gcr.io/distroless/static-debian12:debug-nonroot"));
        assert!(!not_root("gcr.io/distroless/static:latest"));
        assert!(not_root("cgr.dev/chainguard/python:latest"));
        assert!(!not_root("cgr.dev/chainguard/wolfi-base:latest"));
        assert!(not_root("nginxinc/nginx-unprivileged:1.31"));
        assert!(not_root(
            "mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled"
        ));
        assert!(!not_root("mcr.microsoft.com/dotnet/aspnet:10.0"));
        assert!(not_root("bitnami/redis:8"));
        assert!(!not_root("redis:8"));
        assert!(is_root(&ImageRef::parse("redis:8")));
        assert!(!is_root(&ImageRef::parse("example/redis:8")));
        assert!(is_root(&ImageRef::parse("gcr.io/distroless/static")));
    }
}
