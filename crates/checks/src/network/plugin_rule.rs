//! What the rules of network plugins let through, as far as it is everything.
//!
//! Only what a single rule says is read. A rule behind one that refuses something is taken for the rest of
//! what that one leaves, as rules are ordered for all of these but Cilium, where what is refused wins anyway.

use super::{address::Addresses, plugin_policy::PluginPolicy, policy::Direction};
use crate::Node;

/// A rule that allows one direction for everybody, or for every pod of the cluster.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenRule<'a> {
    pub(super) direction: Direction,
    /// What says so.
    pub(super) node: Node<'a>,
    pub(super) reach: Reach,
    /// Whether it is limited to some ports.
    pub(super) has_ports: bool,
}

/// Whom an open rule is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Every peer, because the rule names none.
    Everybody,
    /// Every pod, of any namespace.
    EveryPod,
    /// Blocks that hold every address.
    EveryAddress,
}

/// How a rule names its peers, by the group of its policy.
#[derive(Clone, Copy)]
enum Dialect {
    Cilium,
    Calico,
    Antrea,
    /// `AdminNetworkPolicy` and its kin.
    SigNetwork,
}

/// The open rules of a policy.
pub(super) fn open_rules<'a>(policy: &PluginPolicy<'a>) -> Vec<OpenRule<'a>> {
    let dialect = match policy.resource.group() {
        "cilium.io" => Dialect::Cilium,
        "projectcalico.org" | "crd.projectcalico.org" => Dialect::Calico,
        "crd.antrea.io" => Dialect::Antrea,
        _ => Dialect::SigNetwork,
    };
    let mut open = Vec::new();
    // With a selector of nodes the policy is about them, who have to talk to every pod.
    let of_pods = |spec: &Node<'_>| spec.get("nodeSelector").is_none();
    for spec in policy.specs().filter(of_pods) {
        for direction in Direction::BOTH {
            if !policy.governs(spec, direction) {
                continue;
            }
            let is_refusing = |rule: &Node<'_>| matches!(action(*rule), "deny" | "drop" | "reject");
            let rules = spec.list(direction.rules_key());
            let rules = rules.take_while(|rule| !is_refusing(rule));
            for rule in rules.filter(|rule| is_allowing(dialect, *rule)) {
                if let Some((node, reach)) = dialect.peers(policy, rule, direction)
                    && !is_dns_only(dialect, rule)
                {
                    open.push(OpenRule {
                        direction,
                        node,
                        reach,
                        has_ports: has_ports(dialect, rule),
                    });
                }
            }
        }
    }
    open
}

impl Dialect {
    /// What says that a rule is for everybody.
    fn peers<'a>(
        self,
        policy: &PluginPolicy<'a>,
        rule: Node<'a>,
        direction: Direction,
    ) -> Option<(Node<'a>, Reach)> {
        match self {
            Self::Cilium => cilium_peers(policy, rule, direction),
            Self::Calico => calico_peers(rule, direction),
            Self::Antrea | Self::SigNetwork => {
                let mut peers = rule.list(direction.peers_key()).peekable();
                if peers.peek().is_none() {
                    // The API server refuses such a rule of SIG Network.
                    let is_open = matches!(self, Self::Antrea)
                        && ["toServices", "l7Protocols", "appliedTo"]
                            .iter()
                            .all(|key| rule.list(key).next().is_none());
                    return is_open.then_some((rule, Reach::Everybody));
                }
                peers.find_map(|peer| named_peer(peer))
            }
        }
    }
}

/// The word of a rule's `action`, in small letters; nothing where it has none, as in Cilium.
fn action<'a>(rule: Node<'a>) -> &'static str {
    const WORDS: [&str; 6] = ["allow", "accept", "deny", "drop", "reject", "pass"];
    let word: Option<&'a str> = rule.str("action");
    let known = |word: &str| WORDS.into_iter().find(|it| it.eq_ignore_ascii_case(word));
    word.and_then(known).unwrap_or_default()
}

fn is_allowing(dialect: Dialect, rule: Node<'_>) -> bool {
    matches!(dialect, Dialect::Cilium) || matches!(action(rule), "allow" | "accept")
}

/// In Cilium an empty rule names nobody and so lets nobody through; entities, blocks and selectors do.
/// See: <https://docs.cilium.io/en/stable/security/policy/language/>
fn cilium_peers<'a>(
    policy: &PluginPolicy<'a>,
    rule: Node<'a>,
    direction: Direction,
) -> Option<(Node<'a>, Reach)> {
    let (entities, endpoints, blocks, sets) = match direction {
        Direction::Ingress => ("fromEntities", "fromEndpoints", "fromCIDR", "fromCIDRSet"),
        Direction::Egress => ("toEntities", "toEndpoints", "toCIDR", "toCIDRSet"),
    };
    if let Some(all) = rule.list(entities).find(|it| it.text() == "all") {
        return Some((all, Reach::Everybody));
    }
    if let Some(cluster) = rule.list(entities).find(|it| it.text() == "cluster") {
        return Some((cluster, Reach::EveryPod));
    }
    let mut endpoints = rule.list(endpoints);
    if policy.is_cluster_wide
        && let Some(every) = endpoints.find(|it| is_empty_selector(*it))
    {
        return Some((every, Reach::EveryPod));
    }
    let mut addresses = Addresses::default();
    for block in rule.list(blocks) {
        addresses.add(block.text());
    }
    for block in rule.list(sets) {
        addresses.add_ip_block(block);
    }
    let place = rule.get(blocks).or_else(|| rule.get(sets))?;
    addresses
        .has_every()
        .then_some((place, Reach::EveryAddress))
}

/// See: <https://docs.tigera.io/calico/latest/reference/resources/networkpolicy#rule>
fn calico_peers<'a>(rule: Node<'a>, direction: Direction) -> Option<(Node<'a>, Reach)> {
    let narrows = |key: &str| rule.get(key).is_some_and(|it| !it.is_null());
    if ["notProtocol", "icmp", "notICMP", "http"]
        .iter()
        .any(|key| narrows(key))
    {
        return None;
    }
    // The other end is the pod itself, but for its ports.
    let (peer, own) = match direction {
        Direction::Ingress => ("source", "destination"),
        Direction::Egress => ("destination", "source"),
    };
    let keys = |end: &str| -> Vec<&'a str> {
        let entries = rule.get(end).map(Node::entries).unwrap_or_default();
        let stated = entries.into_iter().filter(|(_, value)| !value.is_null());
        stated.map(|(key, _)| key.text()).collect()
    };
    if keys(own).iter().any(|key| *key != "ports") {
        return None;
    }
    let peer_keys = keys(peer);
    let peer_keys: Vec<&str> = peer_keys
        .into_iter()
        .filter(|key| *key != "ports")
        .collect();
    let peer = rule.get(peer);
    match peer_keys.as_slice() {
        [] => Some((rule, Reach::Everybody)),
        ["nets"] => {
            let mut addresses = Addresses::default();
            for net in peer?.list("nets") {
                addresses.add(net.text());
            }
            let place = peer?.get("nets")?;
            addresses
                .has_every()
                .then_some((place, Reach::EveryAddress))
        }
        ["namespaceSelector"] => {
            let place = peer?.get("namespaceSelector")?;
            (place.text().trim() == "all()").then_some((place, Reach::EveryPod))
        }
        _ => None,
    }
}

/// A peer of Antrea or of SIG Network that is everybody.
fn named_peer(peer: Node<'_>) -> Option<(Node<'_>, Reach)> {
    if let Some(block) = peer.get("ipBlock") {
        let mut addresses = Addresses::default();
        addresses.add_ip_block(block);
        return addresses
            .has_every()
            .then_some((block, Reach::EveryAddress));
    }
    if let Some(networks) = peer.get("networks") {
        let mut addresses = Addresses::default();
        for network in networks.items() {
            addresses.add(network.text());
        }
        return addresses
            .has_every()
            .then_some((networks, Reach::EveryAddress));
    }
    let pods = peer.get("pods").unwrap_or(peer);
    let namespaces = peer
        .get("namespaces")
        .or_else(|| pods.get("namespaceSelector"))?;
    let is_every = is_empty_selector(namespaces)
        && pods.get("podSelector").is_none_or(is_empty_selector)
        && ["externalEntitySelector", "serviceAccount", "group", "fqdn"]
            .iter()
            .all(|key| peer.get(key).is_none());
    is_every.then_some((peer, Reach::EveryPod))
}

/// Whether a label selector selects everything. Others than a mapping name something.
fn is_empty_selector(selector: Node<'_>) -> bool {
    selector.is_mapping() && {
        let entries = selector.entries();
        entries.into_iter().all(|(key, value)| {
            matches!(key.text(), "matchLabels" | "matchExpressions")
                && value.entries().is_empty()
                && value.items().next().is_none()
        })
    }
}

/// The ports that a rule is limited to, as texts.
fn ports<'a>(dialect: Dialect, rule: Node<'a>) -> Vec<&'a str> {
    let port = |it: Node<'a>| {
        let named = ["port", "number"].into_iter().find_map(|key| it.get(key));
        named.map_or("", Node::text)
    };
    match dialect {
        Dialect::Cilium => {
            let lists = rule.list("toPorts").flat_map(|it| it.list("ports"));
            lists.map(port).collect()
        }
        Dialect::Calico => {
            // In either direction the destination has the port of the service.
            let destination = rule.get("destination").into_iter();
            let ports = destination.flat_map(|it| it.list("ports"));
            ports.map(Node::text).collect()
        }
        Dialect::Antrea => rule.list("ports").map(port).collect(),
        Dialect::SigNetwork => {
            let ports = rule.list("ports").map(|it| {
                let numbered = ["portNumber", "portRange"];
                let within = numbered.into_iter().find_map(|key| it.get(key));
                within.map_or("", port)
            });
            ports.collect()
        }
    }
}

fn has_ports(dialect: Dialect, rule: Node<'_>) -> bool {
    let limits = ["protocol", "protocols", "icmps", "toPorts"];
    !ports(dialect, rule).is_empty()
        || limits
            .iter()
            .any(|key| rule.get(key).is_some_and(|it| !it.is_null()))
}

fn is_dns_only(dialect: Dialect, rule: Node<'_>) -> bool {
    let ports = ports(dialect, rule);
    !ports.is_empty()
        && ports
            .iter()
            .all(|port| matches!(*port, "53" | "5353" | "dns" | "dns-tcp"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{
        kubernetes::{self, ObjectDocument},
        yaml,
    };
    use ringwall_model::Source;

    use super::*;

    /// Whom the rules of a policy are open for.
    fn check(kind: &str, spec: &str, expected: &[Reach]) {
        let text = format!("apiVersion: {kind}\nmetadata: {{name: a}}\nspec: {spec}\n");
        let documents = yaml::parse(&Arc::new(Source::new("a.yaml", text))).0;
        let ObjectDocument::Objects(objects) = kubernetes::objects(&documents[0]) else {
            panic!("no object: {spec}");
        };
        let policy = PluginPolicy::new(&objects[0]).unwrap();
        let found: Vec<Reach> = open_rules(&policy).iter().map(|rule| rule.reach).collect();
        assert_eq!(found, expected, "{spec}");
    }

    #[test]
    fn rules_of_cilium_are_open_by_what_they_name() {
        let kind = "cilium.io/v2\nkind: CiliumNetworkPolicy";
        let wide = "cilium.io/v2\nkind: CiliumClusterwideNetworkPolicy";
        check(
            kind,
            "{ingress: [{fromEntities: [cluster]}]}",
            &[Reach::EveryPod],
        );
        check(kind, "{egress: [{toEntities: [all]}]}", &[Reach::Everybody]);
        check(
            kind,
            "{egress: [{toCIDR: [0.0.0.0/0]}]}",
            &[Reach::EveryAddress],
        );
        check(kind, "{ingress: [{}], egress: [{}]}", &[]);
        check(kind, "{ingress: [{fromEndpoints: [{}]}]}", &[]);
        check(
            wide,
            "{ingress: [{fromEndpoints: [{}]}]}",
            &[Reach::EveryPod],
        );
        check(
            wide,
            "{nodeSelector: {}, ingress: [{fromEntities: [cluster]}]}",
            &[],
        );
    }

    #[test]
    fn rules_of_calico_are_open_where_nothing_narrows_them() {
        let kind = "projectcalico.org/v3\nkind: GlobalNetworkPolicy";
        check(
            kind,
            "{types: [Ingress, Egress], ingress: [{action: Allow}], egress: [{action: Allow}]}",
            &[Reach::Everybody, Reach::Everybody],
        );
        check(
            kind,
            "{ingress: [{action: Allow, source: {nets: [0.0.0.0/0]}}]}",
            &[Reach::EveryAddress],
        );
        check(kind, "{ingress: [{action: Deny}, {action: Allow}]}", &[]);
        check(kind, "{ingress: [{action: Pass}]}", &[]);
        check(
            kind,
            "{ingress: [{action: Allow, source: {selector: a == 'b'}}]}",
            &[],
        );
        check(kind, "{ingress: [{action: Allow, icmp: {type: 8}}]}", &[]);
        check(kind, "{types: [Egress], ingress: [{action: Allow}]}", &[]);
    }

    #[test]
    fn rules_of_antrea_and_sig_network_are_open_for_all_namespaces() {
        let antrea = "crd.antrea.io/v1beta1\nkind: ClusterNetworkPolicy";
        let admin = "policy.networking.k8s.io/v1alpha1\nkind: AdminNetworkPolicy";
        check(antrea, "{ingress: [{action: Allow}]}", &[Reach::Everybody]);
        check(antrea, "{ingress: [{action: Drop}]}", &[]);
        check(
            antrea,
            "{ingress: [{action: Allow, from: [{namespaceSelector: {}}]}]}",
            &[Reach::EveryPod],
        );
        check(
            admin,
            "{ingress: [{action: Allow, from: [{namespaces: {}}]}]}",
            &[Reach::EveryPod],
        );
        check(
            admin,
            "{ingress: [{action: Allow, from: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {a: b}}}}]}]}",
            &[],
        );
        check(
            admin,
            "{egress: [{action: Allow, to: [{networks: [0.0.0.0/0]}]}]}",
            &[Reach::EveryAddress],
        );
    }
}
