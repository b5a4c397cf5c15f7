use super::{
    scale::{Autoscalers, has_several, is_owned},
    spreading::{Own, spread},
};
use crate::{Check, ForWorkload, Inventory, check};

check! {
    /// ## What it finds
    /// Workloads of several pods without a topology spread constraint that selects those pods.
    ///
    /// ## Why it matters
    /// All pods may land in one zone, and go down with it.
    /// A constraint without `labelSelector`, or with that of another workload, spreads nothing.
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
    ///       topologySpreadConstraints:
    ///         - topologyKey: topology.kubernetes.io/zone
    ///           maxSkew: 1
    ///           whenUnsatisfiable: ScheduleAnyway
    ///           labelSelector: # <-
    ///             matchLabels:
    ///               app: web
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
    ///       topologySpreadConstraints:
    ///         - topologyKey: topology.kubernetes.io/zone
    ///           maxSkew: 1
    ///           whenUnsatisfiable: ScheduleAnyway
    ///           labelSelector:
    ///             matchLabels:
    ///               app: web
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a constraint over `topology.kubernetes.io/zone` whose `labelSelector` selects the pod's own labels.
    UnsetTopologySpreadConstraint {
        id: "unset-topology-spread-constraint",
        title: "No valid topology spread constraint",
        ring: Container,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for UnsetTopologySpreadConstraint {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let autoscalers = Autoscalers::new(inventory);
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if is_owned(resource) || !has_several(resource, &autoscalers) {
                return;
            }
            match spread(workload) {
                Own::Set => {}
                Own::Unset => {
                    findings
                        .add(Self::META)
                        .missing(workload.pod.place(), "affinity")
                        .note(
                            "has no topology spread constraint: all its pods may run in one zone",
                        );
                }
                Own::Other(constraint) => {
                    findings
                        .add(Self::META)
                        .at(constraint)
                        .note("has a topology spread constraint that does not select its own pods");
                }
            }
        })
    }
}
