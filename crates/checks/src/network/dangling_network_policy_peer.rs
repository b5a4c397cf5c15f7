use std::collections::BTreeSet;

use super::{
    operator_made::CustomResources,
    policy::{Direction, NetworkPolicy, PolicyRule},
};
use crate::{Check, Confidence, Findings, Inventory, Node, Resource, Selector, check};

check! {
    /// ## What it finds
    /// Peers of a NetworkPolicy whose `podSelector` matches no pod of the scan.
    /// Without `namespaceSelector` the pods of the policy's own namespace are meant.
    /// With one, only namespaces that the scan surely holds count: those it selects by the label `kubernetes.io/metadata.name`, or whose Namespace object it matches.
    /// Custom resources with these labels stand for the pods that their operator makes.
    ///
    /// ## Why it matters
    /// A typing error in a label makes a rule that allows nobody, or, once someone uses that label, the wrong one.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   ingress:
    ///     - from:
    ///         - podSelector: # <-
    ///             matchLabels:
    ///               app: wbe
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
    ///   podSelector: {}
    ///   ingress:
    ///     - from:
    ///         - podSelector:
    ///             matchLabels:
    ///               app: web
    ///         - namespaceSelector:
    ///             matchLabels:
    ///               kubernetes.io/metadata.name: monitoring
    ///           podSelector:
    ///             matchLabels:
    ///               app: prometheus
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
    ///
    /// ## Fix
    /// Correct the labels of the peer, or remove it.
    DanglingNetworkPolicyPeer {
        id: "dangling-network-policy-peer",
        title: "NetworkPolicy peer selector selects no pod",
        ring: Code,
        target: Network,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingNetworkPolicyPeer {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        if inventory.workloads.is_empty() {
            return;
        }
        let pods = Pods::new(inventory);
        for policy in NetworkPolicy::all(inventory) {
            for direction in Direction::BOTH {
                for peer in policy.rules(direction).flat_map(PolicyRule::peers) {
                    let selector = peer
                        .get("podSelector")
                        .filter(|selector| !Selector::Full(*selector).is_empty());
                    if let Some(selector) = selector
                        && pods.miss(&policy.resource, peer, Selector::Full(selector))
                    {
                        findings
                            .add(Self::META)
                            .about(&policy.resource)
                            .at(selector)
                            .note("names a peer that no pod of the scan matches")
                            .confidence(Confidence::Medium);
                    }
                }
            }
        }
    }
}

/// The pods of a scan, and where they stand.
struct Pods<'i, 'a> {
    inventory: &'i Inventory<'a>,
    custom: CustomResources<'i, 'a>,
    namespaces: BTreeSet<&'a str>,
}

impl<'i, 'a> Pods<'i, 'a> {
    fn new(inventory: &'i Inventory<'a>) -> Self {
        let namespaces = inventory.workloads.iter();
        Self {
            inventory,
            custom: CustomResources::new(inventory),
            namespaces: namespaces
                .filter_map(|it| it.resource().namespace)
                .collect(),
        }
    }

    /// Whether a peer surely means pods of the scan, and its selector matches none.
    fn miss(&self, policy: &Resource<'_>, peer: Node<'_>, selector: Selector<'_>) -> bool {
        let namespaces = peer.get("namespaceSelector").filter(|it| !it.is_null());
        let Some(namespaces) = namespaces else {
            return self.inventory.selected(selector, policy).next().is_none()
                && !self.custom.may_be_selected(selector, policy);
        };
        // A pod whose namespace is unknown may be the one that is meant.
        self.inventory.selected_anywhere(selector).next().is_none()
            && self
                .namespaces
                .iter()
                .any(|name| is_selected(self.inventory, namespaces, name))
            && !self.custom.may_be_selected_anywhere(selector)
    }
}

fn is_selected(inventory: &Inventory<'_>, selector: Node<'_>, namespace: &str) -> bool {
    // The label that the API server gives every namespace; others stand only in the Namespace object.
    let labels = selector.get("matchLabels").map(Node::entries);
    let by_name = selector.get("matchExpressions").is_none()
        && labels.is_some_and(|labels| match labels.as_slice() {
            [(key, value)] => {
                key.text() == "kubernetes.io/metadata.name" && value.text() == namespace
            }
            _ => false,
        });
    by_name
        || inventory
            .named_cluster_wide("", "Namespace", namespace)
            .any(|object| {
                let labels = object.metadata.and_then(|metadata| metadata.get("labels"));
                Selector::Full(selector).matches(labels)
            })
}
