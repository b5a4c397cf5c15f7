use super::capabilities;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Containers that add `NET_ADMIN`, in any case and with or without `CAP_`.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// `NET_ADMIN` lets a process change interfaces, routes and firewall rules: its own pod's, or the node's where the pod uses the host network.
    /// Much of the kernel's network code that had flaws can be reached only with it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: mesh
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         capabilities:
    ///           add: [NET_ADMIN] # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: mesh
    /// spec:
    ///   initContainers:
    ///     - name: setup
    ///       securityContext:
    ///         capabilities:
    ///           add: [NET_BIND_SERVICE]
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `NET_ADMIN` from `securityContext.capabilities.add`; a service mesh can set up pods through its CNI plugin instead of an init container.
    NetAdminCapability {
        id: "net-admin-capability",
        title: "Adds the NET_ADMIN capability",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD"],
    }
}

impl Check for NetAdminCapability {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "with which it can change interfaces, routes and firewall rules",
            |item| capabilities::is(item, "NET_ADMIN"),
        );
    }
}
