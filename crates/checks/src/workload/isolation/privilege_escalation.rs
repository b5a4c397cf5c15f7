use super::capabilities;
use crate::{Check, Container, Findings, Node, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers with `allowPrivilegeEscalation: true`, or without the field, whose default is true.
    ///
    /// ## Why it matters
    /// With it, a program can gain rights its parent does not have, through setuid binaries such as `sudo`.
    /// Without it, the kernel refuses (`no_new_privs`), and a process that is not root stays that way.
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
    ///         allowPrivilegeEscalation: true # <-
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
    /// Set `securityContext.allowPrivilegeEscalation: false` for each container.
    /// The API server refuses that for a container that is privileged or adds `CAP_SYS_ADMIN`: take those away first.
    PrivilegeEscalation {
        id: "privilege-escalation",
        title: "allowPrivilegeEscalation is true or left at its default",
        ring: Container,
        target: Workload,
        hooks: [Container],
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
        let field = container.own_security("allowPrivilegeEscalation");
        if field.is_some_and(|field| !field.is_true()) {
            return;
        }
        let fix = if can_be_forbidden(container) {
            edit::set(container.node, PATH, "false")
        } else {
            None
        };
        let draft = findings.add(Self::META).fix(Safety::Unsafe, fix);
        match field {
            Some(field) => draft.at(field).note("allows privilege escalation"),
            None => draft
                .missing(container.security_place(), "securityContext")
                .note("leaves allowPrivilegeEscalation at its default, true"),
        };
    }
}

/// Whether the API server accepts `false`.
fn can_be_forbidden(container: &Container<'_>) -> bool {
    let is_privileged = container
        .own_security("privileged")
        .is_some_and(Node::is_true);
    !is_privileged
        && capabilities::list(container, "add")
            .is_none_or(|add| !add.items().any(|item| item.text() == "CAP_SYS_ADMIN"))
}
