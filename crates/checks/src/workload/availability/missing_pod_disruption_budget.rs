use super::{
    disruption,
    scale::{Autoscalers, has_several, is_owned},
};
use crate::{Check, Confidence, ForWorkload, Inventory, check};

check! {
    /// ## What it finds
    /// Workloads of several pods that no `PodDisruptionBudget` of the scan selects.
    /// The finding is less sure where the scan holds no budget at all.
    ///
    /// ## Why it matters
    /// Whoever drains nodes may evict all pods of the workload at the same time.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web # <-
    ///   namespace: shop
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    ///   namespace: other
    /// spec:
    ///   maxUnavailable: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: nothing
    /// spec:
    ///   maxUnavailable: 1
    ///   selector:
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
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   maxUnavailable: 1
    ///   selector:
    ///     matchExpressions:
    ///       - key: app
    ///         operator: In
    ///         values: [web, api]
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: single
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a `PodDisruptionBudget` with `maxUnavailable: 1` and the selector of the workload.
    MissingPodDisruptionBudget {
        id: "missing-pod-disruption-budget",
        title: "No PodDisruptionBudget selects the workload",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingPodDisruptionBudget {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let autoscalers = Autoscalers::new(inventory);
        let budgets = disruption::selections(inventory);
        let is_any = disruption::resources(inventory).next().is_some();
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if is_owned(resource)
                || !has_several(resource, &autoscalers)
                || !budgets.of(workload).is_empty()
            {
                return;
            }
            let draft = findings
                .add(Self::META)
                .missing(resource.place(), "PodDisruptionBudget")
                .note("is selected by no PodDisruptionBudget");
            if !is_any {
                draft.confidence(Confidence::Low);
            }
        })
    }
}
