use super::reference;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Images that are not named by digest.
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
    /// ```
    ///
    /// ## Fix
    /// Add the digest behind the tag: `nginx:1.29@sha256:...`, and let a bot renew it.
    UnpinnedImage {
        id: "unpinned-image",
        title: "Image not pinned by digest",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for UnpinnedImage {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some((image, reference)) = reference::of(container)
            && reference.digest.is_none()
        {
            let text = image.text();
            findings
                .add(Self::META)
                .at(image)
                .image(text)
                .note(format!("runs {text}, which names no digest"));
        }
    }
}
