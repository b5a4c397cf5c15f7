use super::apiserver::ApiServer;
use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Audit policies, audit logs and kubeconfigs of audit webhooks that a kube-apiserver in a pod is told to use, at paths where nothing is mounted, and audit logs on a read-only mount.
    ///
    /// ## Why it matters
    /// A policy that is not there keeps the API server from starting.
    /// A log that is written into the container goes with it at its next restart, which whoever has something to hide can bring about.
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
    ///         - --audit-log-path=/var/log/kubernetes/audit.log # <-
    ///       volumeMounts:
    ///         - name: log
    ///           mountPath: /var/log/kubernetes
    ///           readOnly: true
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
    ///       volumeMounts:
    ///         - name: policy
    ///           mountPath: /etc/kubernetes/audit
    ///           readOnly: true
    ///         - name: log
    ///           mountPath: /var/log/kubernetes
    /// ```
    ///
    /// ## Fix
    /// Mount the file or its folder into the pod, the log without `readOnly`.
    UnmountedAuditFile {
        id: "unmounted-audit-file",
        title: "Audit file outside of the API server's mounts",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUDIT"],
    }
}

/// Flags that name a file, and whether the API server writes it.
const FILES: [(&str, bool); 3] = [
    ("audit-policy-file", false),
    ("audit-webhook-config-file", false),
    ("audit-log-path", true),
];

impl Check for UnmountedAuditFile {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(server) = ApiServer::of(container) else {
            return;
        };
        for (name, is_written) in FILES {
            let Some(flag) = server.flag(name) else {
                continue;
            };
            // `-` is standard output; what is not absolute cannot be placed.
            let Some(path) = flag.value.filter(|path| path.starts_with('/')) else {
                continue;
            };
            match mount(container, path) {
                None => {
                    findings
                        .add(Self::META)
                        .at(flag.node)
                        .note(format!("uses {path} (--{name}), where nothing is mounted"));
                }
                Some(mount) if is_written && mount.get("readOnly").is_some_and(Node::is_true) => {
                    findings
                        .add(Self::META)
                        .at(flag.node)
                        .note(format!(
                            "writes {path} (--{name}), which is mounted read-only"
                        ))
                        .evidence("the mount", mount);
                }
                Some(_) => {}
            }
        }
    }
}

/// The deepest mount that a path lies in.
fn mount<'a>(container: &Container<'a>, path: &str) -> Option<Node<'a>> {
    container
        .node
        .list("volumeMounts")
        .filter(|mount| {
            let folder = mount.str("mountPath").unwrap_or("").trim_end_matches('/');
            path.strip_prefix(folder)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
        .max_by_key(|mount| {
            mount
                .str("mountPath")
                .unwrap_or("")
                .trim_end_matches('/')
                .len()
        })
}
