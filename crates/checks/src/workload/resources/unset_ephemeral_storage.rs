use super::requirements;
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers that may fill the disk of their node: no `ephemeral-storage` limit.
    ///
    /// The default of a `LimitRange` in the same namespace of the scan counts.
    ///
    /// ## Why it matters
    /// Logs, the writable layer and `emptyDir` volumes share the node's disk.
    /// When it is full, the kubelet evicts pods and pulls no more images.
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
    ///           ephemeral-storage: 1Gi
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
    ///           ephemeral-storage: 1Gi
    /// ```
    ///
    /// ## Fix
    /// Set `resources.limits.ephemeral-storage`; the request is then the same unless stated.
    UnsetEphemeralStorage {
        id: "unset-ephemeral-storage",
        title: "ephemeral-storage limit missing",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1499"],
    }
}

impl Check for UnsetEphemeralStorage {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        let name = "ephemeral-storage";
        requirements::report_limits(Self::META, name, name, inventory)
    }
}
