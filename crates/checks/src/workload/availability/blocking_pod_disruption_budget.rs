use super::{
    disruption::{Amount, Bound, Budget, budgets},
    scale::Autoscalers,
};
use crate::{Check, Findings, Inventory, Node, check};

check! {
    /// ## What it finds
    /// Budgets that never let a pod go: `maxUnavailable: 0`, `minAvailable: 100%`, or a `minAvailable` that no
    /// number of pods the selected workloads can have exceeds.
    /// Shares are rounded up, as the disruption controller does.
    ///
    /// ## Why it matters
    /// Nodes with such a pod cannot be drained, so they are not updated; or somebody forces the drain, and the
    /// budget protects nothing.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: none-may-go
    /// spec:
    ///   maxUnavailable: 0% # <-
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: all-must-stay
    /// spec:
    ///   minAvailable: 100% # <-
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    /// ```yaml fail
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 67% # <-
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
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
    /// ```
    /// ```yaml pass
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web
    /// spec:
    ///   minAvailable: 66%
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
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
    /// ```
    /// ```yaml pass
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: pods-kept-elsewhere
    /// spec:
    ///   minAvailable: 1
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ---
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: a-little
    /// spec:
    ///   maxUnavailable: 1%
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    ///
    /// ## Fix
    /// Use `maxUnavailable: 1`, which lets one pod go however many there are.
    BlockingPodDisruptionBudget {
        id: "blocking-pod-disruption-budget",
        title: "PodDisruptionBudget never allows a voluntary eviction",
        ring: Container,
        target: Workload,
        hooks: [Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for BlockingPodDisruptionBudget {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let autoscalers = Autoscalers::new(inventory);
        for budget in budgets(inventory) {
            let pods = budget.pods(&autoscalers, Bound::Most);
            let stated = by_itself(&budget);
            let draft = findings.add(Self::META).about(budget.resource);
            if let Some(field) = stated {
                let key = field.key().map_or("", Node::text);
                draft
                    .at(field)
                    .note(format!("lets no pod go: {key} is {}", field.text()));
            } else if let Some(pods) = pods
                && let Some(field) = budget.keeps_all_of(pods)
            {
                let draft = draft.at(field).note(format!(
                    "lets no pod go: minAvailable is {} of {pods}",
                    field.text()
                ));
                if let Some(workload) = budget.workloads.first() {
                    draft.evidence("workload", workload.resource().place());
                }
            }
        }
    }
}

/// The field that blocks whatever the number of pods is.
fn by_itself<'a>(budget: &Budget<'_, 'a>) -> Option<Node<'a>> {
    if let Some((field, Amount::Count(0) | Amount::Percent(0))) = budget.amount("maxUnavailable") {
        return Some(field);
    }
    match budget.amount("minAvailable") {
        Some((field, Amount::Percent(100..))) => Some(field),
        _ => None,
    }
}
