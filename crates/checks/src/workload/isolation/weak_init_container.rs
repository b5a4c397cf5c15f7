use super::weakness::report_weaker;
use crate::{Check, ContainerKind, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Init containers and sidecars with a weakness that none of the pod's main containers has: privileged, added capabilities, root, privilege escalation, default capabilities, no seccomp or AppArmor profile.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// An init container shares volumes and network with the others, and what it leaves behind they run.
    /// The care taken with the main containers is lost when the way in stands open beside them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         runAsUser: 0 # <-
    ///         allowPrivilegeEscalation: false
    ///     - name: proxy # <-
    ///       restartPolicy: Always
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsUser: 10001
    ///         allowPrivilegeEscalation: false
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         runAsUser: 10001
    ///         allowPrivilegeEscalation: false
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsUser: 10001
    ///         allowPrivilegeEscalation: false
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Give the init container or sidecar the same `securityContext` as the main containers.
    WeakInitContainer {
        id: "weak-init-container",
        title: "Init container or native sidecar weaker than the main containers",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for WeakInitContainer {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let kinds = [ContainerKind::Init, ContainerKind::Sidecar];
        report_weaker(Self::META, workload, &kinds, findings);
    }
}
