use super::listeners;
use crate::{Check, Findings, Resource, Selector, check};

check! {
    /// ## What it finds
    /// Listeners of a Gateway or a ListenerSet whose `allowedRoutes` accept routes from all namespaces, and Gateways whose `allowedListeners` accept listeners from all, with `from: All` or with a selector that selects every namespace; and `ReferenceGrants` that open every object of a kind, because `to` states no `name`.
    ///
    /// ## Why it matters
    /// Whoever may write a route in any namespace can then publish under the gateway's hosts and certificates, and take over paths of others.
    /// A grant without a name opens each Secret or Service of the namespace, also those to come.
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
    ///     - name: https
    ///       port: 443
    ///       protocol: HTTPS
    ///       allowedRoutes:
    ///         namespaces:
    ///           from: All # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata:
    ///   name: certificates
    /// spec:
    ///   from:
    ///     - group: gateway.networking.k8s.io
    ///       kind: Gateway
    ///       namespace: ingress
    ///   to:
    ///     - group: "" # <-
    ///       kind: Secret
    /// ```
    /// ```yaml pass
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata:
    ///   name: public
    /// spec:
    ///   gatewayClassName: cilium
    ///   listeners:
    ///     - name: https
    ///       port: 443
    ///       protocol: HTTPS
    ///       allowedRoutes:
    ///         namespaces:
    ///           from: Selector
    ///           selector:
    ///             matchLabels:
    ///               shop.org/public: "true"
    /// ```
    /// ```yaml pass
    /// apiVersion: gateway.networking.k8s.io/v1beta1
    /// kind: ReferenceGrant
    /// metadata:
    ///   name: certificates
    /// spec:
    ///   from:
    ///     - group: gateway.networking.k8s.io
    ///       kind: Gateway
    ///       namespace: ingress
    ///   to:
    ///     - group: ""
    ///       kind: Secret
    ///       name: shop-tls
    /// ```
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: Gateway
    /// metadata:
    ///   name: shared
    ///   namespace: ingress
    /// spec:
    ///   gatewayClassName: cilium
    ///   allowedListeners:
    ///     namespaces:
    ///       from: All # <-
    ///   listeners:
    ///     - name: https
    ///       port: 443
    ///       protocol: HTTPS
    /// ```
    /// ```yaml fail
    /// apiVersion: gateway.networking.k8s.io/v1
    /// kind: ListenerSet
    /// metadata:
    ///   name: shop
    ///   namespace: shop
    /// spec:
    ///   parentRef:
    ///     name: shared
    ///     namespace: ingress
    ///   listeners:
    ///     - name: https
    ///       port: 443
    ///       protocol: HTTPS
    ///       allowedRoutes:
    ///         namespaces:
    ///           from: All # <-
    /// ```
    ///
    /// ## Fix
    /// Use `from: Same`, or a selector for the namespaces that may attach; state a `name` in each `to` of a `ReferenceGrant`.
    CrossNamespaceRouteAttachment {
        id: "cross-namespace-route-attachment",
        title: "ReferenceGrant or allowedRoutes opens cross-namespace attachment",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for CrossNamespaceRouteAttachment {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if listeners::is_listening(resource) {
            listening(resource, findings);
        } else if resource.is("gateway.networking.k8s.io", "ReferenceGrant") {
            grant(resource, findings);
        }
    }
}

fn listening(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let of_routes = listeners::listeners(resource)
        .filter_map(|it| it.path(&["allowedRoutes", "namespaces"]))
        .map(|namespaces| (namespaces, "routes"));
    let of_listeners = resource
        .spec
        .and_then(|spec| spec.path(&["allowedListeners", "namespaces"]))
        .map(|namespaces| (namespaces, "listeners"));
    for (namespaces, what) in of_routes.chain(of_listeners) {
        let Some(from) = namespaces.get("from") else {
            continue;
        };
        let selects_all = namespaces
            .get("selector")
            .is_some_and(|selector| Selector::Full(selector).is_empty());
        if from.text() == "All" || (from.text() == "Selector" && selects_all) {
            findings
                .add(CrossNamespaceRouteAttachment::META)
                .at(from)
                .note(format!("accepts {what} from every namespace"));
        }
    }
}

fn grant(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let targets = resource.spec.into_iter().flat_map(|spec| spec.list("to"));
    for to in targets.filter(|to| to.str("name").is_none_or(str::is_empty)) {
        findings
            .add(CrossNamespaceRouteAttachment::META)
            .at(to)
            .note(format!(
                "opens every {} of its namespace to others",
                to.str("kind").unwrap_or("object")
            ));
    }
}
