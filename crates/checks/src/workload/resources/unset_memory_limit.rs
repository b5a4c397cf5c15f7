use super::requirements;
use crate::{Check, ForContainer, Inventory, check};

check! {
    /// ## What it finds
    /// Containers that may use all memory of their node: no memory limit, or one of 0, which means the same.
    ///
    /// A limit of the whole pod (`spec.resources`) counts, and so does the default of a `LimitRange` in the
    /// same namespace of the scan.
    /// A pod without a namespace may land in any of theirs: each of their defaults must state it then.
    ///
    /// ## Why it matters
    /// A container that leaks memory, or is made to, grows until the kernel kills processes on its node, and
    /// those need not be its own.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   initContainers:
    ///     - name: setup # <-
    ///     - name: proxy
    ///       restartPolicy: Always
    ///       resources: # <-
    ///         requests:
    ///           memory: 64Mi
    ///   containers:
    ///     - name: app
    ///       resources:
    ///         limits:
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
    ///         limits:
    ///           memory: 256Mi
    ///   ephemeralContainers:
    ///     - name: debugger
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   resources:
    ///     limits:
    ///       memory: 256Mi
    ///   containers:
    ///     - name: app
    ///     - name: helper
    /// ```
    /// ```yaml pass
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
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml fail
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
    /// ---
    /// apiVersion: v1
    /// kind: LimitRange
    /// metadata:
    ///   name: defaults
    ///   namespace: bank
    /// spec:
    ///   limits:
    ///     - type: Container
    ///       default:
    ///         cpu: 500m
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    /// spec:
    ///   containers:
    ///     - name: app # <-
    /// ```
    ///
    /// ## Fix
    /// Set `resources.limits.memory` to what the container needs at its peak, with some reserve.
    UnsetMemoryLimit {
        id: "unset-memory-limit",
        title: "Memory limit missing",
        ring: Container,
        target: Workload,
        hooks: [ContainerAmong],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.6.3", "cis-aks:4.6.2", "cis-gke:4.6.3", "nsa:NET", "mitre:T1499"],
    }
}

impl Check for UnsetMemoryLimit {
    fn container_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForContainer<'i, 'a> {
        requirements::report_limits(Self::META, "memory", "memory", inventory)
    }
}
