use super::user_namespace;
use crate::{Check, Findings, Node, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods without `hostUsers: false`: they have no user namespace of their own.
    /// Windows pods are left out.
    ///
    /// ## Why it matters
    /// Root in a container is then root for the node's kernel too.
    /// In a user namespace of its own it is nobody there, and a container that breaks out can do little.
    /// The field needs Kubernetes 1.33, or an earlier one with the feature gate, and a runtime and kernel that know it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostUsers: true # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostUsers: false
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `hostUsers: false` in the pod's `spec`.
    /// It cannot be combined with `hostNetwork`, `hostPID`, `hostIPC`, or with `volumeDevices` of a container.
    HostUsers {
        id: "host-users",
        title: "Pod shares the host user namespace (hostUsers is not false)",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:POD"],
    }
}

impl Check for HostUsers {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        if pod.is_windows() || user_namespace::is_own(pod) {
            return;
        }
        let has_host_namespace = ["hostNetwork", "hostPID", "hostIPC"]
            .into_iter()
            .any(|key| pod.field([key]).is_some_and(Node::is_true));
        let has_block_device = workload
            .containers
            .iter()
            .any(|container| container.node.list("volumeDevices").next().is_some());
        // The API server refuses either combination.
        let fix = if has_host_namespace || has_block_device {
            None
        } else {
            edit::set(pod.spec, &["hostUsers"], "false")
        };
        let draft = findings.add(Self::META).fix(Safety::Unsafe, fix);
        match pod.field(["hostUsers"]).filter(|field| !field.is_null()) {
            Some(field) => draft
                .at(field)
                .note("shares the node's user namespace (hostUsers: true)"),
            None => draft
                .missing(pod.place(), "hostUsers")
                .note("shares the node's user namespace: hostUsers is not set to false"),
        };
    }
}
