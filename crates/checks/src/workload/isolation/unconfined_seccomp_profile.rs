use super::annotated_profile::{with_pod_seccomp, with_seccomp};
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose `seccompProfile`, their own or their pod's, is of type `Unconfined`.
    ///
    /// ## Why it matters
    /// An unconfined container may make every system call, also those that only exploits of the kernel need.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seccompProfile:
    ///           type: Unconfined # <-
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
    ///         seccompProfile:
    ///           type: RuntimeDefault
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seccompProfile:
    ///       type: Unconfined # <-
    ///   initContainers:
    ///     - name: setup
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seccompProfile:
    ///           type: RuntimeDefault
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.seccompProfile.type: RuntimeDefault`, or `Localhost` with a profile that allows what the program needs.
    UnconfinedSeccompProfile {
        id: "unconfined-seccomp-profile",
        title: "seccomp profile is Unconfined",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.6.2", "cis-gke:4.6.2", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for UnconfinedSeccompProfile {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(profile) = container.security("seccompProfile") else {
            return;
        };
        if let Some(kind) = profile.get("type")
            && kind.text() == "Unconfined"
        {
            let edits = edit::set(profile, &["type"], "RuntimeDefault");
            let fix = if container.own_security("seccompProfile").is_some() {
                with_seccomp(container, edits)
            } else {
                with_pod_seccomp(&container.pod, edits)
            };
            findings
                .add(Self::META)
                .at(kind)
                .note("runs without seccomp (seccompProfile type Unconfined)")
                .fix(Safety::Unsafe, fix);
        }
    }
}
