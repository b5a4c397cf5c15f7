use super::windows_host_process;
use crate::{Check, Findings, Safety, Workload, check, edit};

check! {
    /// ## What it finds
    /// Pods with `hostNetwork: true`.
    ///
    /// ## Why it matters
    /// The pod uses the node's own network: it can listen to the node's traffic, reach services that only listen on the node's loopback, and network policies do not apply to it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostNetwork: true # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   hostNetwork: false
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Remove `hostNetwork`, and reach the program through a Service.
    HostNetwork {
        id: "host-network",
        title: "Pod uses the host network namespace",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: High,
        since: "0.1.0",
        controls: ["pss:baseline", "cis:5.2.5", "cis-aks:4.2.4", "cis-eks:4.2.4", "nsa:POD"],
    }
}

impl Check for HostNetwork {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        if let Some(field) = workload.pod.field(["hostNetwork"])
            && field.is_true()
        {
            // The API server wants the network of the node for containers that run on the node itself.
            let fix = if workload.containers.iter().any(windows_host_process::is_one) {
                None
            } else {
                edit::set(workload.pod.spec, &["hostNetwork"], "false")
            };
            findings
                .add(Self::META)
                .at(field)
                .note("uses the node's network (hostNetwork: true)")
                .fix(Safety::Unsafe, fix);
        }
    }
}
