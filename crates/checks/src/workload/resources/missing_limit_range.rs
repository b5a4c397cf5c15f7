use super::namespaces;
use crate::{Check, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Namespaces of the scan in which no `LimitRange` stands.
    /// The finding is less sure where the scan holds no `LimitRange` at all; the namespaces of Kubernetes
    /// itself (`kube-...`) are left out.
    ///
    /// ## Why it matters
    /// A `LimitRange` gives a container the limits that its author forgot.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop # <-
    /// ---
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata:
    ///   name: defaults
    ///   namespace: other
    /// spec:
    ///   limits: []
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ---
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata:
    ///   name: defaults
    ///   namespace: shop
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       default:
    ///         memory: 256Mi
    /// ```
    ///
    /// ## Fix
    /// Add a `LimitRange` with defaults of type `Container` to the namespace.
    MissingLimitRange {
        id: "missing-limit-range",
        title: "Namespace without LimitRange",
        ring: Cluster,
        target: Workload,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for MissingLimitRange {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        namespaces::report_without(Self::META, "LimitRange", inventory, findings);
    }
}
