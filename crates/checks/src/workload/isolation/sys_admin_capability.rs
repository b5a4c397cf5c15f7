use super::capabilities;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers that add `SYS_ADMIN`, in any case and with or without `CAP_`.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// `SYS_ADMIN` lets a process mount file systems, change namespaces and load programs into the kernel.
    /// That is enough to leave the container and take the node.
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
    ///         capabilities:
    ///           add: [SYS_ADMIN] # <-
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
    ///           add: [SYS_CHROOT]
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       restartPolicy: Always
    ///       securityContext:
    ///         capabilities:
    ///           add:
    ///             - cap_sys_admin # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           drop: [SYS_ADMIN]
    /// ```
    ///
    /// ## Fix
    /// Remove `SYS_ADMIN` from `securityContext.capabilities.add`, and add the narrower capability the program needs, such as `BPF` or `PERFMON`.
    SysAdminCapability {
        id: "sys-admin-capability",
        title: "Adds the SYS_ADMIN capability",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for SysAdminCapability {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "with which it can take over the node",
            |item| capabilities::is(item, "SYS_ADMIN"),
        );
    }
}
