use super::capabilities;
use crate::{Check, Container, Findings, Node, check};

check! {
    /// ## What it finds
    /// Containers that add one of `SYS_PTRACE`, `DAC_READ_SEARCH`, `SYS_RAWIO`, `BPF`, `PERFMON`, `SYSLOG`, `SYS_BOOT` and `SYS_TIME`, in any case and with or without `CAP_`.
    /// `ALL` is the finding of `all-capabilities` alone.
    ///
    /// ## Why it matters
    /// Each of them touches the node itself.
    /// They read the memory of other processes or of the kernel, open files of the node by handle, reach its ports and clock, or restart it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: trace
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add:
    ///             - SYS_PTRACE # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: trace
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add:
    ///             - KILL
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: trace
    /// spec:
    ///   containers:
    ///     - name: app
    ///       securityContext:
    ///         capabilities:
    ///           add: [CHOWN, bpf, CAP_PERFMON] # <-
    /// ```
    ///
    /// ## Fix
    /// Remove the capability from `securityContext.capabilities.add`; run programs that must watch the node in a namespace of their own with few users.
    NodeEscapeCapability {
        id: "node-escape-capability",
        title: "Adds a node-escape capability (SYS_PTRACE, DAC_READ_SEARCH, SYS_RAWIO, BPF, PERFMON, SYSLOG, SYS_BOOT, SYS_TIME)",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.9", "nsa:POD", "mitre:T1611"],
    }
}

const CAPABILITIES: &[&str] = &[
    "SYS_PTRACE",
    "DAC_READ_SEARCH",
    "SYS_RAWIO",
    "BPF",
    "PERFMON",
    "SYSLOG",
    "SYS_BOOT",
    "SYS_TIME",
];

impl Check for NodeEscapeCapability {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        let is_listed =
            |item: Node<'_>| CAPABILITIES.iter().any(|name| capabilities::is(item, name));
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "which reaches beyond the container to the node",
            is_listed,
        );
    }
}
