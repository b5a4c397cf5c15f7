use super::{
    scale::{Autoscalers, has_several, is_owned},
    spreading::{Own, anti_affinity, spread},
};
use crate::{Check, ForWorkload, Inventory, check};

check! {
    /// ## What it finds
    /// Workloads of several pods without a `podAntiAffinity` that selects those pods, unless a topology spread
    /// constraint keeps them apart.
    ///
    /// ## Why it matters
    /// All pods may land on one node, and go down with it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec: # <-
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: api
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: api
    ///     spec:
    ///       affinity:
    ///         podAntiAffinity:
    ///           requiredDuringSchedulingIgnoredDuringExecution:
    ///             - topologyKey: kubernetes.io/hostname
    ///               labelSelector: # <-
    ///                 matchLabels:
    ///                   app: web
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: cart
    ///   namespace: shop
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: cart
    ///     spec:
    ///       affinity:
    ///         podAntiAffinity:
    ///           requiredDuringSchedulingIgnoredDuringExecution:
    ///             - topologyKey: kubernetes.io/hostname
    ///               namespaces: [bank] # <-
    ///               labelSelector:
    ///                 matchLabels:
    ///                   app: cart
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       affinity:
    ///         podAntiAffinity:
    ///           preferredDuringSchedulingIgnoredDuringExecution:
    ///             - weight: 100
    ///               podAffinityTerm:
    ///                 topologyKey: kubernetes.io/hostname
    ///                 labelSelector:
    ///                   matchLabels:
    ///                     app: web
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: single
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: cart
    ///   namespace: shop
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: cart
    ///     spec:
    ///       affinity:
    ///         podAntiAffinity:
    ///           requiredDuringSchedulingIgnoredDuringExecution:
    ///             - topologyKey: kubernetes.io/hostname
    ///               namespaces: [bank, shop]
    ///               labelSelector:
    ///                 matchLabels:
    ///                   app: cart
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a preferred `podAntiAffinity` over `kubernetes.io/hostname`, or a topology spread constraint.
    UnsetPodAntiAffinity {
        id: "unset-pod-anti-affinity",
        title: "No inter-pod anti-affinity",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetPodAntiAffinity {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let autoscalers = Autoscalers::new(inventory);
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if is_owned(resource)
                || !has_several(resource, &autoscalers)
                || spread(workload).is_set()
            {
                return;
            }
            match anti_affinity(workload) {
                Own::Set => {}
                Own::Unset => {
                    findings
                        .add(Self::META)
                        .missing(workload.pod.place(), "affinity")
                        .note("has no anti-affinity: all its pods may run on one node");
                }
                Own::Other(term) => {
                    findings
                        .add(Self::META)
                        .at(term)
                        .note("has an anti-affinity that does not select its own pods");
                }
            }
        })
    }
}
