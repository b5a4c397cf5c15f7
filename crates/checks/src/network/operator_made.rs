//! Pods that a scan does not hold because an operator makes them.

use crate::{Inventory, Resource, Selector};

/// The custom resources of a scan: operators give the pods that they make the labels of their resource.
#[derive(Debug)]
pub(super) struct CustomResources<'i, 'a> {
    resources: Vec<&'i Resource<'a>>,
}

impl<'i, 'a> CustomResources<'i, 'a> {
    pub(super) fn new(inventory: &'i Inventory<'a>) -> Self {
        Self {
            resources: inventory
                .resources
                .iter()
                .filter(|it| is_custom(it))
                .collect(),
        }
    }

    /// Whether one that stands in the namespace of `from` carries the labels that a selector asks for.
    pub(super) fn may_be_selected(&self, selector: Selector<'_>, from: &Resource<'_>) -> bool {
        self.resources.iter().any(|resource| {
            Inventory::share_namespace(resource, from) && may_make(resource, selector)
        })
    }

    /// [`Self::may_be_selected`] in any namespace.
    pub(super) fn may_be_selected_anywhere(&self, selector: Selector<'_>) -> bool {
        self.resources
            .iter()
            .any(|resource| may_make(resource, selector))
    }
}

/// Groups of Kubernetes itself have no dot or end with `k8s.io`.
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
