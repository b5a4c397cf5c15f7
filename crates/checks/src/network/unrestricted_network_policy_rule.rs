use super::{
    address::Addresses,
    policy::{Direction, NetworkPolicy, PolicyRule},
};
use crate::{Check, Findings, Resource, Severity, check};

check! {
    /// ## What it finds
    /// Rules of a NetworkPolicy that name no peer, which allows all of them, and egress rules whose `ipBlock`s together hold every address.
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
    let what = if rule.allows_every_peer() {
        "every peer"
    } else if rule.direction == Direction::Egress && reaches_every_address(rule) {
        "every address"
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
        .at(rule.node)
        .note(format!("allows {word} for {what}{ports}"))
        .severity(severity);
}

fn reaches_every_address(rule: PolicyRule<'_>) -> bool {
    let mut addresses = Addresses::default();
    for block in rule.ip_blocks() {
        addresses.add_ip_block(block);
    }
    addresses.has_every()
}
