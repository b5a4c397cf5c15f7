use super::requirements;
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers for which the scheduler keeps no memory free: no memory request, and no limit that would
    /// stand in for it.
    ///
    /// What the whole pod states (`spec.resources`) counts, and so does the default of a `LimitRange` in the
    /// same namespace of the scan.
    ///
    /// ## Why it matters
    /// The scheduler counts such a container as using nothing and packs nodes too full.
    /// When memory then runs short, the container is among the first to be evicted.
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
    ///       resources:
    ///         requests:
    ///           memory: 0 # <-
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
    ///         requests:
    ///           memory: 64Mi
    ///     - name: helper
    ///       resources:
    ///         limits:
    ///           memory: 64Mi
    /// ```
    ///
    /// ## Fix
    /// Set `resources.requests.memory` to what the container uses in normal operation.
    UnsetMemoryRequest {
        id: "unset-memory-request",
        title: "Memory request missing",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnsetMemoryRequest {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        requirements::report_requests(Self::META, "memory", "memory", inventory)
    }
}
