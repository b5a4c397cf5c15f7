use super::listeners;
use crate::{Check, Findings, Inventory, Node, Resource, check};

check! {
    /// ## What it finds
    /// Listeners of a Gateway or a ListenerSet with `protocol: HTTP`, unless the scan holds routes attached to the listener and all of their rules redirect to `https`.
    /// Servers of an Istio Gateway with `HTTP`, `HTTP2` or `GRPC` and without `httpsRedirect` are found as well.
    ///
    /// ## Why it matters
    /// Everyone on the way reads and changes the traffic, session cookies included.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata:
    ///   name: public
    /// spec:
    ///   gatewayClassName: cilium
    ///   listeners:
    ///     - name: http
    ///       port: 80
    ///       protocol: HTTP # <-
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: shop
    /// spec:
    ///   parentRefs:
    ///     - name: public
    ///   rules:
    ///     - backendRefs:
    ///         - name: web
    ///           port: 80
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.istio.io/v1
    /// kind: Gateway
    /// metadata:
    ///   name: public
    /// spec:
    ///   servers:
    ///     - hosts: [shop.org]
    ///       port:
    ///         number: 80
    ///         name: http
    ///         protocol: HTTP # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata:
    ///   name: public
    /// spec:
    ///   gatewayClassName: cilium
    ///   listeners:
    ///     - name: http
    ///       port: 80
    ///       protocol: HTTP
    ///     - name: https
    ///       port: 443
    ///       protocol: HTTPS
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: redirect
    /// spec:
    ///   parentRefs:
    ///     - name: public
    ///       sectionName: http
    ///   rules:
    ///     - filters:
    ///         - type: RequestRedirect
    ///           requestRedirect:
    ///             scheme: https
    /// ---
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: HTTPRoute
    /// metadata:
    ///   name: shop
    /// spec:
    ///   parentRefs:
    ///     - name: public
    ///       sectionName: https
    ///   rules:
    ///     - backendRefs:
    ///         - name: web
    ///           port: 80
    /// ```
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: ListenerSet
    /// metadata:
    ///   name: shop
    /// spec:
    ///   parentRef:
    ///     name: public
    ///   listeners:
    ///     - name: http
    ///       port: 80
    ///       protocol: HTTP # <-
    /// ```
    ///
    /// ## Fix
    /// Use `protocol: HTTPS` with `tls.certificateRefs`, and let an `HTTPRoute` on the HTTP listener redirect to `https`.
    PlaintextGatewayListener {
        id: "plaintext-gateway-listener",
        title: "Gateway listener without TLS",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource, Inventory],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1040"],
    }
}

impl Check for PlaintextGatewayListener {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("networking.istio.io", "Gateway") {
            return;
        }
        let servers = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("servers"));
        for server in servers {
            let redirects = server
                .path(&["tls", "httpsRedirect"])
                .is_some_and(Node::is_true);
            if let Some(protocol) = server.path(&["port", "protocol"])
                && matches!(protocol.text(), "HTTP" | "HTTP2" | "GRPC")
                && !redirects
            {
                findings
                    .add(Self::META)
                    .at(protocol)
                    .note(format!("serves {} without TLS", protocol.text()));
            }
        }
    }

    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for gateway in listeners::listening(inventory) {
            for listener in listeners::listeners(gateway) {
                if let Some(protocol) = listener.get("protocol")
                    && protocol.text() == "HTTP"
                    && !only_redirects(inventory, gateway, listener)
                {
                    findings
                        .add(Self::META)
                        .about(gateway)
                        .at(protocol)
                        .note("serves HTTP without TLS, and not only to redirect");
                }
            }
        }
    }
}

fn only_redirects(inventory: &Inventory<'_>, gateway: &Resource<'_>, listener: Node<'_>) -> bool {
    let mut rules = ["HTTPRoute", "GRPCRoute"]
        .into_iter()
        .flat_map(|kind| inventory.of_kind("gateway.networking.k8s.io", kind))
        .filter(|route| is_attached(route, gateway, listener))
        .filter_map(|route| route.spec)
        .flat_map(|spec| spec.list("rules"))
        .peekable();
    rules.peek().is_some()
        && rules.all(|rule| {
            rule.list("filters").any(|filter| {
                filter
                    .path(&["requestRedirect", "scheme"])
                    .is_some_and(|scheme| scheme.text() == "https")
            })
        })
}

fn is_attached(route: &Resource<'_>, gateway: &Resource<'_>, listener: Node<'_>) -> bool {
    let same = |parent: Node<'_>, key: &str, own: &str| {
        parent.get(key).is_none_or(|wanted| {
            listener
                .get(own)
                .is_some_and(|own| own.text() == wanted.text())
        })
    };
    let mut parents = route
        .spec
        .into_iter()
        .flat_map(|spec| spec.list("parentRefs"));
    parents.any(|parent| {
        let same_namespace = match parent.str("namespace") {
            Some(namespace) => gateway.namespace.is_none_or(|own| own == namespace),
            None => Inventory::share_namespace(route, gateway),
        };
        listeners::is_parent(parent, gateway)
            && same_namespace
            && same(parent, "sectionName", "name")
            && same(parent, "port", "port")
    })
}
