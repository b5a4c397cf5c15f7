use super::namespaces;
use crate::{Check, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Namespaces of the scan in which no `ResourceQuota` stands.
    /// The finding is less sure where the scan holds no `ResourceQuota` at all; the namespaces of Kubernetes
    /// itself (`kube-...`) are left out.
    ///
    /// ## Why it matters
    /// Without a quota one namespace can ask for all that the cluster has, by mistake or on purpose.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Namespace
    /// metadata:
    ///   name: shop
    /// ---
    /// apiVersion: v1
    /// kind: ResourceQuota
    /// metadata:
    ///   name: all
    ///   namespace: shop
    /// spec:
    ///   hard:
    ///     limits.memory: 64Gi
    /// ```
    ///
    /// ## Fix
    /// Add a `ResourceQuota` for CPU, memory, storage and the number of objects to the namespace.
    MissingResourceQuota {
        id: "missing-resource-quota",
        title: "Namespace without ResourceQuota",
        ring: Cluster,
        target: Workload,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for MissingResourceQuota {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        namespaces::report_without(Self::META, "ResourceQuota", inventory, findings);
    }
}
