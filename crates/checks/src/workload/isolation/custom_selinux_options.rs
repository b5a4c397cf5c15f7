use super::selinux;
use crate::{Check, Container, Findings, Node, Safety, Severity, Workload, check, edit};

check! {
    /// ## What it finds
    /// `seLinuxOptions` of a pod or a container with a `user`, a `role`, or a `type` other than `container_t`, `container_init_t`, `container_kvm_t` and `container_engine_t`.
    /// The types `spc_t` and `unconfined_t` are of high severity.
    ///
    /// ## Why it matters
    /// The type decides what a container may touch on a node with SELinux.
    /// These are the types of programs that are not confined at all, and a custom user or role can lead to such a type.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seLinuxOptions:
    ///       user: system_u # <-
    ///       role: system_r # <-
    ///       level: s0:c1,c2
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seLinuxOptions:
    ///           type: spc_t # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seLinuxOptions:
    ///       level: s0:c1,c2
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seLinuxOptions:
    ///           type: container_t
    /// ```
    ///
    /// ## Fix
    /// Remove `user`, `role` and `type` from `seLinuxOptions`; `level` may stay.
    CustomSelinuxOptions {
        id: "custom-selinux-options",
        title: "SELinux user or role set, or type outside the allowed container types",
        ring: Container,
        target: Workload,
        hooks: [Workload, Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for CustomSelinuxOptions {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(options) = workload.pod.security("seLinuxOptions") {
            judge(options, findings);
        }
    }

    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(options) = container.own_security("seLinuxOptions") {
            judge(options, findings);
        }
    }
}

fn judge(options: Node<'_>, findings: &mut Findings<'_>) {
    for key in ["user", "role", "type"] {
        let Some(field) = options.get(key) else {
            continue;
        };
        let value = field.text();
        if value.is_empty() || field.is_null() || (key == "type" && is_container_type(value)) {
            continue;
        }
        let meta = CustomSelinuxOptions::META;
        let is_unconfined = key == "type" && selinux::is_unconfined(value);
        findings
            .add(meta)
            .severity(if is_unconfined {
                Severity::High
            } else {
                meta.severity
            })
            .at(field)
            .note(format!("sets the SELinux {key} {value}"))
            .fix(Safety::Unsafe, edit::remove(options, key));
    }
}

/// The types that the Baseline level allows.
/// Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline>.
fn is_container_type(value: &str) -> bool {
    matches!(
        value,
        "container_t" | "container_init_t" | "container_kvm_t" | "container_engine_t"
    )
}
