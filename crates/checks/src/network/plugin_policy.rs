//! Policies of network plugins: Cilium, Calico, Antrea, and the cluster-wide ones of SIG Network.
//!
//! Their selectors are languages of their own. What is asked here is only whether a policy may select a
//! pod: a selector of Cilium is evaluated but for the labels that Cilium itself adds, one of Calico as far as
//! it joins `label == 'value'` with `&&`, and the others may select every pod.

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

/// A policy that a network plugin enforces beside `NetworkPolicies`.
#[derive(Clone, Copy, Debug)]
pub(super) struct PluginPolicy<'a> {
    pub(super) resource: Resource<'a>,
    pub(super) is_cluster_wide: bool,
}

impl<'a> PluginPolicy<'a> {
    pub(super) fn new(resource: &Resource<'a>) -> Option<Self> {
        let mut kinds = KINDS.iter();
        let (_, _, is_cluster_wide) = kinds.find(|(group, kind, _)| resource.is(group, kind))?;
        Some(Self {
            resource: *resource,
            is_cluster_wide: *is_cluster_wide,
        })
    }

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
        let selects = |spec| may_select(spec, workload.resource().namespace, workload.pod.labels());
        (self.is_cluster_wide || Inventory::share_namespace(&self.resource, workload.resource()))
            && self
                .specs()
                .any(|spec| self.isolates(spec, direction) && selects(spec))
    }

    /// Whether it reaches the pods of a namespace, whatever their labels.
    pub(super) fn may_cover(&self, namespace: &Resource<'_>) -> bool {
        let governs = |spec| {
            let mut directions = Direction::BOTH.into_iter();
            directions.any(|direction| self.isolates(spec, direction))
        };
        if !self.specs().any(governs) {
            return false;
        }
        match self.resource.namespace {
            Some(name) => name == namespace.name,
            None if self.is_cluster_wide => self
                .specs()
                .any(|spec| governs(spec) && may_select(spec, Some(namespace.name), None)),
            None => self.resource.folder() == namespace.folder(),
        }
    }

    /// Whether a specification says something about a direction.
    pub(super) fn governs(&self, spec: Node<'_>, direction: Direction) -> bool {
        let has = |direction: Direction| spec.get(direction.rules_key()).is_some();
        match self.resource.group() {
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

    /// Whether a specification refuses something to pods that it selects. Policies of Cilium and Calico refuse
    /// what no rule allows; the others only what a rule refuses.
    fn isolates(&self, spec: Node<'_>, direction: Direction) -> bool {
        let key = direction.rules_key();
        let is_any = |key: &str| spec.list(key).next().is_some();
        match self.resource.group() {
            // See: <https://docs.cilium.io/en/stable/security/policy/intro/>, `enableDefaultDeny`.
            "cilium.io" => {
                let refuses = match direction {
                    Direction::Ingress => is_any("ingressDeny"),
                    Direction::Egress => is_any("egressDeny"),
                };
                let default = spec.get("enableDefaultDeny").and_then(|it| it.get(key));
                refuses || default.map_or_else(|| is_any(key), Node::is_true)
            }
            "projectcalico.org" | "crd.projectcalico.org" => self.governs(spec, direction),
            _ => spec.list(key).any(|rule| {
                let action = rule.str("action").unwrap_or_default();
                matches!(action, "Deny" | "Drop" | "Reject")
            }),
        }
    }
}

/// Whether a pod of a namespace with some labels may be selected.
fn may_select(spec: Node<'_>, namespace: Option<&str>, labels: Option<Node<'_>>) -> bool {
    let value_of = |key: &str| labels?.get(key).map(Node::text);
    if let Some(selector) = spec.get("endpointSelector") {
        let required = selector
            .get("matchLabels")
            .map(Node::entries)
            .unwrap_or_default();
        return required.into_iter().all(|(key, value)| {
            cilium_value(key.text(), namespace, labels).is_none_or(|has| has == Some(value.text()))
        }) && selector.list("matchExpressions").all(|expression| {
            let key = expression.str("key").unwrap_or("");
            let Some(value) = cilium_value(key, namespace, labels) else {
                return true;
            };
            let listed = |value| expression.list("values").any(|item| item.text() == value);
            match expression.str("operator") {
                Some("In") => value.is_some_and(listed),
                Some("NotIn") => !value.is_some_and(listed),
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => true,
            }
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
            key.starts_with("projectcalico.org/") || value_of(key) == Some(value)
        }),
        _ => true,
    }
}

/// The value that Cilium sees for a key, `Some(None)` where the pod has none; `None` where that is unknown.
#[expect(
    clippy::option_option,
    reason = "a label that is not there and a label that cannot be known are two things"
)]
fn cilium_value<'a>(
    key: &str,
    namespace: Option<&'a str>,
    labels: Option<Node<'a>>,
) -> Option<Option<&'a str>> {
    let key = key
        .strip_prefix("k8s:")
        .or_else(|| key.strip_prefix("any:"))
        .unwrap_or(key);
    if key == "io.kubernetes.pod.namespace" {
        return namespace.map(Some);
    }
    // Labels that Cilium itself adds stand in no manifest.
    let is_added = key.starts_with("io.") || key.starts_with("reserved:");
    (!is_added).then(|| labels.and_then(|labels| labels.get(key)).map(Node::text))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::yaml;
    use ringwall_model::Source;

    use super::may_select;

    /// Whether a policy's specification may select the pod `app: web` of namespace `shop`.
    fn check(spec: &str, expected: bool) {
        let read = |text: &str| yaml::parse(&Arc::new(Source::new("a.yaml", text))).0;
        let (spec_document, labels) = (read(spec), read("app: web"));
        let found = may_select(
            spec_document[0].root(),
            Some("shop"),
            Some(labels[0].root()),
        );
        assert_eq!(found, expected, "{spec}");
    }

    #[test]
    fn selectors_of_cilium_are_evaluated() {
        check("endpointSelector: {}", true);
        check("endpointSelector: {matchLabels: {'k8s:app': web}}", true);
        check("endpointSelector: {matchLabels: {app: api}}", false);
        check(
            "endpointSelector: {matchLabels: {'k8s:io.kubernetes.pod.namespace': office}}",
            false,
        );
        check(
            "endpointSelector: {matchLabels: {'k8s:io.cilium.k8s.policy.cluster': one}}",
            true,
        );
        check(
            "endpointSelector: {matchExpressions: [{key: role, operator: In, values: [front]}]}",
            false,
        );
        check(
            "endpointSelector: {matchExpressions: [{key: role, operator: DoesNotExist}]}",
            true,
        );
        check("nodeSelector: {}", false);
    }

    #[test]
    fn selectors_of_calico_are_read_as_far_as_they_are_plain() {
        check("selector: all()", true);
        check("selector: app == 'web'", true);
        check("selector: app == 'api' && has(tier)", false);
        check("selector: app == 'api' || app == 'web'", true);
        check("selector: projectcalico.org/namespace == 'office'", true);
        check("order: 10", true);
    }
}
