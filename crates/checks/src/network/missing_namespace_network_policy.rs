use std::collections::HashSet;

use super::{append, plugin_policy::PluginPolicy, policy::NetworkPolicy};
use crate::{Check, Findings, Inventory, Safety, check};

check! {
    /// ## What it finds
    /// Namespaces written in the scan for which the scan holds no NetworkPolicy.
    /// A policy without a namespace counts for the namespaces of its folder; policies of Cilium, Calico and Antrea count as well, cluster-wide ones unless they select pods by label only.
    ///
    /// ## Why it matters
    /// In a namespace without a policy every pod is open to the whole cluster, and so is each pod that is added later.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop # <-
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: default-deny
    ///   namespace: office
    /// spec:
    ///   podSelector: {}
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ---
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: default-deny
    ///   namespace: shop
    /// spec:
    ///   podSelector: {}
    /// ```
    ///
    /// ## Fix
    /// Add a NetworkPolicy with an empty podSelector that refuses all traffic of the namespace, and allow what is needed beside it.
    MissingNamespaceNetworkPolicy {
        id: "missing-namespace-network-policy",
        title: "Namespace without any NetworkPolicy",
        ring: Cluster,
        target: Network,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.3.2", "cis-aks:4.4.2", "cis-eks:4.3.2", "cis-gke:4.3.2", "nsa:NET"],
    }
}

impl Check for MissingNamespaceNetworkPolicy {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let plugin_policies = PluginPolicy::all(inventory);
        let (mut namespaces, mut folders) = (HashSet::new(), HashSet::new());
        for policy in NetworkPolicy::all(inventory) {
            match policy.resource.namespace {
                Some(namespace) => namespaces.insert(namespace),
                None => folders.insert(policy.resource.folder()),
            };
        }
        for namespace in inventory.of_kind("", "Namespace") {
            let has_policy = namespaces.contains(namespace.name)
                || folders.contains(namespace.folder())
                || plugin_policies
                    .iter()
                    .any(|policy| policy.may_cover(namespace));
            if !has_policy {
                let patch = append::default_deny(namespace.name, Some(namespace.name), None);
                findings
                    .add(Self::META)
                    .about(namespace)
                    .missing(namespace.place(), "networkPolicy")
                    .note("has no NetworkPolicy")
                    .fix(
                        Safety::Unsafe,
                        patch.and_then(|patch| append::document(namespace, &patch)),
                    );
            }
        }
    }
}
