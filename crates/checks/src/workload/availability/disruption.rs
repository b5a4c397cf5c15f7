//! Pod disruption budgets, counted as the disruption controller counts.

use std::collections::HashMap;

use super::{
    scale::{Autoscalers, is_scalable, max_replicas, min_replicas, replicas},
    selection::Selections,
};
use crate::{Inventory, Node, Resource, Selector, Workload};

/// A number of pods, or a share of them.
#[derive(Clone, Copy)]
pub(super) enum Amount {
    Count(i64),
    Percent(i64),
}

impl Amount {
    pub(super) fn of(node: Node<'_>) -> Option<Self> {
        match node.as_i64() {
            Some(count) => Some(Self::Count(count)),
            None => Some(Self::Percent(
                node.as_str()?.strip_suffix('%')?.parse().ok()?,
            )),
        }
    }

    /// How many of `pods` it is; shares are rounded up.
    pub(super) fn of_pods(self, pods: i64) -> i64 {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => {
                let hundredths = percent.saturating_mul(pods);
                hundredths / 100 + i64::from(hundredths % 100 > 0)
            }
        }
    }
}

/// A budget and what it covers.
pub(super) struct Budget<'i, 'a> {
    pub(super) resource: &'i Resource<'a>,
    pub(super) workloads: Vec<&'i Workload<'a>>,
}

/// Which bound of an autoscaler counts.
#[derive(Clone, Copy)]
pub(super) enum Bound {
    Fewest,
    Most,
}

/// Whether an object is a budget.
pub(super) fn is_budget(resource: &Resource<'_>) -> bool {
    resource.is("policy", "PodDisruptionBudget")
}

/// The budgets of a scan.
pub(super) fn resources<'i, 'a>(
    inventory: &'i Inventory<'a>,
) -> impl Iterator<Item = &'i Resource<'a>> {
    inventory.of_kind("policy", "PodDisruptionBudget")
}

/// The budgets of a scan, by the pods that they select.
pub(super) fn selections<'i, 'a>(inventory: &'i Inventory<'a>) -> Selections<'i, 'a> {
    Selections::new(resources(inventory).filter_map(|budget| {
        let selector = Selector::Full(budget.spec?.get("selector")?);
        // An empty selector selected nothing in policy/v1beta1, and everything since.
        let is_void = budget.api_version == "policy/v1beta1" && selector.is_empty();
        (!is_void).then_some((budget, selector))
    }))
}

/// The budgets of a scan with what each covers.
pub(super) fn budgets<'i, 'a>(inventory: &'i Inventory<'a>) -> Vec<Budget<'i, 'a>> {
    let mut all: Vec<_> = resources(inventory)
        .map(|resource| Budget {
            resource,
            workloads: Vec::new(),
        })
        .collect();
    if all.is_empty() {
        return all;
    }
    let places: HashMap<*const Resource<'_>, usize> = all
        .iter()
        .enumerate()
        .map(|(index, budget)| (std::ptr::from_ref(budget.resource), index))
        .collect();
    let selections = selections(inventory);
    for workload in &inventory.workloads {
        for resource in selections.of(workload) {
            let place = places.get(&std::ptr::from_ref(resource));
            if let Some(budget) = place.and_then(|&index| all.get_mut(index)) {
                budget.workloads.push(workload);
            }
        }
    }
    all
}

impl<'a> Budget<'_, 'a> {
    /// Where `minAvailable` or `maxUnavailable` is written, and what it says.
    pub(super) fn amount(&self, key: &str) -> Option<(Node<'a>, Amount)> {
        let node = self.resource.spec?.get(key)?;
        Some((node, Amount::of(node)?))
    }

    /// How many pods it covers; `None` where that is not known.
    pub(super) fn pods(&self, autoscalers: &Autoscalers<'_, '_>, bound: Bound) -> Option<i64> {
        if self.workloads.is_empty() {
            return None;
        }
        let mut sum: i64 = 0;
        for workload in &self.workloads {
            let resource = workload.resource();
            if !is_scalable(resource) {
                return None;
            }
            let pods = match (autoscalers.of(resource), bound) {
                (Some(scaler), Bound::Fewest) => min_replicas(scaler),
                (Some(scaler), Bound::Most) => max_replicas(scaler),
                (None, _) => replicas(resource),
            };
            sum = sum.saturating_add(pods?);
        }
        Some(sum)
    }

    /// Where `minAvailable` is written, if so many pods must stay that of `pods` none may go.
    pub(super) fn keeps_all_of(&self, pods: i64) -> Option<Node<'a>> {
        let (node, least) = self.amount("minAvailable")?;
        (pods > 0 && least.of_pods(pods) >= pods).then_some(node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_rounded_up() {
        assert_eq!(Amount::Percent(50).of_pods(3), 2);
        assert_eq!(Amount::Percent(1).of_pods(3), 1);
        assert_eq!(Amount::Percent(100).of_pods(3), 3);
        assert_eq!(Amount::Percent(0).of_pods(3), 0);
        assert_eq!(Amount::Count(2).of_pods(3), 2);
    }
}
