use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers that run with `privileged: true`.
    ///
    /// ## Why it matters
    /// A privileged container holds every capability and sees every device, so whoever controls it controls the node.
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
    ///         privileged: yes # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         privileged: true # <-
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
    ///         privileged: false
    /// ```
    ///
    /// ## Fix
    /// Remove the field, and add the single capability the program needs.
    PrivilegedContainer {
        id: "privileged-container",
        title: "Container runs in privileged mode",
        ring: Container,
        target: Workload,
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.2", "cis-aks:4.2.1", "cis-eks:4.2.1", "nsa:POD"],
    }
}

impl Check for PrivilegedContainer {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = container.own_security("privileged")
            && field.is_true()
        {
            findings
                .add(Self::META)
                .at(field)
                .note("runs privileged")
                .fix(Safety::Unsafe, edit::replace(field, "false"));
        }
    }
}
