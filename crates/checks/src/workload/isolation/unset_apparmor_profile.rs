use super::apparmor;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers without an `appArmorProfile` of their own or of their pod, and without the annotation that stood for it before 1.30.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Without the field the profile is left to the runtime, and a node without AppArmor runs the container without anyone noticing.
    /// With it the kubelet refuses a node that cannot enforce the profile.
    /// On nodes with SELinux in the place of AppArmor this check does not apply.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app # <-
    ///     - name: proxy
    ///       securityContext:
    ///         appArmorProfile:
    ///           type: RuntimeDefault
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     appArmorProfile:
    ///       type: RuntimeDefault
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     container.apparmor.security.beta.kubernetes.io/app: runtime/default
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.appArmorProfile.type: RuntimeDefault` for the pod where the nodes have AppArmor.
    UnsetApparmorProfile {
        id: "unset-apparmor-profile",
        title: "No AppArmor profile",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "appArmorProfile", "type"];

impl Check for UnsetApparmorProfile {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() || apparmor::profile(container).is_some() {
            return;
        }
        findings
            .add(Self::META)
            .missing(container.security_place(), "securityContext")
            .note("states no AppArmor profile")
            .fix(
                Safety::Unsafe,
                edit::set(container.node, PATH, "RuntimeDefault"),
            );
    }
}
