use super::weakness::report_weaker;
use crate::{Check, ContainerKind, Findings, Workload, check};

check! {
    /// ## What it finds
    /// Ephemeral containers with a weakness that none of the pod's main containers has: privileged, added capabilities, root, privilege escalation, default capabilities, no seccomp or AppArmor profile.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// A debug container joins a running pod, sees its network and often its processes, and cannot be removed as long as the pod lives.
    /// What it may do, whoever gets into it may do inside the hardened pod.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     runAsNonRoot: true
    ///   containers:
    ///     - name: app
    ///   ephemeralContainers:
    ///     - name: debug
    ///       targetContainerName: app
    ///       securityContext:
    ///         privileged: true # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         runAsNonRoot: true
    ///   ephemeralContainers:
    ///     - name: debug # <-
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
    ///   ephemeralContainers:
    ///     - name: debug
    ///       targetContainerName: app
    /// ```
    ///
    /// ## Fix
    /// Delete the pod so that its controller makes a fresh one, and debug with `kubectl debug --profile=restricted`.
    WeakEphemeralContainer {
        id: "weak-ephemeral-container",
        title: "Ephemeral debug container weakens the pod's isolation",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for WeakEphemeralContainer {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        report_weaker(Self::META, workload, &[ContainerKind::Ephemeral], findings);
    }
}
