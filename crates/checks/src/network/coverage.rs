//! Which pods the policies of a scan govern.

use std::collections::HashSet;

use super::{
    plugin_policy::PluginPolicy,
    policy::{Direction, NetworkPolicy},
};
use crate::{
    Inventory, Workload,
    pod_labels::{Conditions, Quantity},
};

/// The pods that some policy governs, by direction.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    ingress: HashSet<usize>,
    egress: HashSet<usize>,
    has_plugin_policies: bool,
}

impl Coverage {
    pub(crate) fn new(inventory: &Inventory<'_>) -> Self {
        let mut coverage = Self::default();
        for policy in NetworkPolicy::all(inventory) {
            let resource = policy.resource;
            let selector = policy.selector();
            let conditions = Conditions::new(selector);
            let governed = inventory
                .selected(selector, &resource)
                .filter(|workload| conditions.select(workload, Quantity::Every));
            for workload in governed {
                for direction in Direction::BOTH {
                    if policy.isolates(direction) {
                        coverage.of_mut(direction).insert(key(workload));
                    }
                }
            }
        }
        let plugin_policies = PluginPolicy::all(inventory);
        coverage.has_plugin_policies = !plugin_policies.is_empty();
        for policy in plugin_policies {
            for workload in &inventory.workloads {
                for direction in Direction::BOTH {
                    if policy.may_isolate(workload, direction) {
                        coverage.of_mut(direction).insert(key(workload));
                    }
                }
            }
        }
        coverage
    }

    /// Whether a policy governs this direction of a pod's traffic.
    pub(super) fn has(&self, workload: &Workload<'_>, direction: Direction) -> bool {
        let covered = match direction {
            Direction::Ingress => &self.ingress,
            Direction::Egress => &self.egress,
        };
        covered.contains(&key(workload)) || is_managed_sandbox(workload)
    }

    /// Whether any policy selects a pod.
    pub(super) fn has_any(&self, workload: &Workload<'_>) -> bool {
        Direction::BOTH
            .into_iter()
            .any(|direction| self.has(workload, direction))
    }

    /// Whether the scan holds policies of a network plugin.
    pub(super) fn has_plugin_policies(&self) -> bool {
        self.has_plugin_policies
    }

    fn of_mut(&mut self, direction: Direction) -> &mut HashSet<usize> {
        match direction {
            Direction::Ingress => &mut self.ingress,
            Direction::Egress => &mut self.egress,
        }
    }
}

/// Pods of one inventory are told apart by where they are kept.
fn key(workload: &Workload<'_>) -> usize {
    std::ptr::from_ref(workload).addr()
}

/// The agent sandbox controller makes a NetworkPolicy for each template unless it is told not to.
/// See: <https://github.com/kubernetes-sigs/agent-sandbox/blob/main/docs/api.md>
pub(super) fn is_managed_sandbox(workload: &Workload<'_>) -> bool {
    let resource = workload.resource();
    resource.is("extensions.agents.x-k8s.io", "SandboxTemplate")
        && resource
            .spec
            .and_then(|spec| spec.str("networkPolicyManagement"))
            .is_none_or(|word| word == "Managed")
}
