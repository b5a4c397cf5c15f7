use crate::{
    Check, Findings, Resource, Safety, check, edit,
    workload::identity::pod_security::{ENFORCE, namespace},
};

check! {
    /// ## What it finds
    /// Namespaces without the label `pod-security.kubernetes.io/enforce`, or with a value that is no level.
    /// The namespaces of Kubernetes itself (`kube-system`, `kube-public`, `kube-node-lease`) are left out.
    /// Another admission controller, or a default in the API server's configuration, may do the same work: neither can be seen here.
    ///
    /// ## Why it matters
    /// Without the label every pod is admitted, privileged ones included.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop # <-
    ///   labels:
    ///     pod-security.kubernetes.io/warn: restricted
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: strict # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    ///   labels:
    ///     pod-security.kubernetes.io/enforce: baseline
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: kube-system
    /// ```
    ///
    /// ## Fix
    /// Set the label `pod-security.kubernetes.io/enforce` to `restricted`, or to `baseline` where programs need more.
    MissingPodSecurityLabel {
        id: "missing-pod-security-label",
        title: "Namespace lacks Pod Security Admission enforce label",
        ring: Cluster,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.2.1", "cis-gke:4.2.1", "nsa:POD", "mitre:T1610"],
    }
}

const PATH: &[&str] = &["metadata", "labels", ENFORCE];

impl Check for MissingPodSecurityLabel {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(namespace) = namespace(resource) else {
            return;
        };
        let fix = || edit::set(resource.node, PATH, "baseline");
        match namespace.label(ENFORCE) {
            None => {
                findings
                    .add(Self::META)
                    .missing(resource.place(), "metadata")
                    .note("enforces no Pod Security level")
                    .fix(Safety::Unsafe, fix());
            }
            Some(level) if !matches!(level.text(), "privileged" | "baseline" | "restricted") => {
                findings
                    .add(Self::META)
                    .at(level)
                    .note(format!(
                        "enforces '{}', which is no Pod Security level",
                        level.text()
                    ))
                    .fix(Safety::Unsafe, fix());
            }
            Some(_) => {}
        }
    }
}
