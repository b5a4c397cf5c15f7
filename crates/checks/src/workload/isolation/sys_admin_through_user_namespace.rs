use super::capabilities;
use crate::{Check, Confidence, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers that state the seccomp profile `Unconfined`, themselves or through their pod.
    /// Privileged containers and those that add `SYS_ADMIN` or `ALL` are left out: they hold the capability already.
    /// A container without any profile is the finding of `unset-seccomp-profile`.
    ///
    /// ## Why it matters
    /// Without seccomp any process may call `unshare`, and is then root with `SYS_ADMIN` in a new user namespace.
    /// From there it reaches kernel code that is closed to it otherwise, with flaws such as CVE-2022-0185 that lead out of the container.
    /// Whether the kernel has such a flaw, or allows user namespaces at all, cannot be seen in a manifest.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seccompProfile:
    ///       type: Unconfined # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   securityContext:
    ///     seccompProfile:
    ///       type: Unconfined
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         seccompProfile:
    ///           type: RuntimeDefault
    ///     - name: driver
    ///       securityContext:
    ///         privileged: true
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.seccompProfile.type: RuntimeDefault`, which forbids new user namespaces.
    SysAdminThroughUserNamespace {
        id: "sys-admin-through-user-namespace",
        title: "SYS_ADMIN reachable through user namespaces because seccomp is unconfined (CVE-2022-0185)",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD", "mitre:T1611", "mitre:T1068"],
    }
}

impl Check for SysAdminThroughUserNamespace {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let Some(kind) = container
            .security("seccompProfile")
            .and_then(|profile| profile.get("type"))
        else {
            return;
        };
        if kind.text() != "Unconfined" || has_sys_admin(container) {
            return;
        }
        findings
            .add(Self::META)
            .at(kind)
            .confidence(Confidence::Medium)
            .note("can get SYS_ADMIN in a user namespace of its own: no seccomp profile stops it");
    }
}

fn has_sys_admin(container: &Container<'_>) -> bool {
    let is_privileged = container
        .own_security("privileged")
        .is_some_and(Node::is_true);
    is_privileged
        || capabilities::list(container, "add").is_some_and(|add| {
            add.items()
                .any(|item| capabilities::is(item, "SYS_ADMIN") || capabilities::is(item, "ALL"))
        })
}
