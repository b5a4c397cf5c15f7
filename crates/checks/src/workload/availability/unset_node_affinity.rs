use super::purpose::serves;
use crate::{Check, Findings, Node, Workload, check};

check! {
    /// ## What it finds
    /// Workloads that may run on any node: no node affinity, no `nodeSelector`, no `nodeName`.
    /// `DaemonSet` objects, which are there for all nodes, and jobs are left out.
    ///
    /// ## Why it matters
    /// Where nodes differ in trust or hardware, a workload that does not say which it needs lands anywhere.
    /// In a cluster of equal nodes there is nothing to do.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec: # <-
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       nodeSelector:
    ///         pool: web
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: DaemonSet
    /// metadata:
    ///   name: agent
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: agent
    /// ```
    ///
    /// ## Fix
    /// Where nodes differ, say with `nodeSelector` or `nodeAffinity` which ones the workload needs.
    UnsetNodeAffinity {
        id: "unset-node-affinity",
        title: "No node affinity",
        ring: Container,
        target: Workload,
        hooks: [Workload],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetNodeAffinity {
    fn workload(&self, workload: &Workload<'_>, findings: &mut Findings<'_>) {
        let pod = &workload.pod;
        let chooses = pod.field(["nodeName"]).is_some()
            || pod.field(["nodeSelector"]).is_some_and(Node::is_mapping)
            || pod
                .field(["affinity", "nodeAffinity"])
                .is_some_and(Node::is_mapping);
        if !chooses && pod.resource.kind != "DaemonSet" && serves(pod) {
            findings
                .add(Self::META)
                .missing(pod.place(), "affinity")
                .note("may run on any node");
        }
    }
}
