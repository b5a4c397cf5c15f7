//! Which objects with a selector select a pod, without comparing each with each.

use crate::{
    Inventory, Resource, Selector, Workload,
    pod_labels::{self, Quantity, SelectorIndex},
};

/// Objects with selectors, found by the labels of a pod.
pub(super) struct Selections<'i, 'a> {
    all: Vec<(&'i Resource<'a>, Selector<'a>)>,
    index: SelectorIndex<'a>,
}

impl<'i, 'a> Selections<'i, 'a> {
    pub(super) fn new(objects: impl Iterator<Item = (&'i Resource<'a>, Selector<'a>)>) -> Self {
        let all: Vec<_> = objects.collect();
        let selectors: Vec<_> = all
            .iter()
            .map(|(_, selector)| *selector)
            .enumerate()
            .collect();
        Self {
            index: SelectorIndex::new(&selectors),
            all,
        }
    }

    /// The services of a scan.
    pub(super) fn services(inventory: &'i Inventory<'a>) -> Self {
        Self::new(inventory.of_kind("", "Service").filter_map(|service| {
            let selector = service.spec?.get("selector")?;
            Some((service, Selector::Map(selector)))
        }))
    }

    /// The objects that select a pod.
    pub(super) fn of(&self, workload: &Workload<'_>) -> Vec<&'i Resource<'a>> {
        let candidates = self.index.of(workload).into_iter();
        candidates
            .filter_map(|index| self.all.get(index))
            .filter(|(object, selector)| {
                Inventory::share_namespace(object, workload.resource())
                    && pod_labels::selects(*selector, workload, Quantity::Some)
            })
            .map(|(object, _)| *object)
            .collect()
    }
}
