use super::scale::{max_replicas, min_replicas};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Autoscalers whose `minReplicas` (1 where left out) is not below `maxReplicas`.
    ///
    /// ## Why it matters
    /// Such an autoscaler scales nothing, and load that was meant to be shared is not.
    ///
    /// ## Examples
    /// ```yaml fail
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
    ///   maxReplicas: 3 # <-
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: api
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: api
    ///   maxReplicas: 1 # <-
    /// ```
    /// ```yaml pass
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
    ///   maxReplicas: 4
    /// ```
    ///
    /// ## Fix
    /// Raise `maxReplicas`, or replace the autoscaler by a fixed number of replicas.
    FixedSizeAutoscaler {
        id: "fixed-size-autoscaler",
        title: "HorizontalPodAutoscaler minReplicas equals maxReplicas",
        ring: Container,
        target: Workload,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for FixedSizeAutoscaler {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("autoscaling", "HorizontalPodAutoscaler") {
            return;
        }
        let written = resource.spec.and_then(|spec| spec.get("maxReplicas"));
        if let (Some(fewest), Some(most), Some(node)) =
            (min_replicas(resource), max_replicas(resource), written)
            && fewest >= most
        {
            findings.add(Self::META).at(node).note(format!(
                "scales nothing: minReplicas is {fewest}, maxReplicas {most}"
            ));
        }
    }
}
