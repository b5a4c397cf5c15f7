use super::policy::{Direction, NetworkPolicy};
use crate::{Check, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// `NetworkPolicies` that govern one direction of traffic only, where no other policy governs the other direction of the pods they select.
    /// `policyTypes` left out means `Ingress`, and `Egress` only where egress rules are written.
    /// A policy whose pods are not in the scan is judged together with the policies that select every pod of its namespace.
    ///
    /// ## Why it matters
    /// A pod whose ingress alone is limited still reaches the internet, the cloud's metadata address and every neighbour once it is compromised.
    /// A pod whose egress alone is limited is open to everyone.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress] # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web # <-
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
    ///   policyTypes: [Ingress]
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: default-deny-egress
    /// spec:
    ///   podSelector: {}
    ///   policyTypes: [Ingress, Egress]
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   egress:
    ///     - to:
    ///         - podSelector: {}
    /// ```
    ///
    /// ## Fix
    /// List both `Ingress` and `Egress` in `policyTypes`, and write rules for what the pods need.
    PartialNetworkPolicy {
        id: "partial-network-policy",
        title: "NetworkPolicy lacks ingress or egress coverage",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for PartialNetworkPolicy {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let policies: Vec<NetworkPolicy<'_>> = NetworkPolicy::all(inventory).collect();
        if policies.is_empty() {
            return;
        }
        let coverage = inventory.coverage();
        for direction in Direction::BOTH {
            // Those that govern every pod of their namespace.
            let defaults: Vec<&NetworkPolicy<'_>> = policies
                .iter()
                .filter(|policy| policy.isolates(direction) && policy.selector().is_empty())
                .collect();
            for policy in &policies {
                if policy.isolates(direction) {
                    continue;
                }
                let mut pods = inventory
                    .selected(policy.selector(), &policy.resource)
                    .peekable();
                let is_covered = if pods.peek().is_some() {
                    pods.all(|pod| coverage.has(pod, direction))
                } else {
                    defaults
                        .iter()
                        .any(|other| Inventory::share_namespace(&other.resource, &policy.resource))
                };
                if !is_covered {
                    let other = direction.rules_key();
                    findings
                        .add(Self::META)
                        .about(&policy.resource)
                        .at(policy.place())
                        .note(format!(
                            "leaves {other} of the pods it selects unrestricted"
                        ));
                }
            }
        }
    }
}
