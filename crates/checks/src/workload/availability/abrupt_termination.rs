use super::{purpose::serves, selection::Selections};
use crate::{Check, ForWorkload, Inventory, Node, check, inventory::order};

check! {
    /// ## What it finds
    /// Pods that are killed at once (`terminationGracePeriodSeconds: 0`), and pods behind a Service of the scan
    /// none of whose containers has a `preStop` hook.
    ///
    /// ## Why it matters
    /// A pod is told to stop while proxies still send it requests.
    /// A program that stops at once drops them, unless a hook waits a few seconds first.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
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
    ///     spec: # <-
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: fast
    /// spec:
    ///   terminationGracePeriodSeconds: 0 # <-
    ///   containers:
    ///     - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
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
    ///           lifecycle:
    ///             preStop:
    ///               sleep:
    ///                 seconds: 5
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: behind-no-service
    /// spec:
    ///   containers:
    ///     - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a `preStop` hook that sleeps a few seconds, and leave a grace period that covers it.
    AbruptTermination {
        id: "abrupt-termination",
        title: "terminationGracePeriodSeconds 0 or preStop missing behind a Service",
        ring: Code,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for AbruptTermination {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let services = Selections::services(inventory);
        Box::new(move |workload, findings| {
            let pod = &workload.pod;
            if !serves(pod) {
                return;
            }
            let period = pod.field(["terminationGracePeriodSeconds"]);
            if let Some(period) = period
                && period.as_i64() == Some(0)
            {
                findings
                    .add(Self::META)
                    .at(period)
                    .note("kills its pods at once: terminationGracePeriodSeconds is 0");
                return;
            }
            let has_hook = workload.long_running().any(|container| {
                container
                    .field(["lifecycle", "preStop"])
                    .is_some_and(Node::is_mapping)
            });
            if has_hook {
                return;
            }
            let services = services.of(workload);
            if let Some(service) = services.iter().min_by_key(|service| {
                let is_far = Inventory::only_may_share_namespace(service, workload.resource());
                (is_far, order(service))
            }) {
                findings
                    .add(Self::META)
                    .missing(pod.place(), "lifecycle")
                    .note(format!(
                        "stands behind Service {} without a preStop hook",
                        service.name
                    ))
                    .evidence("service", service.place());
            }
        })
    }
}
