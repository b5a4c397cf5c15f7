use super::annotated_profile::with_pod_seccomp;
use crate::{Check, Findings, Node, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods without a `securityContext`, or with an empty one; those of their containers do not count.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Nothing says for the pod as a whole which user, group, seccomp profile or volume owner is meant.
    /// A container added later, by hand or by a webhook, then starts with whatever its image and the node decide.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     matchLabels: {app: web}
    ///   template:
    ///     metadata:
    ///       labels: {app: web}
    ///     spec: # <-
    ///       securityContext: {}
    ///       containers:
    ///         - name: app
    ///           securityContext:
    ///             runAsNonRoot: true
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Give the pod a `securityContext` with `runAsNonRoot: true` and `seccompProfile.type: RuntimeDefault`.
    UnsetPodSecurityContext {
        id: "unset-pod-security-context",
        title: "Pod-level securityContext absent",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.6.3", "cis-aks:4.6.2", "cis-gke:4.6.3", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "seccompProfile", "type"];

impl Check for UnsetPodSecurityContext {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let is_filled = pod.security_context.is_some_and(Node::has_fields);
        if is_filled || pod.is_windows() {
            return;
        }
        findings
            .add(Self::META)
            .missing(pod.place(), "securityContext")
            .note("has no securityContext for the pod")
            .fix(
                Safety::Unsafe,
                with_pod_seccomp(pod, edit::set(pod.spec, PATH, "RuntimeDefault")),
            );
    }
}
