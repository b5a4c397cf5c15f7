use crate::{Check, Findings, UsedImage, check};

check! {
    /// ## What it finds
    /// Images of containers and of volumes that are not named by digest.
    ///
    /// ## Why it matters
    /// A tag can be moved to another image at any time, by the publisher or by whoever took over the account.
    /// A digest is the image: what was reviewed, scanned and signed is what runs.
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
    ///       image: busybox:1.37 # <-
    ///   containers:
    ///     - name: app
    ///       image: nginx # <-
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: registry.example/tools:2.1 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       image: nginx:1.29@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    ///   volumes:
    ///     - name: tools
    ///       image:
    ///         reference: tools@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    /// ```
    ///
    /// ## Fix
    /// Add the digest behind the tag: `nginx:1.29@sha256:...`, and let a bot renew it.
    UnpinnedImage {
        id: "unpinned-image",
        title: "Image not pinned by digest",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for UnpinnedImage {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        if image.reference.digest.is_none() {
            findings.add(Self::META).used_image(image).note(format!(
                "{} {}, which names no digest",
                image.verb(),
                image.text()
            ));
        }
    }
}
