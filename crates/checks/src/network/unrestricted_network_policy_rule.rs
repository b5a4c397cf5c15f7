use super::{
    address::Addresses,
    plugin_policy::PluginPolicy,
    plugin_rule::{OpenRule, Reach, open_rules},
    policy::{Direction, NetworkPolicy, PolicyRule},
};
use crate::{Check, Findings, Node, Resource, Selector, Severity, check};

check! {
    /// ## What it finds
    /// Rules of a NetworkPolicy that name no peer, which allows all of them, that allow the pods of all namespaces by an empty `namespaceSelector`, and egress rules whose `ipBlock`s together hold every address.
    /// The same in policies of Cilium (`cluster`, `all`), of Calico, of Antrea and of SIG Network (a rule that allows without naming anybody, all namespaces, every address); a rule behind one that refuses something is passed over.
    /// A rule that is limited to some ports is a finding of low severity, unless they are all ports of TCP; one that allows nothing but DNS is none.
    /// Ingress from every address is found by `public-network-policy-ingress`.
    ///
    /// ## Why it matters
    /// An empty rule undoes the policy: the pods are selected, and allowed everything.
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
    ///     - {} # <-
    ///   egress:
    ///     - to: # <-
    ///         - ipBlock:
    ///             cidr: 0.0.0.0/1
    ///         - ipBlock:
    ///             cidr: 128.0.0.0/1
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   ingress:
    ///     - ports: # <-
    ///         - port: 8080
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: NetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   podSelector: {}
    ///   ingress:
    ///     - from:
    ///         - namespaceSelector: {} # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: projectcalico.org/v3
    /// kind: GlobalNetworkPolicy
    /// metadata:
    ///   name: everything
    /// spec:
    ///   selector: all()
    ///   types: [Ingress, Egress]
    ///   ingress:
    ///     - action: Allow # <-
    ///   egress:
    ///     - action: Allow
    ///       destination:
    ///         nets: [0.0.0.0/0] # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   endpointSelector: {}
    ///   ingress:
    ///     - fromEntities: [cluster] # <-
    ///   egress:
    ///     - toEntities: [all] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: cilium.io/v2
    /// kind: CiliumNetworkPolicy
    /// metadata:
    ///   name: web
    /// spec:
    ///   endpointSelector: {}
    ///   ingress:
    ///     - {}
    ///   egress:
    ///     - toEntities: [cluster]
    ///       toPorts:
    ///         - ports:
    ///             - port: "53"
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
    ///         - podSelector: {}
    ///   egress:
    ///     - ports:
    ///         - port: 53
    ///           protocol: UDP
    /// ```
    ///
    /// ## Fix
    /// Name the peers of the rule with `podSelector`, `namespaceSelector` or a narrow `ipBlock`.
    UnrestrictedNetworkPolicyRule {
        id: "unrestricted-network-policy-rule",
        title: "NetworkPolicy rule allows every peer",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnrestrictedNetworkPolicyRule {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if let Some(policy) = PluginPolicy::new(resource) {
            for rule in open_rules(&policy) {
                judge_open(rule, findings);
            }
        }
        let Some(policy) = NetworkPolicy::new(resource) else {
            return;
        };
        for direction in Direction::BOTH {
            for rule in policy.rules(direction) {
                judge(rule, findings);
            }
        }
    }
}

fn judge(rule: PolicyRule<'_>, findings: &mut Findings<'_>) {
    if rule.is_dns_only() {
        return;
    }
    let word = rule.direction.rules_key();
    let (place, what) = if rule.allows_every_peer() {
        (rule.node, "every peer")
    } else if let Some(peer) = rule.peers().find(|peer| is_every_pod(*peer)) {
        (peer, "every pod of every namespace")
    } else if rule.direction == Direction::Egress && reaches_every_address(rule) {
        (rule.node, "every address")
    } else {
        return;
    };
    let (severity, ports) = if !rule.has_ports() {
        (Severity::Medium, "")
    } else if rule.names_every_tcp_port() {
        (Severity::Medium, " on every port of TCP")
    } else {
        (Severity::Low, " on some ports")
    };
    findings
        .add(UnrestrictedNetworkPolicyRule::META)
        .at(place)
        .note(format!("allows {word} for {what}{ports}"))
        .severity(severity);
}

/// A rule of a network plugin. What lets the internet in is found by `public-network-policy-ingress`.
fn judge_open(rule: OpenRule<'_>, findings: &mut Findings<'_>) {
    let is_ingress = rule.direction == Direction::Ingress;
    let is_entity = rule.node.text() == "all";
    if is_ingress && (rule.reach == Reach::EveryAddress || is_entity) {
        return;
    }
    let word = rule.direction.rules_key();
    let what = match rule.reach {
        Reach::Everybody => "every peer",
        Reach::EveryPod => "every pod of every namespace",
        Reach::EveryAddress => "every address",
    };
    let (severity, ports) = if rule.has_ports {
        (Severity::Low, " on some ports")
    } else {
        (Severity::Medium, "")
    };
    findings
        .add(UnrestrictedNetworkPolicyRule::META)
        .at(rule.node)
        .note(format!("allows {word} for {what}{ports}"))
        .severity(severity);
}

/// Whether a peer is every pod of the cluster: a selector of namespaces without a condition, and none of pods.
fn is_every_pod(peer: Node<'_>) -> bool {
    let is_empty = |selector: Node<'_>| Selector::Full(selector).is_empty();
    peer.get("namespaceSelector").is_some_and(is_empty)
        && peer.get("podSelector").is_none_or(is_empty)
}

fn reaches_every_address(rule: PolicyRule<'_>) -> bool {
    let mut addresses = Addresses::default();
    for block in rule.ip_blocks() {
        addresses.add_ip_block(block);
    }
    addresses.has_every()
}
