use super::entrance::{Entrance, NearestEntrances};
use crate::{
    Check, Confidence, Findings, ForWorkload, Inventory, Resource, Workload, check,
    inventory::order,
};

check! {
    /// ## What it finds
    /// Pods to which a chain of objects leads from outside: a Service of type `LoadBalancer` or `NodePort`, one with `externalIPs`, or a Service behind an Ingress, a route of the Gateway API, an Istio gateway or an OpenShift Route.
    /// Each pod is one finding; the links of the chain are its evidence.
    /// What an annotation or a class keeps internal does not count, and a node port counts with low confidence, because the nodes need not be reachable.
    ///
    /// ## Why it matters
    /// This is no flaw by itself: it says where attacks begin, and so which other findings come first.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Pod
    /// metadata:
    ///   name: web # <-
    ///   labels:
    ///     app: web
    /// spec:
    ///   containers:
    ///     - name: app
    /// ---
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
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   defaultBackend:
    ///     service:
    ///       name: web
    ///       port:
    ///         number: 80
    /// ```
    /// ```yaml pass
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
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   annotations:
    ///     networking.gke.io/load-balancer-type: Internal
    /// spec:
    ///   type: LoadBalancer
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 80
    /// ```
    /// ```yaml fail
    /// apiVersion: apps/v1
    /// kind: StatefulSet
    /// metadata:
    ///   name: db # <-
    /// spec:
    ///   replicas: 3
    ///   template:
    ///     spec:
    ///       containers:
    ///         - name: app
    /// ---
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
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: shop
    /// spec:
    ///   parentRefs:
    ///     - kind: ListenerSet
    ///       name: shop
    ///   rules:
    ///     - backendRefs:
    ///         - name: db-0
    ///           port: 80
    /// ```
    ///
    /// ## Fix
    /// If it must be public, fix the other findings of this workload first; otherwise keep its Service at `ClusterIP` and remove the route.
    InternetExposedWorkload {
        id: "internet-exposed-workload",
        title: "Workload reachable from the internet through Service, Ingress, Gateway or Istio",
        ring: Cluster,
        target: Network,
        hooks: [WorkloadAmong],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1190"],
    }
}

impl Check for InternetExposedWorkload {
    fn workload_among<'i, 'a>(&self, inventory: &'i Inventory<'a>) -> ForWorkload<'i, 'a> {
        let entrances = NearestEntrances::new(inventory);
        Box::new(move |workload, findings| {
            let way = inventory
                .services_of(workload)
                .flat_map(|service| {
                    let ways = entrances.of(service).iter();
                    ways.map(move |entrance| (service, entrance))
                })
                .min_by_key(|(service, way)| {
                    let is_far = |it| Inventory::only_may_share_namespace(it, workload.resource());
                    (
                        way.is_node_port,
                        is_far(service),
                        is_far(&way.resource),
                        order(service),
                    )
                });
            if let Some((service, entrance)) = way {
                report(workload, service, entrance, findings);
            }
        })
    }
}

fn report(
    workload: &Workload<'_>,
    service: &Resource<'_>,
    entrance: &Entrance<'_>,
    findings: &mut Findings<'_>,
) {
    let resource = workload.resource();
    let draft = findings
        .add(InternetExposedWorkload::META)
        .about(resource)
        .missing(resource.place(), "exposure")
        .note(format!(
            "is reachable from outside through {}",
            entrance.what
        ))
        .evidence("lets traffic in", entrance.place)
        .evidence("leads to the pods", service.place());
    if entrance.is_node_port {
        draft.confidence(Confidence::Low);
    }
}
