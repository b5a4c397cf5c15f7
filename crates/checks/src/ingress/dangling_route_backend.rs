use super::backend::{is_route, route_backends};
use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// `backendRefs` of `HTTPRoutes`, `GRPCRoutes`, `TLSRoutes`, `TCPRoutes` and `UDPRoutes` that name a Service, or a port of it, which the scan does not hold.
    /// In a scan that holds no Service nothing is said; references to other kinds are not followed.
    ///
    /// ## Why it matters
    /// The gateway answers such requests with an error.
    /// When someone else later makes a Service of that name, it receives the traffic.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: shop
    /// spec:
    ///   parentRefs:
    ///     - name: public
    ///   rules:
    ///     - backendRefs:
    ///         - name: wbe # <-
    ///           port: 80
    ///         - name: web # <-
    ///           port: 8080
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - port: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: shop
    ///   namespace: shop
    /// spec:
    ///   parentRefs:
    ///     - name: public
    ///   rules:
    ///     - backendRefs:
    ///         - name: web
    ///           port: 80
    ///         - name: api
    ///           namespace: backend
    ///           port: 80
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// spec:
    ///   ports:
    ///     - port: 80
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: api
    ///   namespace: backend
    /// spec:
    ///   ports:
    ///     - port: 80
    /// ```
    ///
    /// ## Fix
    /// Correct the name and port of the backend, or remove it.
    DanglingRouteBackend {
        id: "dangling-route-backend",
        title: "Gateway API route backend not found",
        ring: Code,
        target: Ingress,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingRouteBackend {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for route in inventory.resources.iter().filter(|route| is_route(route)) {
            for backend in route_backends(route) {
                if let Some(why) = backend.dangling(inventory) {
                    findings
                        .add(Self::META)
                        .about(route)
                        .at(backend.place)
                        .note(why)
                        .confidence(Confidence::Medium);
                }
            }
        }
    }
}
