use super::reference;
use crate::{Check, Findings, UsedImage, check};

check! {
    /// ## What it finds
    /// Images of containers and of volumes from registries that are not on the configured list; without a list, nothing.
    /// An entry is a registry, or a registry with the beginning of the repository: `docker.io/library`.
    ///
    /// ## Why it matters
    /// Anyone can publish to a public registry, under names that look like those of others.
    ///
    /// ## Examples
    /// ```yaml fail allowed_registries=registry.example,docker.io/library
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: someone/busybox:1.37 # <-
    ///   containers:
    ///     - name: app
    ///       image: registry.example.test/web:1.4.2 # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: evil.example/tools:2.1 # <-
    /// ```
    /// ```yaml pass allowed_registries=registry.example,docker.io/library
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: busybox:1.37
    ///   containers:
    ///     - name: app
    ///       image: registry.example/web:1.4.2
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools:2.1
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       image: someone/busybox:1.37
    /// ```
    ///
    /// ## Fix
    /// Copy the image to a registry that is allowed, or add its registry to `allowed-registries` after review.
    UntrustedImageRegistry {
        id: "untrusted-image-registry",
        title: "Image from a registry outside the allow-list",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.5.1", "cis-gke:4.5.1", "nsa:POD", "mitre:T1204.003"],
    }
}

impl Check for UntrustedImageRegistry {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        let allowed = &findings.settings().allowed_registries;
        if !reference::is_allowed(&image.reference, allowed) {
            findings.add(Self::META).used_image(image).note(format!(
                "{} {}, which comes from none of the allowed registries",
                image.verb(),
                image.reference.name()
            ));
        }
    }
}
