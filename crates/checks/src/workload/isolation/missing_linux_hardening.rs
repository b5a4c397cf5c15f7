use super::{annotated_profile::with_seccomp, apparmor, capabilities, selinux};
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers that use none of the kernel's means: no seccomp profile, no AppArmor profile, no SELinux options and no dropped capability, neither their own nor their pod's.
    /// What says that nothing is confined is no such means: a profile `Unconfined`, the SELinux type `spc_t` or `unconfined_t`.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Between such a container and the kernel stands only what the node happens to do by default.
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
    ///       securityContext: # <-
    ///         runAsNonRoot: true
    ///         seccompProfile:
    ///           type: Unconfined
    ///     - name: proxy # <-
    ///     - name: agent
    ///       securityContext: # <-
    ///         seLinuxOptions:
    ///           type: spc_t
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
    ///         capabilities:
    ///           drop: [NET_RAW]
    ///     - name: proxy
    ///       securityContext:
    ///         seLinuxOptions:
    ///           level: s0:c1,c2
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.seccompProfile.type: RuntimeDefault` for the pod and `capabilities.drop: ["ALL"]` for its containers.
    MissingLinuxHardening {
        id: "missing-linux-hardening",
        title: "None of seccomp, AppArmor, SELinux or dropped capabilities is used",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "seccompProfile", "type"];

impl Check for MissingLinuxHardening {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        if container.pod.is_windows() || is_hardened(container) {
            return;
        }
        findings
            .add(Self::META)
            .missing(container.security_place(), "securityContext")
            .note("has no seccomp profile, AppArmor profile, SELinux options or dropped capability")
            .fix(
                Safety::Unsafe,
                with_seccomp(container, edit::set(container.node, PATH, "RuntimeDefault")),
            );
    }
}

fn is_hardened(container: &Container<'_>) -> bool {
    let has_seccomp = container
        .security("seccompProfile")
        .and_then(|profile| profile.str("type"))
        .is_some_and(|kind| kind != "Unconfined");
    let has_selinux = container.security("seLinuxOptions").is_some_and(|options| {
        let kind = options.str("type").unwrap_or("");
        options.has_fields() && !selinux::is_unconfined(kind)
    });
    let drops_capabilities =
        capabilities::list(container, "drop").is_some_and(|drop| drop.items().next().is_some());
    has_seccomp
        || has_selinux
        || drops_capabilities
        || apparmor::profile(container).is_some_and(|profile| !profile.is_unconfined())
}
