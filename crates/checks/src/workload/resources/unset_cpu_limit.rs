use super::requirements;
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers that may use all processors of their node: no CPU limit, or one of 0, which means the same.
    ///
    /// A limit of the whole pod (`spec.resources`) counts, and so does the default of a `LimitRange` in the
    /// same namespace of the scan.
    ///
    /// ## Why it matters
    /// A container that computes what it should not, a miner for instance, takes every cycle that the requests
    /// of its neighbours leave over.
    /// Programs that must answer evenly are sometimes better off without a limit; then accept the finding.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app # <-
    ///     - name: helper
    ///       resources: # <-
    ///         requests:
    ///           cpu: 100m
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app
    ///       resources:
    ///         limits:
    ///           cpu: 500m
    /// ```
    ///
    /// ## Fix
    /// Set `resources.limits.cpu`, and in any case a request, which keeps its share for the container.
    UnsetCpuLimit {
        id: "unset-cpu-limit",
        title: "CPU limit missing",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1496"],
    }
}

impl Check for UnsetCpuLimit {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        requirements::report_limits(Self::META, "cpu", "CPU", inventory)
    }
}
