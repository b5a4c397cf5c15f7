//! Policies of network plugins: Cilium, Calico, Antrea, and the cluster-wide ones of SIG Network.
//!
//! Their selectors are languages of their own. What is asked here is only whether a policy may select a
//! pod; it may, unless a label that it requires differs.

use super::policy::Direction;
use crate::{Inventory, Node, Resource, Workload};

/// Kinds and whether they reach beyond their namespace.
const KINDS: &[(&str, &str, bool)] = &[
    ("cilium.io", "CiliumNetworkPolicy", false),
    ("cilium.io", "CiliumClusterwideNetworkPolicy", true),
    ("projectcalico.org", "NetworkPolicy", false),
    ("projectcalico.org", "GlobalNetworkPolicy", true),
    ("crd.projectcalico.org", "NetworkPolicy", false),
    ("crd.projectcalico.org", "GlobalNetworkPolicy", true),
    ("crd.antrea.io", "NetworkPolicy", false),
    ("crd.antrea.io", "ClusterNetworkPolicy", true),
    ("policy.networking.k8s.io", "AdminNetworkPolicy", true),
    (
        "policy.networking.k8s.io",
        "BaselineAdminNetworkPolicy",
        true,
    ),
    ("policy.networking.k8s.io", "ClusterNetworkPolicy", true),
];

/// A policy that a network plugin enforces beside NetworkPolicies.
#[derive(Clone, Copy, Debug)]
pub(super) struct PluginPolicy<'a> {
    pub(super) resource: Resource<'a>,
    pub(super) is_cluster_wide: bool,
}

impl<'a> PluginPolicy<'a> {
    pub(super) fn all(inventory: &Inventory<'a>) -> Vec<Self> {
        KINDS
            .iter()
            .flat_map(|&(group, kind, is_cluster_wide)| {
                inventory.of_kind(group, kind).map(move |resource| Self {
                    resource: *resource,
                    is_cluster_wide,
                })
            })
            .collect()
    }

    /// The specifications: Cilium allows several in one object.
    pub(super) fn specs(&self) -> impl Iterator<Item = Node<'a>> {
        self.resource
            .spec
            .into_iter()
            .chain(self.resource.node.list("specs"))
    }

    /// Whether it may select a pod and govern a direction of its traffic.
    pub(super) fn may_isolate(&self, workload: &Workload<'_>, direction: Direction) -> bool {
        (self.is_cluster_wide || Inventory::share_namespace(&self.resource, workload.resource()))
            && self
                .specs()
                .any(|spec| self.governs(spec, direction) && may_select(spec, workload))
    }

    fn governs(&self, spec: Node<'_>, direction: Direction) -> bool {
        let has = |direction: Direction| spec.get(direction.rules_key()).is_some();
        match self.resource.group() {
            "cilium.io" => {
                let deny = match direction {
                    Direction::Ingress => "ingressDeny",
                    Direction::Egress => "egressDeny",
                };
                has(direction) || spec.get(deny).is_some()
            }
            // See: <https://docs.tigera.io/calico/latest/reference/resources/networkpolicy>, `types`.
            "projectcalico.org" | "crd.projectcalico.org" => {
                match spec.get("types").filter(|types| types.is_sequence()) {
                    Some(types) => types
                        .items()
                        .any(|word| word.text() == direction.policy_type()),
                    None => match direction {
                        Direction::Ingress => has(Direction::Ingress) || !has(Direction::Egress),
                        Direction::Egress => has(Direction::Egress),
                    },
                }
            }
            _ => has(direction),
        }
    }
}

fn may_select(spec: Node<'_>, workload: &Workload<'_>) -> bool {
    let labels = workload.pod.labels();
    let differs = |key: &str, wanted: &str| {
        labels
            .and_then(|labels| labels.get(key))
            .is_none_or(|value| value.text() != wanted)
    };
    if let Some(selector) = spec.get("endpointSelector") {
        let required = selector
            .get("matchLabels")
            .map(Node::entries)
            .unwrap_or_default();
        return required.into_iter().all(|(key, value)| {
            let key = key.text();
            let key = key
                .strip_prefix("k8s:")
                .or_else(|| key.strip_prefix("any:"))
                .unwrap_or(key);
            if key == "io.kubernetes.pod.namespace" {
                let namespace = workload.resource().namespace;
                return namespace.is_none_or(|namespace| namespace == value.text());
            }
            // Labels that Cilium itself adds stand in no manifest.
            key.starts_with("io.") || key.starts_with("reserved:") || !differs(key, value.text())
        });
    }
    if spec.get("nodeSelector").is_some() {
        return false; // A host policy.
    }
    match spec.str("selector") {
        Some(selector) if !selector.contains("||") => selector.split("&&").all(|term| {
            let Some((key, value)) = term.split_once("==") else {
                return true;
            };
            let key = key.trim_matches([' ', '(']);
            let value = value.trim_matches([' ', '\'', '"', ')']);
            key.starts_with("projectcalico.org/") || !differs(key, value)
        }),
        _ => true,
    }
}
