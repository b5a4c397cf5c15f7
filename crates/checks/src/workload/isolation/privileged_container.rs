use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers of any sort that run with `privileged: true`.
    ///
    /// ## Why it matters
    /// A privileged container holds every capability and sees every device, so whoever controls it controls the node.
    /// Seccomp, AppArmor and dropped capabilities do not count for it.
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
    ///     - name: proxy
    ///       restartPolicy: Always
    ///       securityContext: {privileged: true} # <-
    ///   containers:
    ///     - name: app
    ///   ephemeralContainers:
    ///     - name: debug
    ///       securityContext:
    ///         privileged: true # <-
    /// ```
    ///
    /// ## Fix
    /// Remove `privileged`, and add the single capability the program needs to `securityContext.capabilities.add`.
    /// A program that needs a device of the node gets it through a device plugin.
    /// A mount with `mountPropagation: Bidirectional` must go first: the API server allows it to privileged containers alone.
    PrivilegedContainer {
        id: "privileged-container",
        title: "Container runs in privileged mode",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Critical,
        since: "0.1.0",
        controls: [
            "pss:baseline",
            "cis:5.2.2",
            "cis-aks:4.2.1",
            "cis-eks:4.2.1",
            "nsa:POD",
            "mitre:T1611",
        ],
    }
}

const PATH: &[&str] = &["securityContext", "privileged"];

/// Whether what it mounts shows on the node; the API server wants such a container to be privileged.
fn mounts_to_node(container: &Container<'_>) -> bool {
    container
        .node
        .list("volumeMounts")
        .any(|mount| mount.str("mountPropagation") == Some("Bidirectional"))
}

impl Check for PrivilegedContainer {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = container.own_security("privileged")
            && field.is_true()
        {
            let fix = if mounts_to_node(container) {
                None
            } else {
                edit::set(container.node, PATH, "false")
            };
            findings
                .add(Self::META)
                .at(field)
                .note("runs privileged")
                .fix(Safety::Unsafe, fix);
        }
    }
}
