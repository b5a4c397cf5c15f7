use crate::{Check, Findings, Node, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods without a `securityContext`, or with an empty one, of which a container has none either.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Nothing says which user, group, seccomp profile or volume owner is meant, so images and nodes decide.
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
    ///         - name: proxy
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
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsNonRoot: true
    /// ```
    ///
    /// ## Fix
    /// Give the pod a `securityContext` with `runAsNonRoot: true` and `seccompProfile.type: RuntimeDefault`.
    UnsetPodSecurityContext {
        id: "unset-pod-security-context",
        title: "Pod-level securityContext absent",
        ring: Container,
        target: Workload,
        severity: Low,
        since: "0.1.0",
        controls: ["cis:5.6.3", "cis-aks:4.6.2", "cis-gke:4.6.3", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "seccompProfile", "type"];

impl Check for UnsetPodSecurityContext {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        if pod.is_windows()
            || is_filled(pod.security_context)
            || workload
                .containers
                .iter()
                .all(|container| is_filled(container.security_context))
        {
            return;
        }
        findings
            .add(Self::META)
            .missing(pod.place(), "securityContext")
            .note("has no securityContext for the pod")
            .fix(Safety::Unsafe, edit::set(pod.spec, PATH, "RuntimeDefault"));
    }
}

fn is_filled(context: Option<Node<'_>>) -> bool {
    context.is_some_and(|context| context.written_entries().next().is_some())
}
