use super::{
    disruption::{Bound, budgets},
    scale::Autoscalers,
};
use crate::{Check, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Budgets whose `minAvailable` is as many pods as the autoscalers leave at their fewest, or more.
    ///
    /// ## Why it matters
    /// When there is little to do, no pod may go, and nodes cannot be drained: at night, when they are updated.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 2 # <-
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: web
    ///   minReplicas: 2
    ///   maxReplicas: 5
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 2
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: web
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: web
    ///   minReplicas: 3
    ///   maxReplicas: 5
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: web
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Use `maxUnavailable: 1`, or raise `minReplicas` above `minAvailable`.
    DisruptionBudgetAboveMinReplicas {
        id: "disruption-budget-above-min-replicas",
        title: "PodDisruptionBudget minAvailable is not below the autoscaler's minReplicas",
        ring: Code,
        target: Workload,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DisruptionBudgetAboveMinReplicas {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let autoscalers = Autoscalers::new(inventory);
        for budget in budgets(inventory) {
            let scaler = budget
                .workloads
                .iter()
                .find_map(|workload| autoscalers.of(workload.resource()));
            let (Some(scaler), Some(fewest), Some(most)) = (
                scaler,
                budget.pods(&autoscalers, Bound::Fewest),
                budget.pods(&autoscalers, Bound::Most),
            ) else {
                continue;
            };
            // What blocks at its most too is found by `blocking-pod-disruption-budget`.
            if let Some(field) = budget.keeps_all_of(fewest)
                && budget.keeps_all_of(most).is_none()
            {
                findings
                    .add(Self::META)
                    .about(budget.resource)
                    .at(field)
                    .note(format!(
                        "lets no pod go at the autoscaler's minimum: minAvailable is {} of {fewest}",
                        field.text()
                    ))
                    .evidence("autoscaler", scaler.place());
            }
        }
    }
}
