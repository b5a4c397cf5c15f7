use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Pods that neither a policy of the network plugin nor a NetworkPolicy selects, in a scan that holds policies of Cilium, Calico or Antrea.
    /// Where a scan holds none of those, `missing-network-policy` alone speaks.
    /// Pods with `hostNetwork: true` are left to that check.
    ///
    /// ## Why it matters
    /// A cluster that writes its rules for the network plugin relies on them.
    /// A pod that they forgot talks to everyone.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: api
    /// spec:
    ///   endpointSelector:
    ///     matchLabels:
    ///       app: api
    ///   ingress: [{}]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   endpointSelector:
    ///     matchLabels:
    ///       k8s:app: web
    ///   ingress: [{}]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a policy of the network plugin, or a NetworkPolicy, that selects the pod.
    MissingCniNetworkPolicy {
        id: "missing-cni-network-policy",
        title: "No Cilium or Calico policy covers the workload",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for MissingCniNetworkPolicy {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let coverage = inventory.coverage();
        if !coverage.has_plugin_policies() {
            return;
        }
        for workload in &inventory.workloads {
            let on_host = workload
                .pod
                .field(["hostNetwork"])
                .is_some_and(ringwall_input::yaml::Node::is_true);
            if !on_host && !coverage.has_any(workload) {
                let resource = workload.resource();
                findings
                    .add(Self::META)
                    .about(resource)
                    .missing(resource.place(), "networkPolicy")
                    .note("is selected by no policy of the network plugin")
                    .confidence(Confidence::Medium);
            }
        }
    }
}
