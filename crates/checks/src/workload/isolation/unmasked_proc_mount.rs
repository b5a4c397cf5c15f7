use super::user_namespace;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `procMount` is not `Default`.
    /// In a pod with a user namespace of its own (`hostUsers: false`), where Kubernetes allows it for containers within containers, the severity is low.
    ///
    /// ## Why it matters
    /// The runtime hides parts of `/proc` and makes others read-only, because they belong to the node's kernel.
    /// Unmasked, a root process can read the kernel's memory layout and change settings of the node, `/proc/sysrq-trigger` among them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: builder
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         procMount: Unmasked # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: builder
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         procMount: Default
    /// ```
    ///
    /// ## Fix
    /// Remove `procMount`; a build tool that needs it belongs into a pod with `hostUsers: false`.
    UnmaskedProcMount {
        id: "unmasked-proc-mount",
        title: "procMount other than Default",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:baseline", "nsa:POD", "mitre:T1611"],
    }
}

const PATH: &[&str] = &["securityContext", "procMount"];

impl Check for UnmaskedProcMount {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(field) = container.own_security("procMount") else {
            return;
        };
        if matches!(field.text(), "" | "Default") {
            return;
        }
        findings
            .add(Self::META)
            .severity(user_namespace::severity_of_root(&container.pod, Self::META))
            .at(field)
            .note(format!(
                "mounts /proc unmasked (procMount: {})",
                field.text()
            ))
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "Default"));
    }
}
