//! Which objects with a selector select a pod, without comparing each with each.

use foldhash::HashMap;

use crate::{
    Inventory, Resource, Selector, Workload,
    pod_labels::{self, Lookup, Quantity},
};

/// Objects with selectors, found by the labels of a pod.
pub(super) struct Selections<'i, 'a> {
    all: Vec<(&'i Resource<'a>, Selector<'a>)>,
    /// Those that demand a label, by one that they demand.
    by_label: HashMap<Lookup<'a>, Vec<usize>>,
    /// The others.
    rest: Vec<usize>,
}

impl<'i, 'a> Selections<'i, 'a> {
    pub(super) fn new(objects: impl Iterator<Item = (&'i Resource<'a>, Selector<'a>)>) -> Self {
        let mut selections = Self {
            all: Vec::new(),
            by_label: HashMap::default(),
            rest: Vec::new(),
        };
        for (index, (object, selector)) in objects.enumerate() {
            match pod_labels::lookup_of(selector) {
                Some(label) => selections.by_label.entry(label).or_default().push(index),
                None => selections.rest.push(index),
            }
            selections.all.push((object, selector));
        }
        selections
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
        pod_labels::lookups(workload)
            .filter_map(|label| self.by_label.get(&label))
            .chain([&self.rest])
            .flatten()
            .filter_map(|&index| self.all.get(index))
            .filter(|(object, selector)| {
                Inventory::share_namespace(object, workload.resource())
                    && pod_labels::selects(*selector, workload, Quantity::Some)
            })
            .map(|(object, _)| *object)
            .collect()
    }
}
