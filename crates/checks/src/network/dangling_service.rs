use super::service::Service;
use crate::{Check, Confidence, Findings, Inventory, Selector, check};

check! {
    /// ## What it finds
    /// Services whose selector matches no pod of the scan, where the scan holds pods of the Service's namespace.
    /// Services without a selector, whose endpoints someone else writes, and `ExternalName` Services are left out.
    /// Pods that an operator makes are not in a scan; hence the medium confidence.
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
    ///
    /// ## Fix
    /// Correct the labels of the selector, or remove the Service.
    DanglingService {
        id: "dangling-service",
        title: "Service selects no workload",
        ring: Code,
        target: Network,
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingService {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for service in inventory.of_kind("", "Service").filter_map(Service::new) {
            let resource = service.resource;
            let Some(selector) = service.selector() else {
                continue;
            };
            if service.service_type() == "ExternalName" {
                continue;
            }
            let is_dangling = inventory
                .selected(Selector::Map(selector), &resource)
                .next()
                .is_none();
            let has_pods = || {
                let mut workloads = inventory.workloads.iter();
                workloads.any(|pod| Inventory::share_namespace(pod.resource(), &resource))
            };
            if is_dangling && has_pods() {
                findings
                    .add(Self::META)
                    .about(&resource)
                    .at(selector)
                    .note("selects no pod of the scan")
                    .confidence(Confidence::Medium);
            }
        }
    }
}
