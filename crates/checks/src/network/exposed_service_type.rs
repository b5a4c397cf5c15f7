use super::service::Service;
use crate::{Check, Findings, Resource, Severity, check};

check! {
    /// ## What it finds
    /// Services of type `NodePort` or `LoadBalancer`, which can be reached from outside the cluster.
    /// A load balancer that an annotation keeps internal is a finding of low severity.
    ///
    /// ## Why it matters
    /// A node port is open on every node, past the ingress controller with its TLS, authentication and logs.
    /// A load balancer usually has a public address.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: NodePort # <-
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 80
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   type: LoadBalancer # <-
    ///   selector:
    ///     app: web
    ///   ports:
    ///     - port: 443
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
    /// Use `type: ClusterIP` and publish the Service through an Ingress or a Gateway.
    ExposedServiceType {
        id: "exposed-service-type",
        title: "Service of type NodePort or LoadBalancer",
        ring: Cluster,
        target: Network,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1133"],
    }
}

impl Check for ExposedServiceType {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(service) = Service::new(resource) else {
            return;
        };
        let Some(field) = service.spec.get("type") else {
            return;
        };
        let (severity, note) = match field.text() {
            "NodePort" => (
                Severity::Medium,
                "is open on every node: it is of type NodePort",
            ),
            "LoadBalancer" if service.internal().is_some() => (
                Severity::Low,
                "is reachable through an internal load balancer",
            ),
            "LoadBalancer" => (Severity::Medium, "is reachable through a load balancer"),
            _ => return,
        };
        findings
            .add(Self::META)
            .at(field)
            .note(note)
            .severity(severity);
    }
}
