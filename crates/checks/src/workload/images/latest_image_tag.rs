use crate::{Check, Findings, UsedImage, check};

check! {
    /// ## What it finds
    /// Images of containers and of volumes with the tag `latest`, or without tag and digest, which means the same.
    ///
    /// ## Why it matters
    /// Each start of a pod may fetch other code, two replicas may differ, and a rollback brings back nothing.
    /// Whoever can push to the repository decides what runs next.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: busybox # <-
    ///   containers:
    ///     - name: app
    ///       image: registry.example:5000/web # <-
    ///   ephemeralContainers:
    ///     - name: debugger
    ///       image: busybox:latest # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: busybox@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    ///   containers:
    ///     - name: app
    ///       image: registry.example:5000/web:1.4.2
    ///     - name: filled-in-later
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools:2.1
    /// ```
    ///
    /// ## Fix
    /// Name the version as tag, and better its digest too: `web:1.4.2@sha256:...`.
    LatestImageTag {
        id: "latest-image-tag",
        title: "Image tag missing or latest",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for LatestImageTag {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        if image.reference.effective_tag() != Some("latest") {
            return;
        }
        let why = if image.reference.tag.is_some() {
            "which moves"
        } else {
            "which has no tag and so means latest"
        };
        findings.add(Self::META).used_image(image).note(format!(
            "{} {}, {why}",
            image.verb(),
            image.text()
        ));
    }
}
