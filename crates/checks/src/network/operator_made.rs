//! Pods that a scan does not hold because an operator makes them.

use crate::{Inventory, Resource, Selector};

/// Whether a custom resource of the scan carries labels that a selector asks for: operators give the pods
/// that they make the labels of their resource.
pub(super) fn may_be_selected(
    inventory: &Inventory<'_>,
    selector: Selector<'_>,
    from: &Resource<'_>,
) -> bool {
    inventory.resources.iter().any(|resource| {
        is_custom(resource)
            && Inventory::share_namespace(resource, from)
            && may_make(resource, selector)
    })
}

/// [`may_be_selected`] for the pods of any namespace.
pub(super) fn may_be_selected_anywhere(inventory: &Inventory<'_>, selector: Selector<'_>) -> bool {
    let mut resources = inventory.resources.iter();
    resources.any(|resource| is_custom(resource) && may_make(resource, selector))
}

/// Groups of Kubernetes itself have no dot, end with `k8s.io`, or make no pods.
fn is_custom(resource: &Resource<'_>) -> bool {
    let group = resource.group();
    group.contains('.') && !group.ends_with("k8s.io")
}

fn may_make(resource: &Resource<'_>, selector: Selector<'_>) -> bool {
    let own = resource
        .metadata
        .and_then(|metadata| metadata.get("labels"));
    let of_pods = resource
        .spec
        .and_then(|spec| spec.path(&["podMetadata", "labels"]));
    selector.matches(own) || (of_pods.is_some() && selector.matches(of_pods))
}
