use crate::{Check, Findings, Safety, UsedImage, check, edit};

check! {
    /// ## What it finds
    /// Images named by a tag that are not pulled at each start: `imagePullPolicy` is `IfNotPresent` or `Never`,
    /// or left out, which means `IfNotPresent` unless the tag is `latest`.
    /// The same is asked of `pullPolicy` where an image is mounted as a volume.
    ///
    /// ## Why it matters
    /// A node keeps running what it once pulled under that tag, while other nodes run something newer.
    /// A pod may also use a private image that another pod pulled, without credentials of its own.
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
    ///       image: busybox
    ///       imagePullPolicy: IfNotPresent # <-
    ///   containers:
    ///     - name: app
    ///       image: nginx:1.29 # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools:2.1
    ///         pullPolicy: IfNotPresent # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       image: busybox
    ///   containers:
    ///     - name: app
    ///       image: nginx:1.29
    ///       imagePullPolicy: Always
    ///     - name: pinned
    ///       image: nginx@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools:2.1
    ///         pullPolicy: Always
    /// ```
    ///
    /// ## Fix
    /// Name the image by digest, or set `imagePullPolicy: Always` (of a volume, `pullPolicy: Always`).
    CachedMutableImage {
        id: "cached-mutable-image",
        title: "imagePullPolicy not Always where the tag is mutable",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:1.2.11", "nsa:POD"],
    }
}

impl Check for CachedMutableImage {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        let Some(tag) = image.reference.effective_tag() else {
            return; // The digest decides, and what has that digest never changes.
        };
        let (field, policy) = image.pull_policy();
        let policy = policy.filter(|policy| !policy.text().is_empty() && !policy.is_null());
        let (place, why) = match policy {
            Some(policy) if matches!(policy.text(), "IfNotPresent" | "Never") => {
                (policy, policy.text())
            }
            None if tag != "latest" => (image.node, "left at its default, IfNotPresent"),
            _ => return,
        };
        findings
            .add(Self::META)
            .used_image(image)
            .at(place)
            .note(format!(
                "may {} an old {}: {field} is {why}",
                image.verb().trim_end_matches('s'),
                image.text()
            ))
            .fix(Safety::Unsafe, edit::set(image.holder, &[field], "Always"));
    }
}
