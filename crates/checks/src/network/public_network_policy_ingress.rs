use super::{
    address::Addresses,
    plugin_policy::PluginPolicy,
    plugin_rule::{Reach, open_rules},
    policy::{Direction, NetworkPolicy},
};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Ingress rules of a NetworkPolicy whose `ipBlock`s hold `0.0.0.0/0`, `::/0`, or at least half of all addresses, also when written as several blocks or with a few exceptions.
    /// The policies of Cilium are found with `fromEntities: [world]`, `[all]` or such blocks in `fromCIDR`, those of Calico and Antrea with a rule that allows every address.
    ///
    /// ## Why it matters
    /// Whatever reaches the pod's address from outside is let in; the policy then only looks like protection.
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
    ///         - ipBlock:
    ///             cidr: 0.0.0.0/0 # <-
    ///             except: [10.0.0.0/8]
    /// ```
    /// ```yaml fail
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   endpointSelector: {}
    ///   ingress:
    ///     - fromEntities:
    ///         - world # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: projectcalico.org/v3
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector: app == 'web'
    ///   ingress:
    ///     - action: Allow
    ///       source:
    ///         nets: [0.0.0.0/0] # <-
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
    ///         - ipBlock:
    ///             cidr: 203.0.113.0/24
    /// ```
    ///
    /// ## Fix
    /// List the address blocks of those who must connect, or the ingress controller's pods with a `podSelector`.
    PublicNetworkPolicyIngress {
        id: "public-network-policy-ingress",
        title: "NetworkPolicy lets the whole internet in",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for PublicNetworkPolicyIngress {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(policy) = NetworkPolicy::new(resource) {
            for rule in policy.rules(Direction::Ingress) {
                let mut addresses = Addresses::default();
                for block in rule.ip_blocks() {
                    addresses.add_ip_block(block);
                }
                let cidr = rule.ip_blocks().find_map(|block| block.get("cidr"));
                if let Some(cidr) = cidr.filter(|_| addresses.is_public()) {
                    findings
                        .add(Self::META)
                        .at(cidr)
                        .note("lets the internet in");
                }
            }
        }
        if resource.group() == "cilium.io" {
            cilium(resource, findings);
        } else if let Some(policy) = PluginPolicy::new(resource) {
            for rule in open_rules(&policy) {
                if rule.direction == Direction::Ingress && rule.reach == Reach::EveryAddress {
                    findings
                        .add(Self::META)
                        .at(rule.node)
                        .note("lets the internet in");
                }
            }
        }
    }
}

fn cilium(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let specs = resource.spec.into_iter().chain(resource.node.list("specs"));
    for rule in specs.flat_map(|spec| spec.list("ingress")) {
        let entity = rule
            .list("fromEntities")
            .find(|entity| matches!(entity.text(), "world" | "world-ipv4" | "world-ipv6" | "all"));
        let block = rule.list("fromCIDR").find(|block| {
            let mut addresses = Addresses::default();
            addresses.add(block.text());
            addresses.is_public()
        });
        if let Some(place) = entity.or(block) {
            findings
                .add(PublicNetworkPolicyIngress::META)
                .at(place)
                .note(format!("lets the internet in: {}", place.text()));
        }
    }
}
