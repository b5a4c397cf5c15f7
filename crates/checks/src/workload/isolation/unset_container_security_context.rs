use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers without a `securityContext`, or with an empty one.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Privilege escalation, capabilities and the root file system can only be limited here, not for the pod.
    /// Without it they all stay at their open defaults.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   initContainers:
    ///     - name: setup # <-
    ///       securityContext: {}
    ///   containers:
    ///     - name: app # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         allowPrivilegeEscalation: false
    /// ```
    ///
    /// ## Fix
    /// Give each container a `securityContext` with `allowPrivilegeEscalation: false`, `readOnlyRootFilesystem: true` and `capabilities.drop: ["ALL"]`.
    UnsetContainerSecurityContext {
        id: "unset-container-security-context",
        title: "Container-level securityContext absent",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.6.3", "cis-aks:4.6.2", "cis-gke:4.6.3", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "allowPrivilegeEscalation"];

impl Check for UnsetContainerSecurityContext {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let is_filled = container.security_context.is_some_and(Node::has_fields);
        if is_filled || container.pod.is_windows() {
            return;
        }
        findings
            .add(Self::META)
            .missing(container.place(), "securityContext")
            .note("has no securityContext")
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "false"));
    }
}
