use crate::{Check, Confidence, Findings, Inventory, Resource, Selector, check};

check! {
    /// ## What it finds
    /// `ServiceMonitors` of the Prometheus operator whose selector matches no Service of the scan, in the namespaces that their `namespaceSelector` names, where the scan holds Services there.
    ///
    /// ## Why it matters
    /// Nothing is scraped, and the alerts that rest on these metrics stay silent.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata:
    ///   name: web
    /// spec:
    ///   selector: # <-
    ///     matchLabels:
    ///       app: wbe
    ///   endpoints:
    ///     - port: metrics
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   labels:
    ///     app: web
    /// spec:
    ///   ports:
    ///     - name: metrics
    ///       port: 9090
    /// ```
    /// ```yaml pass
    /// apiVersion: monitoring.coreos.com/v1
    /// kind: ServiceMonitor
    /// metadata:
    ///   name: web
    ///   namespace: monitoring
    /// spec:
    ///   namespaceSelector:
    ///     matchNames: [shop]
    ///   selector:
    ///     matchLabels:
    ///       app: web
    ///   endpoints:
    ///     - port: metrics
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   namespace: shop
    ///   labels:
    ///     app: web
    /// spec:
    ///   ports:
    ///     - name: metrics
    ///       port: 9090
    /// ```
    ///
    /// ## Fix
    /// Correct the labels of the selector so that they match those of the Service (not those of its pods).
    DanglingServiceMonitor {
        id: "dangling-service-monitor",
        title: "ServiceMonitor selects no Service",
        ring: Code,
        target: Network,
        hooks: [Inventory],
        severity: Info,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingServiceMonitor {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for monitor in inventory.of_kind("monitoring.coreos.com", "ServiceMonitor") {
            let Some(selector) = monitor.spec.and_then(|spec| spec.get("selector")) else {
                continue;
            };
            let mut services = inventory
                .of_kind("", "Service")
                .filter(|service| is_watched(monitor, service))
                .peekable();
            let is_visible = services.peek().is_some();
            let finds_one = services.any(|service| {
                let labels = service.metadata.and_then(|metadata| metadata.get("labels"));
                Selector::Full(selector).matches(labels)
            });
            if is_visible && !finds_one {
                findings
                    .add(Self::META)
                    .about(monitor)
                    .at(selector)
                    .note("selects no Service of the scan")
                    .confidence(Confidence::Medium);
            }
        }
    }
}

fn is_watched(monitor: &Resource<'_>, service: &Resource<'_>) -> bool {
    let namespaces = monitor.spec.and_then(|spec| spec.get("namespaceSelector"));
    let Some(namespaces) = namespaces else {
        return Inventory::share_namespace(monitor, service);
    };
    if namespaces
        .get("any")
        .is_some_and(ringwall_input::yaml::Node::is_true)
    {
        return true;
    }
    let mut names = namespaces.list("matchNames").peekable();
    if names.peek().is_none() {
        return Inventory::share_namespace(monitor, service);
    }
    names.any(|name| {
        service
            .namespace
            .is_none_or(|namespace| namespace == name.text())
    })
}
