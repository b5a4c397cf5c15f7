use crate::{
    Check, Confidence, ForWorkload, Inventory, Node, Resource, Selector, Workload, check,
    home::Home,
    pod_labels::{self, Quantity},
};

check! {
    /// ## What it finds
    /// `StatefulSet` objects without `serviceName`, and those whose Service is not headless, does not select their pods,
    /// or is not in the scan although other Services of the namespace are.
    ///
    /// ## Why it matters
    /// The pods get their own DNS names from that Service; without it `store-0.store` does not resolve.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: nameless # <-
    /// spec:
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   serviceName: store # <-
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: store
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: store
    /// spec:
    ///   selector:
    ///     app: store
    /// ---
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: queue
    /// spec:
    ///   serviceName: queue # <-
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   serviceName: store
    ///   template:
    ///     metadata:
    ///       labels:
    ///         app: store
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: store
    /// spec:
    ///   clusterIP: None
    ///   selector:
    ///     app: store
    /// ```
    /// ```yaml pass
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: store
    /// spec:
    ///   serviceName: kept-elsewhere
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ```
    ///
    /// ## Fix
    /// Add a Service with `clusterIP: None` and the labels of the pods, and name it in `serviceName`.
    MissingHeadlessService {
        id: "missing-headless-service",
        title: "StatefulSet serviceName missing or not headless",
        ring: Code,
        target: Workload,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for MissingHeadlessService {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let services_stand = inventory.homes("", "Service");
        Box::new(move |workload, findings| {
            let resource = workload.resource();
            if !resource.is("apps", "StatefulSet") {
                return;
            }
            let named = resource
                .spec
                .and_then(|spec| spec.get("serviceName"))
                .filter(|name| !name.text().is_empty() && !name.is_null());
            let Some(name) = named else {
                findings
                    .add(Self::META)
                    .missing(resource.place(), "serviceName")
                    .note("has no serviceName");
                return;
            };
            let text = name.text();
            let services: Vec<_> = inventory.named("", "Service", text, resource).collect();
            let draft = findings.add(Self::META);
            if let Some(service) = services.first() {
                if services.iter().any(|service| is_headless(service)) {
                    if !services.iter().any(|service| selects(service, workload)) {
                        draft
                            .at(name)
                            .note(format!(
                                "names Service {text}, which does not select its pods"
                            ))
                            .evidence("service", service.place());
                    }
                } else {
                    draft
                        .at(name)
                        .note(format!("names Service {text}, which is not headless"))
                        .evidence("service", service.place());
                }
            } else if services_stand.any_meets(&Home::of(resource)) {
                draft
                    .at(name)
                    .confidence(Confidence::Medium)
                    .note(format!("names Service {text}, which is not there"));
            }
        })
    }
}

fn is_headless(service: &Resource<'_>) -> bool {
    let address = service.spec.and_then(|spec| spec.get("clusterIP"));
    address.is_some_and(|address| address.text() == "None")
}

fn selects(service: &Resource<'_>, workload: &Workload<'_>) -> bool {
    let selector: Option<Node<'_>> = service.spec.and_then(|spec| spec.get("selector"));
    // Without a selector somebody else writes the endpoints.
    selector.is_none_or(|selector| {
        pod_labels::selects(Selector::Map(selector), workload, Quantity::Every)
    })
}
