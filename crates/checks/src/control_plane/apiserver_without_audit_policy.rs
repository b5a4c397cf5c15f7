use super::apiserver::ApiServer;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Pods that start kube-apiserver without `--audit-policy-file`.
    /// Whether the policy is a good one is judged where it is scanned.
    ///
    /// ## Why it matters
    /// Without a policy the API server logs no request: who read a Secret or started a pod cannot be told afterwards.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: kube-apiserver
    ///   namespace: kube-system
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver # <-
    ///       image: registry.k8s.io/kube-apiserver:v1.34.1
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log-path=/var/log/kubernetes/audit.log
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: kube-apiserver
    ///   namespace: kube-system
    /// spec:
    ///   containers:
    ///     - name: kube-apiserver
    ///       image: registry.k8s.io/kube-apiserver:v1.34.1
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-log-path=/var/log/kubernetes/audit.log
    ///         - --audit-policy-file=/etc/kubernetes/audit/policy.yaml
    /// ```
    ///
    /// ## Fix
    /// Write an audit policy, mount it into the pod, and name it with `--audit-policy-file`.
    ApiserverWithoutAuditPolicy {
        id: "apiserver-without-audit-policy",
        title: "No audit policy",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:3.2.1", "nsa:AUDIT"],
    }
}

impl Check for ApiserverWithoutAuditPolicy {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(server) = ApiServer::of(container)
            && server.value("audit-policy-file").is_none()
        {
            findings
                .add(Self::META)
                .missing(container.place(), "--audit-policy-file")
                .note("has no audit policy (--audit-policy-file), so it logs no requests");
        }
    }
}
