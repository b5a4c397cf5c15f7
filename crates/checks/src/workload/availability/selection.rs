//! Which objects with a selector select a pod, without comparing each with each.

use foldhash::HashMap;

use crate::{Inventory, Resource, Selector, Workload};

/// Objects with selectors, found by the labels of a pod.
pub(super) struct Selections<'i, 'a> {
    all: Vec<(&'i Resource<'a>, Selector<'a>)>,
    /// Those that demand a label, by the first that they demand.
    by_label: HashMap<(&'a str, &'a str), Vec<usize>>,
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
            let labels = match selector {
                Selector::Map(map) => Some(map),
                Selector::Full(selector) => selector.get("matchLabels"),
            };
            let first = labels.and_then(|labels| labels.entries().into_iter().next());
            match first {
                Some((key, value)) => selections
                    .by_label
                    .entry((key.text(), value.text()))
                    .or_default()
                    .push(index),
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
        let labels = workload.pod.labels();
        let pairs = labels.map(crate::Node::entries).unwrap_or_default();
        pairs
            .iter()
            .filter_map(|(key, value)| self.by_label.get(&(key.text(), value.text())))
            .chain([&self.rest])
            .flatten()
            .filter_map(|&index| self.all.get(index))
            .filter(|(object, selector)| {
                Inventory::share_namespace(object, workload.resource()) && selector.matches(labels)
            })
            .map(|(object, _)| *object)
            .collect()
    }
}
