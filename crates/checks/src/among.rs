//! The one walk over all pods that checks across objects share.

use rayon::prelude::*;
use ringwall_input::kubernetes::Workload;
use ringwall_model::Finding;

use crate::{
    Checks, ForContainer, ForWorkload, Hook, Inventory, Settings,
    findings::{About, Findings},
    judge::{has_windows_line_ends, use_windows_line_ends_since},
};

/// What judges the pods of a scan one by one, with all its objects at hand.
///
/// Some twenty checks ask something of every pod that only the other objects can answer: whether a
/// policy selects it, whether its service account is there. Each looks at those objects beforehand; then
/// all of them look at a pod while it is in the processor's caches.
#[derive(Default)]
pub struct Among<'i, 'a> {
    workload: Vec<ForWorkload<'i, 'a>>,
    container: Vec<ForContainer<'i, 'a>>,
}

impl<'i, 'a> Among<'i, 'a> {
    /// What all checks gather for their walk, several checks at a time.
    pub fn new(inventory: &'i Inventory<'a>, checks: &Checks) -> Self {
        let of_workloads = checks.with(Hook::WorkloadAmong).par_iter();
        let of_containers = checks.with(Hook::ContainerAmong).par_iter();
        Self {
            workload: of_workloads
                .with_max_len(1)
                .map(|check| check.workload_among(inventory))
                .collect(),
            container: of_containers
                .with_max_len(1)
                .map(|check| check.container_among(inventory))
                .collect(),
        }
    }

    /// Judges some pods of the inventory, as a slice of its own list.
    pub fn judge(
        &self,
        workloads: &[Workload<'a>],
        settings: &Settings,
        out: &mut Vec<Box<Finding>>,
    ) {
        for workload in workloads {
            let before = out.len();
            let resource = workload.resource();
            let mut findings = Findings::new(About::Resource(resource), settings, out);
            for judge in &self.workload {
                judge(workload, &mut findings);
            }
            for container in &workload.containers {
                let mut findings = Findings::new(About::Container(container), settings, out);
                for judge in &self.container {
                    judge(container, &mut findings);
                }
            }
            if has_windows_line_ends(&resource.node.document().source) {
                use_windows_line_ends_since(before, out);
            }
        }
    }
}
