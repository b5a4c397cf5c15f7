use super::annotated_profile::with_seccomp;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers for which neither the pod nor the container states a `seccompProfile`.
    /// Annotations do not count, because they no longer have an effect.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Without a profile a container may make every system call, unless the kubelet runs with `seccompDefault`, which a manifest does not show.
    /// The runtime's profile closes those that ordinary programs never make and exploits often do.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seccompProfile:
    ///           type: RuntimeDefault
    ///     - name: proxy
    ///       securityContext: # <-
    ///         runAsNonRoot: true
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seccompProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.seccompProfile.type: RuntimeDefault` for the pod.
    UnsetSeccompProfile {
        id: "unset-seccomp-profile",
        title: "No seccomp profile at pod or container level",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.6.2", "cis-gke:4.6.2", "nsa:POD", "mitre:T1611"],
    }
}

const PATH: &[&str] = &["securityContext", "seccompProfile", "type"];

impl Check for UnsetSeccompProfile {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() || container.security("seccompProfile").is_some() {
            return;
        }
        findings
            .add(Self::META)
            .missing(container.security_place(), "securityContext")
            .note("has no seccomp profile, unless the kubelet sets one by default")
            .fix(
                Safety::Unsafe,
                with_seccomp(container, edit::set(container.node, PATH, "RuntimeDefault")),
            );
    }
}
