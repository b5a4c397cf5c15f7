use super::reference;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Images named by a tag that are not pulled at each start: `imagePullPolicy` is `IfNotPresent` or `Never`,
    /// or left out, which means `IfNotPresent` unless the tag is `latest`.
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
    /// ```
    ///
    /// ## Fix
    /// Name the image by digest, or set `imagePullPolicy: Always`.
    CachedMutableImage {
        id: "cached-mutable-image",
        title: "imagePullPolicy not Always where the tag is mutable",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:1.2.11", "nsa:POD"],
    }
}

impl Check for CachedMutableImage {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some((image, reference)) = reference::of(container) else {
            return;
        };
        let Some(tag) = reference.effective_tag() else {
            return; // The digest decides, and what has that digest never changes.
        };
        let policy = container
            .field(["imagePullPolicy"])
            .filter(|policy| !policy.text().is_empty() && !policy.is_null());
        let text = image.text();
        let draft = match policy {
            Some(policy) if matches!(policy.text(), "IfNotPresent" | "Never") => {
                findings.add(Self::META).at(policy).note(format!(
                    "may run an old {text}: imagePullPolicy is {}",
                    policy.text()
                ))
            }
            None if tag != "latest" => findings.add(Self::META).at(image).note(format!(
                "may run an old {text}: imagePullPolicy is left at its default, IfNotPresent"
            )),
            _ => return,
        };
        draft.image(text).fix(
            Safety::Unsafe,
            edit::set(container.node, &["imagePullPolicy"], "Always"),
        );
    }
}
