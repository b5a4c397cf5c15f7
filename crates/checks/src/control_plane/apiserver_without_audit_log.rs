use super::apiserver::ApiServer;
use crate::{Check, Container, Findings, Severity, check};

check! {
    /// ## What it finds
    /// Pods that start kube-apiserver with neither `--audit-log-path` nor `--audit-webhook-config-file`.
    /// It is worse, and a finding of severity high, where an audit policy is given: someone means to log, and nothing is.
    ///
    /// ## Why it matters
    /// Events that no backend takes are thrown away, whatever the audit policy says.
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
    ///     - name: kube-apiserver
    ///       image: registry.k8s.io/kube-apiserver:v1.34.1
    ///       command:
    ///         - kube-apiserver
    ///         - --audit-policy-file=/etc/kubernetes/audit/policy.yaml # <-
    /// ```
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
    ///         - --secure-port=6443
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
    ///         - --audit-policy-file=/etc/kubernetes/audit/policy.yaml
    ///         - --audit-log-path=/var/log/kubernetes/audit.log
    /// ```
    ///
    /// ## Fix
    /// Name a file with `--audit-log-path` (`-` is standard output), or a webhook with `--audit-webhook-config-file`.
    ApiserverWithoutAuditLog {
        id: "apiserver-without-audit-log",
        title: "Audit log path unset",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:1.2.16", "nsa:AUDIT"],
    }
}

impl Check for ApiserverWithoutAuditLog {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(server) = ApiServer::of(container) else {
            return;
        };
        let has_backend = ["audit-log-path", "audit-webhook-config-file"]
            .iter()
            .any(|name| server.value(name).is_some());
        if has_backend {
            return;
        }
        match server.flag("audit-policy-file") {
            Some(policy) => {
                findings
                    .add(Self::META)
                    .at(policy.node)
                    .severity(Severity::High)
                    .note("has an audit policy, and neither --audit-log-path nor --audit-webhook-config-file: nothing is logged");
            }
            None => {
                findings
                    .add(Self::META)
                    .missing(container.place(), "--audit-log-path")
                    .note("has neither --audit-log-path nor --audit-webhook-config-file: nothing is logged");
            }
        }
    }
}
