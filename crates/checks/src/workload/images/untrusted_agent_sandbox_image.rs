use super::reference;
use crate::{Check, Findings, Pod, UsedImage, check};

check! {
    /// ## What it finds
    /// Images of agent sandboxes (`Sandbox` and `SandboxTemplate` of `agents.x-k8s.io`) that are not named by
    /// digest, or come from none of the configured registries.
    ///
    /// ## Why it matters
    /// The image is the wall around code that nobody has read.
    /// If it can change, or comes from just anywhere, so can the wall.
    ///
    /// ## Examples
    /// ```yaml fail allowed_registries=registry.example
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: coder
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: shell
    ///           image: registry.example/shell:1.2 # <-
    ///         - name: tools
    ///           image: someone/tools@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 # <-
    ///       volumes:
    ///         - name: tools
    ///           image:
    ///             reference: registry.example/tools:2.1 # <-
    /// ```
    /// ```yaml pass allowed_registries=registry.example
    /// apiVersion: agents.x-k8s.io/v1alpha1
    /// kind: Sandbox
    /// metadata:
    ///   name: coder
    /// spec:
    ///   podTemplate:
    ///     spec:
    ///       containers:
    ///         - name: shell
    ///           image: registry.example/shell@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       image: nginx:1.29
    /// ```
    ///
    /// ## Fix
    /// Name the image by digest, from a registry in `allowed-registries`.
    UntrustedAgentSandboxImage {
        id: "untrusted-agent-sandbox-image",
        title: "Agent sandbox image not from allow-listed, pinned source",
        ring: Container,
        target: Workload,
        hooks: [Image],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD", "mitre:T1204.003"],
    }
}

impl Check for UntrustedAgentSandboxImage {
    fn image(&self, image: &UsedImage<'_>, findings: &mut Findings<'_>) {
        if !is_sandbox(&image.pod) {
            return;
        }
        let allowed = &findings.settings().allowed_registries;
        let why = if !reference::is_allowed(&image.reference, allowed) {
            "which comes from none of the allowed registries"
        } else if image.reference.digest.is_none() {
            "which names no digest"
        } else {
            return;
        };
        findings.add(Self::META).used_image(image).note(format!(
            "{} {} for agents, {why}",
            image.verb(),
            image.text()
        ));
    }
}

fn is_sandbox(pod: &Pod<'_>) -> bool {
    matches!(
        pod.resource.group(),
        "agents.x-k8s.io" | "extensions.agents.x-k8s.io"
    )
}
