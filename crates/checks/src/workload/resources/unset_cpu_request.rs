use super::requirements;
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers for which the scheduler keeps no CPU free: no CPU request, and no limit that would stand in
    /// for it.
    ///
    /// What the whole pod states (`spec.resources`) counts, and so does the default of a `LimitRange` in the
    /// same namespace of the scan.
    ///
    /// ## Why it matters
    /// When processors are busy, a container gets time in proportion to its request; without one it gets next
    /// to nothing, and a neighbour can starve it.
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
    ///           cpu: 100m
    ///     - name: helper
    ///       resources:
    ///         limits:
    ///           cpu: 100m
    /// ```
    ///
    /// ## Fix
    /// Set `resources.requests.cpu` to what the container uses in normal operation.
    UnsetCpuRequest {
        id: "unset-cpu-request",
        title: "CPU request missing",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for UnsetCpuRequest {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        requirements::report_requests(Self::META, "cpu", "CPU", inventory)
    }
}
