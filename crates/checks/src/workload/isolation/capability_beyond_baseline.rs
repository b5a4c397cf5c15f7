use super::capabilities;
use crate::{Check, Container, Findings, check};

check! {
    /// ## What it finds
    /// Capabilities in `capabilities.add` that the Baseline level of the Pod Security Standards does not allow.
    /// It allows `AUDIT_WRITE`, `CHOWN`, `DAC_OVERRIDE`, `FOWNER`, `FSETID`, `KILL`, `MKNOD`, `NET_BIND_SERVICE`, `SETFCAP`, `SETGID`, `SETPCAP`, `SETUID` and `SYS_CHROOT`, written exactly so.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// The others reach beyond the container: to the node's network, kernel, devices or other processes.
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
    ///         capabilities:
    ///           add: [CAP_NET_ADMIN, chown] # <-
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add:
    ///             - CHOWN
    ///             - IPC_LOCK # <-
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
    ///         capabilities:
    ///           add:
    ///             - IPC_LOCK # <-
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
    ///           add:
    ///             - CHOWN
    /// ```
    ///
    /// ## Fix
    /// Remove the capability from `securityContext.capabilities.add`, or move the program to a namespace kept for privileged workloads.
    CapabilityBeyondBaseline {
        id: "capability-beyond-baseline",
        title: "Adds a capability outside the Baseline allow-list",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD", "mitre:T1611"],
    }
}

impl Check for CapabilityBeyondBaseline {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "which the Baseline standard does not allow",
            capabilities::is_beyond_baseline,
        );
    }
}
