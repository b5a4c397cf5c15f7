use crate::{
    Check, Findings, Resource, Safety, check, edit,
    workload::identity::pod_security::{ENFORCE, namespace},
};

check! {
    /// ## What it finds
    /// Namespaces whose label `pod-security.kubernetes.io/enforce` is `privileged`.
    /// The namespaces of Kubernetes itself (`kube-system`, `kube-public`, `kube-node-lease`) are left out.
    ///
    /// ## Why it matters
    /// At this level every pod is admitted: privileged, with the host's namespaces, with any folder of the node.
    /// Whoever may create pods in the namespace holds its nodes.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: privileged # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: restricted
    /// ```
    ///
    /// ## Fix
    /// Enforce `restricted` or `baseline`, and move the pods that need more into a namespace of their own.
    PrivilegedNamespace {
        id: "privileged-namespace",
        title: "Namespace enforces the privileged Pod Security level",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.2.1", "nsa:POD", "mitre:T1610", "mitre:T1611"],
    }
}

impl Check for PrivilegedNamespace {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(namespace) = namespace(resource)
            && let Some(level) = namespace.label(ENFORCE)
            && level.text() == "privileged"
        {
            findings
                .add(Self::META)
                .at(level)
                .note("enforces the Pod Security level privileged, which forbids nothing")
                .fix(Safety::Unsafe, edit::replace(level, "baseline"));
        }
    }
}
