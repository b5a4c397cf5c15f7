use super::append;
use crate::{Check, ForWorkload, Inventory, Safety, check};

check! {
    /// ## What it finds
    /// Pods that no NetworkPolicy of the scan selects, whether they are written as `Pod`, in a template, or in a custom kind.
    /// Policies of Cilium, Calico, Antrea and of SIG Network clear a pod too, as soon as they may select it; their selectors are evaluated only as far as that is certain.
    /// One that refuses nothing clears no pod: of Cilium with `enableDefaultDeny` false or without rules, of Antrea and SIG Network without a rule that refuses.
    /// Pods with `hostNetwork: true` are found as well: they use the node's network, which no NetworkPolicy governs.
    ///
    /// ## Why it matters
    /// Without a policy every pod of the cluster reaches every port of this one, and this one reaches everything.
    /// One compromised container is then enough to scan and attack all others.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: api
    /// spec:
    ///   podSelector:
    ///     matchLabels:
    ///       app: api
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: agent
    /// spec:
    ///   hostNetwork: true # <-
    ///   containers:
    ///     - name: agent
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: default-deny
    /// spec:
    ///   podSelector: {}
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: default-deny
    ///   namespace: shop
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress, Egress]
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: projectcalico.org/v3
    /// kind: GlobalNetworkPolicy
    /// metadata:
    ///   name: default-deny
    /// spec:
    ///   selector: all()
    ///   types: [Ingress, Egress]
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    ///   namespace: shop
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// spec:
    ///   endpointSelector: {}
    ///   enableDefaultDeny:
    ///     ingress: false
    ///     egress: false
    ///   ingress:
    ///     - fromEntities: [host]
    /// ---
    /// apiVersion: policy.networking.k8s.io/v1alpha1
    /// kind: AdminNetworkPolicy
    /// metadata:
    ///   name: monitoring
    /// spec:
    ///   priority: 10
    ///   subject:
    ///     namespaces: {}
    ///   ingress:
    ///     - action: Allow
    ///       from:
    ///         - namespaces:
    ///             matchLabels:
    ///               kubernetes.io/metadata.name: monitoring
    /// ```
    ///
    /// ## Fix
    /// Add a NetworkPolicy that selects the pod and allows only what it needs; start from one that refuses everything.
    MissingNetworkPolicy {
        id: "missing-network-policy",
        title: "No NetworkPolicy selects the workload",
        ring: Cluster,
        target: Network,
        hooks: [WorkloadAmong],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.3.2", "cis-aks:4.4.2", "cis-eks:4.3.2", "cis-gke:4.3.2", "nsa:NET"],
    }
}

impl Check for MissingNetworkPolicy {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let coverage = inventory.coverage();
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if let Some(field) = workload.pod.field(["hostNetwork"])
                && field.is_true()
            {
                findings
                    .add(Self::META)
                    .at(field)
                    .note("uses the network of the node, which no NetworkPolicy governs")
                    .remediation("Remove hostNetwork, and select the pod with a NetworkPolicy.");
            } else if !coverage.has_any(workload) {
                let patch = workload.pod.labels().and_then(|labels| {
                    // Others of its name may get a policy too, in other files.
                    let name = format!("{}-{}", resource.name, resource.kind.to_lowercase());
                    append::default_deny(&name, resource.namespace, Some(labels))
                });
                findings
                    .add(Self::META)
                    .missing(resource.place(), "networkPolicy")
                    .note("is selected by no NetworkPolicy")
                    .fix(
                        Safety::Unsafe,
                        patch.and_then(|patch| append::document(resource, &patch)),
                    );
            }
        })
    }
}
