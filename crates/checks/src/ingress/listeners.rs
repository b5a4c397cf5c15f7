//! Where the Gateway API listens: Gateways, and the sets of listeners that others add to them.
//!
//! See: <https://gateway-api.sigs.k8s.io/geps/gep-1713/>

use crate::{Inventory, Node, Resource};

const GROUP: &str = "gateway.networking.k8s.io";

/// The kinds that have listeners, with their groups.
const LISTENING: [(&str, &str); 3] = [
    (GROUP, "Gateway"),
    (GROUP, "ListenerSet"),
    // Its name while it was an experiment.
    ("gateway.networking.x-k8s.io", "XListenerSet"),
];

/// Whether an object has listeners.
pub(crate) fn is_listening(resource: &Resource<'_>) -> bool {
    LISTENING
        .iter()
        .any(|(group, kind)| resource.is(group, kind))
}

/// Every object of a scan that has listeners.
pub(crate) fn listening<'i, 'a>(
    inventory: &'i Inventory<'a>,
) -> impl Iterator<Item = &'i Resource<'a>> {
    LISTENING
        .into_iter()
        .flat_map(|(group, kind)| inventory.of_kind(group, kind))
}

/// The listeners of an object.
pub(crate) fn listeners<'a>(resource: &Resource<'a>) -> impl Iterator<Item = Node<'a>> + use<'a> {
    let spec = resource.spec.into_iter();
    spec.flat_map(|spec| spec.list("listeners"))
}

/// Whether a parent of a route is of a kind with listeners; others are Services of a mesh.
pub(crate) fn is_listening_parent(parent: &Node<'_>) -> bool {
    let (group, kind) = group_and_kind(*parent);
    LISTENING.contains(&(group, kind))
}

/// Whether a parent of a route means an object, by kind and name.
pub(crate) fn is_parent(parent: Node<'_>, resource: &Resource<'_>) -> bool {
    let (group, kind) = group_and_kind(parent);
    resource.is(group, kind) && parent.str("name") == Some(resource.name)
}

/// Whether all Gateways that a parent of a route can mean are in the scan and satisfy a condition.
pub(crate) fn all_gateways(
    inventory: &Inventory<'_>,
    parent: Node<'_>,
    is_wanted: &dyn Fn(&Resource<'_>) -> bool,
) -> bool {
    let (group, kind) = group_and_kind(parent);
    let name = parent.str("name").unwrap_or("");
    let mut found = inventory.named_cluster_wide(group, kind, name).peekable();
    found.peek().is_some()
        && found.all(|resource| {
            if resource.kind == "Gateway" {
                return is_wanted(resource);
            }
            let parent = resource.spec.and_then(|spec| spec.get("parentRef"));
            // A set is added to a Gateway, never to another set.
            parent
                .filter(|parent| group_and_kind(*parent).1 == "Gateway")
                .is_some_and(|parent| all_gateways(inventory, parent, is_wanted))
        })
}

fn group_and_kind(reference: Node<'_>) -> (&str, &str) {
    (
        reference.str("group").unwrap_or(GROUP),
        reference.str("kind").unwrap_or("Gateway"),
    )
}
