use super::capabilities;
use crate::{Check, Container, Findings, Safety, check, edit};

check! {
    /// ## What it finds
    /// Containers that add `NET_RAW`, or drop neither it nor `ALL`, so that the runtime gives it to them.
    /// `capabilities.add` with `ALL` is the finding of `all-capabilities` alone; Windows pods are left out.
    ///
    /// ## Why it matters
    /// With raw sockets a process can forge packets and answer for its neighbours in the pod network.
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
    ///     - name: ping
    ///       securityContext:
    ///         capabilities:
    ///           drop: [ALL]
    ///           add: [NET_RAW] # <-
    ///     - name: proxy
    ///       securityContext: # <-
    ///         capabilities:
    ///           drop: [CHOWN]
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
    ///           drop: [net_raw]
    ///     - name: proxy
    ///       securityContext:
    ///         capabilities:
    ///           drop: [ALL]
    /// ```
    ///
    /// ## Fix
    /// Set `securityContext.capabilities.drop: ["ALL"]`, or drop at least `NET_RAW`.
    NetRawCapability {
        id: "net-raw-capability",
        title: "NET_RAW capability added or not dropped",
        ring: Container,
        target: Workload,
        hooks: [Container],
        severity: Medium,
        since: "0.1.0",
        controls: ["pss:restricted", "cis:5.2.8", "nsa:POD"],
    }
}

const PATH: &[&str] = &["securityContext", "capabilities", "drop"];

impl Check for NetRawCapability {
    fn container(&self, container: &Container<'_>, findings: &mut Findings<'_>) {
        capabilities::report_added(
            Self::META,
            container,
            findings,
            "with which it can forge packets",
            |item| capabilities::is(item, "NET_RAW"),
        );
        let is_added = capabilities::list(container, "add").is_some_and(|add| {
            add.items()
                .any(|item| capabilities::is(item, "NET_RAW") || capabilities::is(item, "ALL"))
        });
        if is_added || container.pod.is_windows() || capabilities::drops(container, "NET_RAW") {
            return;
        }
        findings
            .add(Self::META)
            .missing(container.security_place(), "securityContext")
            .note("keeps the capability NET_RAW: capabilities.drop names neither it nor ALL")
            .fix(Safety::Unsafe, edit::set(container.node, PATH, "[\"ALL\"]"));
    }
}
