use crate::{Check, Findings, Safety, UsedImage, check, edit};

check! {
    /// ## What it finds
    /// Images of containers and of volumes from registries that get no new images: `k8s.gcr.io` and its older name
    /// `gcr.io/google-containers`, and `docker.io/bitnamilegacy`.
    ///
    /// ## Why it matters
    /// What is there is never fixed again, and may vanish.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: pause
    ///       image: "k8s.gcr.io/pause:3.9" # <-
    ///     - name: old
    ///       image: gcr.io/google_containers/pause:3.0 # <-
    ///     - name: cache
    ///       image: bitnamilegacy/redis:8.0 # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: k8s.gcr.io/etcd:3.5.6 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: pause
    ///       image: "registry.k8s.io/pause:3.9"
    ///     - name: samples
    ///       image: gcr.io/google-samples/hello-app:2.0
    /// ```
    ///
    /// ## Fix
    /// Take the image from where it is kept up to date: `registry.k8s.io` for those of Kubernetes.
    FrozenImageRegistry {
        id: "frozen-image-registry",
        title: "Image from a frozen registry (k8s.gcr.io)",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

// Sources: <https://kubernetes.io/blog/2023/03/10/image-registry-redirect/> and, for Bitnami,
// <https://github.com/bitnami/containers/issues/83267>.
fn is_frozen(registry: &str, repository: &str) -> bool {
    let project = repository.split('/').next().unwrap_or("");
    match registry {
        "k8s.gcr.io" => true,
        "gcr.io" => matches!(project, "google-containers" | "google_containers"),
        "docker.io" => project == "bitnamilegacy",
        _ => false,
    }
}

impl Check for FrozenImageRegistry {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        if !is_frozen(image.reference.domain(), image.reference.repository) {
            return;
        }
        let (node, text) = (image.node, image.text());
        let moved = text.strip_prefix("k8s.gcr.io/").and_then(|rest| {
            let quote = if node.is_quoted() { "\"" } else { "" };
            edit::replace(node, &format!("{quote}registry.k8s.io/{rest}{quote}"))
        });
        findings
            .add(Self::META)
            .used_image(image)
            .note(format!(
                "{} {text}, from a registry that is frozen",
                image.verb()
            ))
            .fix(Safety::Unsafe, moved);
    }
}
