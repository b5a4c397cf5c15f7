use super::{operator_made::CustomResources, policy::NetworkPolicy};
use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// `NetworkPolicies` whose `podSelector` names labels that no pod of its namespace carries, in a scan that holds pods.
    /// An empty `podSelector` selects every pod, also those to come, and is never a finding.
    /// Pods that an operator makes are not in a scan: custom resources with these labels count as such, but for kinds that make none, such as a ServiceMonitor; the confidence is medium.
    ///
    /// ## Why it matters
    /// A typing error in a label leaves the pods that should be protected without a policy, and nothing says so.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: # <-
    ///     matchLabels:
    ///       app: wbe
    /// ---
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
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: api
    ///   labels:
    ///     app: wbe
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector:
    ///     matchLabels:
    ///       app: web
    /// ```
    ///
    /// ## Fix
    /// Correct the labels of `podSelector`, or remove the policy.
    DanglingNetworkPolicy {
        id: "dangling-network-policy",
        title: "NetworkPolicy selects no pod",
        ring: Code,
        target: Network,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingNetworkPolicy {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let custom = CustomResources::new(inventory);
        for policy in NetworkPolicy::all(inventory) {
            let (resource, selector) = (policy.resource, policy.selector());
            if !inventory.workloads.is_empty()
                && !selector.is_empty()
                && inventory.selected(selector, &resource).next().is_none()
                && !custom.may_be_selected(selector, &resource)
                && let Some(place) = resource.spec.and_then(|spec| spec.get("podSelector"))
            {
                findings
                    .add(Self::META)
                    .about(&resource)
                    .at(place)
                    .note("selects no pod of the scan")
                    .confidence(Confidence::Medium);
            }
        }
    }
}
