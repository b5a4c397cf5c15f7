use super::scale::{Autoscalers, is_owned, is_scalable, replicas, replicas_node};
use crate::{Check, ForWorkload, Inventory, check};

check! {
    /// ## What it finds
    /// Workloads with fewer replicas than configured as enough (2); left out, `replicas` is 1.
    /// Not those that an autoscaler sizes, nor those that are scaled down to 0.
    ///
    /// ## Why it matters
    /// With one replica, each drain of a node and each crash is an outage.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   replicas: 1 # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store # <-
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps.openshift.io/v1
    /// kind: DeploymentConfig
    /// metadata:
    ///   name: of-openshift
    /// spec:
    ///   replicas: 1 # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
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
    ///   maxReplicas: 5
    /// ---
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: switched-off
    /// spec:
    ///   replicas: 0
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Set `replicas` to 2 or more, if several instances can work side by side.
    LowReplicaCount {
        id: "low-replica-count",
        title: "Too few replicas",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for LowReplicaCount {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let autoscalers = Autoscalers::new(inventory);
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if !is_scalable(resource) || is_owned(resource) {
                return;
            }
            let Some(replicas) = replicas(resource) else {
                return;
            };
            let enough = findings.settings().min_replicas;
            if replicas == 0 || replicas >= enough || autoscalers.of(resource).is_some() {
                return;
            }
            let draft = findings.add(Self::META);
            match replicas_node(resource) {
                Some(node) => draft
                    .at(node)
                    .note(format!("has replicas: {replicas}, fewer than {enough}")),
                None => draft.missing(resource.place(), "replicas").note(format!(
                    "leaves replicas at its default, 1, fewer than {enough}"
                )),
            };
        })
    }
}
