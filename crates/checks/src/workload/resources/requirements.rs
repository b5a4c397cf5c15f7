//! What a container may use and what is kept free for it, as the API server works it out.
//!
//! A request that is left out is the limit; what the pod states as a whole (`spec.resources`) bounds each
//! of its containers; and a `LimitRange` of the namespace fills in what a container leaves out.

use ringwall_input::quantity::Quantity;

use crate::{Container, ContainerKind, ForContainer, Inventory, Meta, Node, Pod, Resource};

/// An amount of a resource for a container.
#[derive(Clone, Copy)]
pub(super) enum Amount<'a> {
    /// Nothing states it.
    Unset,
    /// It is written as zero.
    Zero(Node<'a>),
    /// The container, its pod or a `LimitRange` states it.
    Set,
}

impl<'a> Amount<'a> {
    fn of(node: Option<Node<'a>>) -> Self {
        match node {
            None => Self::Unset,
            Some(node) if is_zero(node) => Self::Zero(node),
            Some(_) => Self::Set,
        }
    }

    /// Whether it says anything but nothing.
    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::Set)
    }
}

/// Whether a container can state resources: all but ephemeral ones can.
pub(super) fn can_state(container: &Container<'_>) -> bool {
    container.kind != ContainerKind::Ephemeral
}

/// The most that a container may use.
pub(super) fn limit<'a>(
    container: &Container<'a>,
    name: &str,
    inventory: &Inventory<'a>,
) -> Amount<'a> {
    if pod_states(&container.pod, "limits", name) {
        return Amount::Set;
    }
    Amount::of(limit_node(container, name, inventory))
}

/// What the scheduler keeps free for a container.
pub(super) fn request<'a>(
    container: &Container<'a>,
    name: &str,
    inventory: &Inventory<'a>,
) -> Amount<'a> {
    if pod_states(&container.pod, "requests", name) || pod_states(&container.pod, "limits", name) {
        return Amount::Set;
    }
    Amount::of(request_node(container, name, inventory))
}

/// Where the limit of a container is written: in the container, else in a `LimitRange`.
pub(super) fn limit_node<'a>(
    container: &Container<'a>,
    name: &str,
    inventory: &Inventory<'a>,
) -> Option<Node<'a>> {
    container
        .limits
        .and_then(|limits| limits.get(name))
        // A maximum is also the default where no default is stated.
        .or_else(|| range_default(inventory, &container.pod, &["default", "max"], name))
}

/// Where the request of a container is written: in the container, its limit, else in a `LimitRange`.
pub(super) fn request_node<'a>(
    container: &Container<'a>,
    name: &str,
    inventory: &Inventory<'a>,
) -> Option<Node<'a>> {
    const FIELDS: &[&str] = &["defaultRequest", "default", "max", "min"];
    let of = |list: Option<Node<'a>>| list.and_then(|list| list.get(name));
    of(container.requests)
        .or_else(|| of(container.limits))
        .or_else(|| range_default(inventory, &container.pod, FIELDS, name))
}

fn range_default<'a>(
    inventory: &Inventory<'a>,
    pod: &Pod<'a>,
    fields: &[&str],
    name: &str,
) -> Option<Node<'a>> {
    let mut by_namespace: Vec<(Option<&str>, Option<Node<'a>>)> = Vec::new();
    let ranges = inventory.of_kind("", "LimitRange");
    for range in ranges.filter(|range| Inventory::share_namespace(range, &pod.resource)) {
        let default = default_of(range, fields, name);
        let known = by_namespace
            .iter_mut()
            .find(|(namespace, _)| *namespace == range.namespace);
        match known {
            Some((_, known)) => *known = known.or(default),
            None => by_namespace.push((range.namespace, default)),
        }
    }
    // A range without a namespace goes where the pod goes. Of others, those of the pod's namespace count;
    // where that is not said, the pod may land in any of theirs, and each must fill in.
    let (with, without): (Vec<_>, Vec<_>) = by_namespace
        .into_iter()
        .partition(|(namespace, _)| namespace.is_some());
    let beside = without.into_iter().find_map(|(_, default)| default);
    beside.or_else(|| {
        let defaults: Option<Vec<_>> = with.into_iter().map(|(_, default)| default).collect();
        defaults?.into_iter().next()
    })
}

fn default_of<'a>(range: &Resource<'a>, fields: &[&str], name: &str) -> Option<Node<'a>> {
    range
        .spec?
        .list("limits")
        .filter(|item| item.str("type") == Some("Container"))
        .find_map(|item| fields.iter().find_map(|field| item.path(&[field, name])))
}

/// Whether the pod as a whole states an amount; it can for CPU and memory.
fn pod_states(pod: &Pod<'_>, list: &str, name: &str) -> bool {
    matches!(name, "cpu" | "memory")
        && pod
            .resources
            .and_then(|resources| resources.path(&[list, name]))
            .is_some_and(|node| !is_zero(node))
}

/// Whether an amount is nothing. What is no amount is for the schema to refuse.
pub(super) fn is_zero(node: Node<'_>) -> bool {
    node.is_null() || Quantity::of(node).is_ok_and(|quantity| quantity.is_zero())
}

/// Whether two amounts are stated and worth different.
pub(super) fn differ(one: Node<'_>, other: Node<'_>) -> bool {
    match (Quantity::of(one), Quantity::of(other)) {
        (Ok(one), Ok(other)) => one != other,
        _ => false,
    }
}

/// What a finding about something left out points at: `resources`, else the container.
pub(super) fn place<'a>(container: &Container<'a>) -> Node<'a> {
    container
        .resources
        .filter(|resources| resources.is_mapping())
        .unwrap_or_else(|| container.place())
}

/// Reports every container without a limit of a resource.
pub(super) fn report_limits<'i, 'a>(
    meta: &'static Meta,
    name: &'static str,
    word: &'static str,
    inventory: &'i Inventory<'a>,
) -> ForContainer<'i, 'a> {
    Box::new(move |container, findings| {
        if !can_state(container) {
            return;
        }
        match limit(container, name, inventory) {
            Amount::Set => {}
            Amount::Zero(node) => {
                findings
                    .add(meta)
                    .at(node)
                    .note(format!("has the {word} limit 0, which means none"));
            }
            Amount::Unset => {
                findings
                    .add(meta)
                    .missing(place(container), "resources")
                    .note(format!("has no {word} limit"));
            }
        }
    })
}

/// Reports every container without a request for a resource.
pub(super) fn report_requests<'i, 'a>(
    meta: &'static Meta,
    name: &'static str,
    word: &'static str,
    inventory: &'i Inventory<'a>,
) -> ForContainer<'i, 'a> {
    Box::new(move |container, findings| {
        if !can_state(container) {
            return;
        }
        match request(container, name, inventory) {
            Amount::Set => {}
            Amount::Zero(node) => {
                findings
                    .add(meta)
                    .at(node)
                    .note(format!("has the {word} request 0"));
            }
            Amount::Unset => {
                findings
                    .add(meta)
                    .missing(place(container), "resources")
                    .note(format!("has no {word} request"));
            }
        }
    })
}
