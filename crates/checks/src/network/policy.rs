//! `NetworkPolicies` as the API server defaults them and network plugins read them.
//!
//! See: <https://kubernetes.io/docs/concepts/services-networking/network-policies/>

use crate::{Inventory, Node, Resource, Selector};

/// A direction of traffic, seen from the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Towards the pod.
    Ingress,
    /// From the pod.
    Egress,
}

impl Direction {
    pub(crate) const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    /// The word of `policyTypes`.
    pub(crate) fn policy_type(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    /// The key of the rules.
    pub(crate) fn rules_key(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    /// The key of a rule's peers.
    pub(crate) fn peers_key(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// A `NetworkPolicy` of Kubernetes itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NetworkPolicy<'a> {
    pub(crate) resource: Resource<'a>,
    spec: Node<'a>,
}

impl<'a> NetworkPolicy<'a> {
    pub(crate) fn new(resource: &Resource<'a>) -> Option<Self> {
        let is_policy = resource.kind == "NetworkPolicy"
            && matches!(resource.group(), "networking.k8s.io" | "extensions");
        is_policy.then(|| Self {
            resource: *resource,
            spec: resource.spec.unwrap_or(resource.node),
        })
    }

    pub(crate) fn all<'s>(inventory: &'s Inventory<'a>) -> impl Iterator<Item = Self> + 's {
        inventory
            .of_kind("networking.k8s.io", "NetworkPolicy")
            .chain(inventory.of_kind("extensions", "NetworkPolicy"))
            .filter_map(Self::new)
    }

    /// The pods it governs.
    pub(crate) fn selector(&self) -> Selector<'a> {
        // Left out it is empty and selects every pod; `spec` has neither matchLabels nor matchExpressions.
        Selector::Full(self.spec.get("podSelector").unwrap_or(self.spec))
    }

    /// Whether pods it selects are refused what no rule allows.
    pub(crate) fn isolates(&self, direction: Direction) -> bool {
        let mut types = self.spec.list("policyTypes").peekable();
        if types.peek().is_some() {
            return types.any(|word| word.text() == direction.policy_type());
        }
        direction == Direction::Ingress || self.spec.list("egress").next().is_some()
    }

    /// The rules of a direction; none where the policy does not govern it.
    pub(crate) fn rules(&self, direction: Direction) -> impl Iterator<Item = PolicyRule<'a>> {
        let rules = self.spec.get(direction.rules_key());
        rules
            .filter(|_| self.isolates(direction))
            .into_iter()
            .flat_map(Node::items)
            .map(move |node| PolicyRule { node, direction })
    }

    /// What a finding about the whole policy points at.
    pub(crate) fn place(&self) -> Node<'a> {
        self.spec
            .get("policyTypes")
            .unwrap_or_else(|| self.resource.place())
    }
}

/// One rule of a NetworkPolicy: what it allows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PolicyRule<'a> {
    pub(crate) node: Node<'a>,
    pub(crate) direction: Direction,
}

impl<'a> PolicyRule<'a> {
    /// Its peers; none means every peer.
    pub(crate) fn peers(self) -> impl Iterator<Item = Node<'a>> {
        self.node.list(self.direction.peers_key())
    }

    /// The `ipBlock`s among its peers.
    pub(crate) fn ip_blocks(self) -> impl Iterator<Item = Node<'a>> {
        self.peers().filter_map(|peer| peer.get("ipBlock"))
    }

    /// Whether it allows every peer, because it names none.
    pub(crate) fn allows_every_peer(self) -> bool {
        self.peers().next().is_none()
    }

    /// Whether it is limited to some ports.
    pub(crate) fn has_ports(self) -> bool {
        self.node.list("ports").next().is_some()
    }

    /// Whether every port of TCP is among those that it names.
    pub(crate) fn names_every_tcp_port(self) -> bool {
        self.node.list("ports").any(|port| {
            let number = |key| port.get(key).and_then(Node::as_i64);
            let is_every = match port.get("port").filter(|port| !port.is_null()) {
                None => true,
                Some(_) => number("port") == Some(1) && number("endPort") == Some(65_535),
            };
            is_every && is_tcp(port)
        })
    }

    /// Whether it allows nothing but name resolution.
    pub(crate) fn is_dns_only(self) -> bool {
        self.has_ports()
            && self.node.list("ports").all(|port| {
                port.get("endPort").is_none()
                    && port.get("port").is_some_and(|port| {
                        matches!(port.text(), "53" | "5353" | "dns" | "dns-tcp")
                    })
            })
    }

    /// Whether it allows a TCP port, by number.
    pub(crate) fn allows_tcp(self, number: i64) -> bool {
        !self.has_ports()
            || self.node.list("ports").any(|port| {
                let first = port.get("port").filter(|port| !port.is_null());
                let allows = match (first, port.get("endPort").and_then(Node::as_i64)) {
                    (None, _) => true,
                    (Some(first), None) => first.as_i64() == Some(number),
                    (Some(first), Some(last)) => first
                        .as_i64()
                        .is_some_and(|first| (first..=last).contains(&number)),
                };
                is_tcp(port) && allows
            })
    }
}

fn is_tcp(port: Node<'_>) -> bool {
    port.str("protocol")
        .is_none_or(|protocol| protocol == "TCP")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::yaml;
    use ringwall_model::Source;

    use super::*;

    #[test]
    fn every_port_may_be_named() {
        let check = |ports: &str, expected| {
            let text = format!("ports: [{ports}]");
            let documents = yaml::parse(&Arc::new(Source::new("a.yaml", text))).0;
            let rule = PolicyRule {
                node: documents[0].root(),
                direction: Direction::Ingress,
            };
            assert_eq!(rule.names_every_tcp_port(), expected, "{ports}");
        };
        check("{protocol: UDP}, {protocol: TCP}", true);
        check("{port: 1, endPort: 65535}", true);
        check("{port: null}", true);
        check("{protocol: UDP}", false);
        check("{port: 1}", false);
        check("{port: 1, endPort: 1024}", false);
        check("{port: http}", false);
    }
}
