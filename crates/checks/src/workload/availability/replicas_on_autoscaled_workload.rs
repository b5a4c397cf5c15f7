use super::scale::{Autoscalers, is_owned, is_scalable, replicas_node};
use crate::{Check, ForWorkload, Inventory, Safety, check, edit};

check! {
    /// ## What it finds
    /// Workloads that state `replicas` although an autoscaler sizes them.
    ///
    /// ## Why it matters
    /// Each time the manifest is applied, the workload jumps to the stated number, in the middle of a load
    /// peak too, until the autoscaler corrects it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   replicas: 3 # <-
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
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: Deployment
    /// metadata:
    ///   name: web
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: autoscaling/v2
    /// kind: HorizontalPodAutoscaler
    /// metadata:
    ///   name: store
    /// spec:
    ///   scaleTargetRef:
    ///     apiVersion: apps/v1
    ///     kind: StatefulSet
    ///     name: web
    ///   maxReplicas: 5
    /// ```
    ///
    /// ## Fix
    /// Remove `replicas`; do so once with server-side apply or `kubectl apply edit-last-applied`, since a plain
    /// apply that drops the field scales to 1 for a moment.
    ReplicasOnAutoscaledWorkload {
        id: "replicas-on-autoscaled-workload",
        title: "Static replicas on a workload scaled by a HorizontalPodAutoscaler",
        ring: Code,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for ReplicasOnAutoscaledWorkload {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let autoscalers = Autoscalers::new(inventory);
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            // The API server fills the field in: only in what a user wrote is it an order.
            if !is_scalable(resource) || is_owned(resource) || is_stored(resource) {
                return;
            }
            if let Some(replicas) = replicas_node(resource)
                && let Some(scaler) = autoscalers.of(resource)
            {
                findings
                    .add(Self::META)
                    .at(replicas)
                    .note(format!(
                        "states replicas: {} although {} {} sizes it",
                        replicas.text(),
                        scaler.kind,
                        scaler.name
                    ))
                    .evidence("autoscaler", scaler.place())
                    .fix(
                        Safety::Unsafe,
                        resource
                            .spec
                            .and_then(|spec| edit::remove(spec, "replicas")),
                    );
            }
        })
    }
}

/// Whether an object was read back from an API server.
fn is_stored(resource: &crate::Resource<'_>) -> bool {
    resource
        .metadata
        .is_some_and(|metadata| metadata.get("uid").is_some())
}
