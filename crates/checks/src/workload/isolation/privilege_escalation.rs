use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers whose processes may gain more privileges than their parent: `allowPrivilegeEscalation` is
    /// `true`, or left out, which means the same.
    ///
    /// ## Why it matters
    /// With `false` the kernel's `no_new_privs` flag is set, and a setuid binary in the image gives no root.
    /// Without it, one forgotten setuid file undoes `runAsNonRoot`.
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
    ///     - name: helper
    ///       securityContext:
    ///         allowPrivilegeEscalation: true # <-
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
    ///         allowPrivilegeEscalation: false
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: windows
    /// spec:
    ///   os:
    ///     name: windows
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.allowPrivilegeEscalation: false`.
    PrivilegeEscalation {
        id: "privilege-escalation",
        title: "allowPrivilegeEscalation is true or left at its default",
        ring: Container,
        target: Workload,
        severity: High,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.6", "cis-aks:4.2.5", "cis-eks:4.2.5", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "allowPrivilegeEscalation"];

impl Check for PrivilegeEscalation {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() {
            return; // The flag means nothing there.
        }
        let fix = || edit::set(container.node, PATH, "false");
        match container.own_security("allowPrivilegeEscalation") {
            Some(field) if field.is_true() => {
                findings
                    .add(Self::META)
                    .at(field)
                    .note("allows privilege escalation")
                    .fix(Safety::Unsafe, fix());
            }
            None => {
                findings
                    .add(Self::META)
                    .missing(container.security_place(), "securityContext")
                    .note("leaves allowPrivilegeEscalation at its default, true")
                    .fix(Safety::Unsafe, fix());
            }
            Some(_) => {}
        }
    }
}
