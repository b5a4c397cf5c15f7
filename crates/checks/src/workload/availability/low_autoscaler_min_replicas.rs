use super::scale::min_replicas;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Autoscalers that may leave fewer pods than configured as enough (2); left out, `minReplicas` is 1.
    ///
    /// ## Why it matters
    /// When there is little to do, one pod remains, and each drain of its node is an outage.
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
    ///   minReplicas: 1 # <-
    ///   maxReplicas: 5
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: api # <-
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: Deployment
    ///     name: api
    ///   maxReplicas: 5
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
    ///   minReplicas: 2
    ///   maxReplicas: 5
    /// ```
    ///
    /// ## Fix
    /// Set `minReplicas` to 2 or more.
    LowAutoscalerMinReplicas {
        id: "low-autoscaler-min-replicas",
        title: "HorizontalPodAutoscaler minReplicas too low",
        ring: Container,
        target: Workload,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LowAutoscalerMinReplicas {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("autoscaling", "HorizontalPodAutoscaler") {
            return;
        }
        let enough = findings.settings().min_replicas;
        let Some(fewest) = min_replicas(resource).filter(|fewest| *fewest < enough) else {
            return;
        };
        let written = resource
            .spec
            .and_then(|spec| spec.get("minReplicas"))
            .filter(|node| !node.is_null());
        let draft = findings.add(Self::META);
        match written {
            Some(node) => draft
                .at(node)
                .note(format!("has minReplicas: {fewest}, fewer than {enough}")),
            None => draft.missing(resource.place(), "minReplicas").note(format!(
                "leaves minReplicas at its default, 1, fewer than {enough}"
            )),
        };
    }
}
