use super::disruption;
use crate::{Check, Findings, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Budgets that leave `unhealthyPodEvictionPolicy` unset, which means `IfHealthyBudget`.
    ///
    /// ## Why it matters
    /// Pods that crash for ever then hold up the drain of their node, although evicting them harms nobody.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: policy/v1
    /// kind: PodDisruptionBudget
    /// metadata:
    ///   name: web # <-
    /// spec:
    ///   maxUnavailable: 1
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
    ///   unhealthyPodEvictionPolicy: AlwaysAllow
    ///   selector:
    ///     matchLabels:
    ///       app: web
    /// ```
    ///
    /// ## Fix
    /// Set `unhealthyPodEvictionPolicy: AlwaysAllow`, or state `IfHealthyBudget` where pods come up slowly.
    UnsetUnhealthyPodEvictionPolicy {
        id: "unset-unhealthy-pod-eviction-policy",
        title: "PodDisruptionBudget leaves unhealthyPodEvictionPolicy unset",
        ring: Container,
        target: Workload,
        hooks: [Resource],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

const FIELD: &str = "unhealthyPodEvictionPolicy";

impl Check for UnsetUnhealthyPodEvictionPolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        // The field came with policy/v1; the older version is gone.
        if !disruption::is_budget(resource) || resource.api_version == "policy/v1beta1" {
            return;
        }
        let policy = resource.spec.and_then(|spec| spec.get(FIELD));
        if policy.is_none_or(|policy| policy.text().is_empty() || policy.is_null()) {
            findings
                .add(Self::META)
                .missing(resource.place(), FIELD)
                .note("leaves unhealthyPodEvictionPolicy at its default, IfHealthyBudget")
                .fix(
                    Safety::Unsafe,
                    edit::set(resource.node, &["spec", FIELD], "AlwaysAllow"),
                );
        }
    }
}
