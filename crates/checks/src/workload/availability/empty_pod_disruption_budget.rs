use super::disruption;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Budgets that set neither `minAvailable` nor `maxUnavailable`.
    ///
    /// ## Why it matters
    /// The API server accepts such a budget.
    /// The disruption controller then expects no pods and allows no disruption, so the pods it selects cannot
    /// be evicted.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    /// ```yaml pass
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   maxUnavailable: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    ///
    /// ## Fix
    /// Set `maxUnavailable: 1`, or remove the budget.
    EmptyPodDisruptionBudget {
        id: "empty-pod-disruption-budget",
        title: "PodDisruptionBudget sets neither minAvailable nor maxUnavailable",
        ring: Code,
        target: Workload,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for EmptyPodDisruptionBudget {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !disruption::is_budget(resource) {
            return;
        }
        let states = |key| {
            let field = resource.spec.and_then(|spec| spec.get(key));
            field.is_some_and(|field| !field.is_null())
        };
        if !states("minAvailable") && !states("maxUnavailable") {
            findings
                .add(Self::META)
                .missing(resource.place(), "minAvailable")
                .note("sets neither minAvailable nor maxUnavailable");
        }
    }
}
