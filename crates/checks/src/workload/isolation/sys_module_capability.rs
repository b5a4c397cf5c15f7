use super::capabilities;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers that add `SYS_MODULE`, in any case and with or without `CAP_`.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// `SYS_MODULE` lets a process load modules into the kernel that all containers of the node share, and code in the kernel may do everything.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: driver
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add: [SYS_MODULE] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: driver
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           drop: [SYS_MODULE]
    /// ```
    ///
    /// ## Fix
    /// Remove `SYS_MODULE` from `securityContext.capabilities.add`, and load the module when the node starts.
    SysModuleCapability {
        id: "sys-module-capability",
        title: "Adds the SYS_MODULE capability (kernel module loading)",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Critical,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for SysModuleCapability {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "with which it can load code into the node's kernel",
            |item| capabilities::is(item, "SYS_MODULE"),
        );
    }
}
