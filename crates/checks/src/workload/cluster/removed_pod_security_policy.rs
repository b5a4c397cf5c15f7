use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// `PodSecurityPolicies`, whatever they say.
    ///
    /// ## Why it matters
    /// The API was removed in Kubernetes 1.25: a current cluster refuses the object or never looks at it.
    /// Who still relies on it is unprotected.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1beta1
    /// kind: PodSecurityPolicy
    /// metadata:
    ///   name: restricted # <-
    /// spec:
    ///   privileged: false
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
    /// Label the namespaces for Pod Security admission (`pod-security.kubernetes.io/enforce: restricted`), or use a policy engine, and remove the object.
    RemovedPodSecurityPolicy {
        id: "removed-pod-security-policy",
        title: "PodSecurityPolicy object: the API is removed and gives no protection",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:UPG"],
    }
}

impl Check for RemovedPodSecurityPolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.kind == "PodSecurityPolicy"
            && matches!(resource.group(), "policy" | "extensions")
        {
            findings
                .add(Self::META)
                .at(resource.place())
                .note("protects nothing: Kubernetes 1.25 removed its API");
        }
    }
}
