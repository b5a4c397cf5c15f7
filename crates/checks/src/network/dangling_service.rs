use super::{operator_made::CustomResources, service::Service};
use crate::{Check, Confidence, Findings, Inventory, Selector, check};

check! {
    /// ## What it finds
    /// Services whose selector matches no pod of its namespace, in a scan that holds pods.
    /// Services without a selector, whose endpoints someone else writes, and `ExternalName` Services are left out.
    /// Pods that an operator makes are not in a scan: custom resources with these labels count as such, but for kinds that make none, such as a ServiceMonitor; the confidence is medium.
    ///
    /// ## Why it matters
    /// The Service has no endpoints: every connection fails, or, once someone uses these labels, goes to the wrong pod.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector: # <-
    ///     app: wbe
    ///   ports:
    ///     - port: 80
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: wbe
    /// spec:
    ///   selector: {}
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 80
    /// ---
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    ///     tier: front
    /// spec:
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
    ///   ports:
    ///     - port: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: db-0
    /// spec:
    ///   selector:
    ///     statefulset.kubernetes.io/pod-name: db-0
    ///   ports:
    ///     - port: 80
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: db
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Correct the labels of the selector, or remove the Service.
    DanglingService {
        id: "dangling-service",
        title: "Service selects no workload",
        ring: Code,
        target: Network,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingService {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let custom = CustomResources::new(inventory);
        for service in inventory.of_kind("", "Service").filter_map(Service::new) {
            let resource = service.resource;
            let Some(selector) = service.selector() else {
                continue;
            };
            if service.service_type() == "ExternalName" {
                continue;
            }
            let selector = Selector::Map(selector);
            if !inventory.workloads.is_empty()
                && inventory.selected(selector, &resource).next().is_none()
                && !custom.may_be_selected(selector, &resource)
                && let Some(place) = service.selector()
            {
                findings
                    .add(Self::META)
                    .about(&resource)
                    .at(place)
                    .note("selects no pod of the scan")
                    .confidence(Confidence::Medium);
            }
        }
    }
}
