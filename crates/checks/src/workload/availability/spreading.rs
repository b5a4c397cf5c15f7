//! What keeps the pods of a workload apart: anti-affinity and topology spread constraints.

use crate::{
    Node, Selector, Workload,
    pod_labels::{self, Quantity},
};

/// Whether a list of terms holds one that is about the workload's own pods.
#[derive(Clone, Copy)]
pub(super) enum Own<'a> {
    /// There is no term.
    Unset,
    /// There are terms, the first of which is this, but none selects the pods.
    Other(Node<'a>),
    /// A term selects the pods.
    Set,
}

impl Own<'_> {
    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::Set)
    }
}

/// The inter-pod anti-affinity, required or preferred.
pub(super) fn anti_affinity<'a>(workload: &Workload<'a>) -> Own<'a> {
    let Some(field) = workload.pod.field(["affinity", "podAntiAffinity"]) else {
        return Own::Unset;
    };
    let required = field.list("requiredDuringSchedulingIgnoredDuringExecution");
    let preferred = field
        .list("preferredDuringSchedulingIgnoredDuringExecution")
        .filter_map(|term| term.get("podAffinityTerm"));
    own(workload, required.chain(preferred))
}

/// The topology spread constraints.
pub(super) fn spread<'a>(workload: &Workload<'a>) -> Own<'a> {
    own(
        workload,
        workload.pod.spec.list("topologySpreadConstraints"),
    )
}

fn own<'a>(workload: &Workload<'a>, mut terms: impl Iterator<Item = Node<'a>>) -> Own<'a> {
    let is_own = |term: &Node<'a>| {
        let selector = term.get("labelSelector").filter(|node| node.is_mapping());
        term.str("topologyKey").is_some_and(|key| !key.is_empty())
            && elsewhere(workload, *term).is_none()
            // No selector selects no pod.
            && selector.is_some_and(|node| {
                pod_labels::selects(Selector::Full(node), workload, Quantity::Some)
            })
    };
    match terms.next() {
        None => Own::Unset,
        Some(first) if is_own(&first) || terms.any(|term| is_own(&term)) => Own::Set,
        Some(first) => {
            let place = elsewhere(workload, first).or_else(|| first.get("labelSelector"));
            Own::Other(place.unwrap_or(first))
        }
    }
}

/// The namespaces that a term is limited to, where that of the workload is surely none of them.
fn elsewhere<'a>(workload: &Workload<'_>, term: Node<'a>) -> Option<Node<'a>> {
    let own = workload.resource().namespace?;
    // Which namespaces have the labels of a selector is not known.
    if term.get("namespaceSelector").is_some() {
        return None;
    }
    let names = term.get("namespaces")?;
    let mut items = names.items().peekable();
    // An empty list means the namespace of the pod.
    (items.peek().is_some() && items.all(|name| name.text() != own)).then_some(names)
}
