use super::backend::{ingress_backends, ingresses};
use crate::{Check, Confidence, Findings, Inventory, check};

check! {
    /// ## What it finds
    /// Backends of an Ingress that name a Service, or a port of it by number or name, which the scan does not hold.
    /// In a scan that holds no Service nothing is said.
    ///
    /// ## Why it matters
    /// The controller answers such requests with an error.
    /// When someone else later makes a Service of that name, it receives the traffic.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: shop.org
    ///       http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend:
    ///               service:
    ///                 name: web # <-
    ///                 port:
    ///                   name: https
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - name: http
    ///       port: 80
    /// ```
    /// ```yaml fail
    /// apiVersion: extensions/v1beta1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   backend:
    ///     serviceName: wbe # <-
    ///     servicePort: 80
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
    ///   rules:
    ///     - http:
    ///         paths:
    ///           - path: /
    ///             pathType: Prefix
    ///             backend:
    ///               service:
    ///                 name: redirect
    ///                 port:
    ///                   name: use-annotation
    /// ---
    /// apiVersion: v1
    /// kind: Service
    /// metadata:
    ///   name: web
    /// spec:
    ///   ports:
    ///     - port: 80
    /// ```
    ///
    /// ## Fix
    /// Correct the name and port of the backend, or remove it.
    DanglingIngressBackend {
        id: "dangling-ingress-backend",
        title: "Ingress backend Service not found",
        ring: Code,
        target: Ingress,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: [],
    }
}

impl Check for DanglingIngressBackend {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for ingress in ingresses(inventory) {
            for backend in ingress_backends(ingress) {
                if let Some(why) = backend.dangling(inventory) {
                    findings
                        .add(Self::META)
                        .about(ingress)
                        .at(backend.place)
                        .note(why)
                        .confidence(Confidence::Medium);
                }
            }
        }
    }
}
