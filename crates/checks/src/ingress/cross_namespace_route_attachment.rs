use crate::{Check, Findings, Resource, Selector, check};

check! {
    /// ## What it finds
    /// Listeners of a Gateway whose `allowedRoutes` accept routes from all namespaces, with `from: All` or with a selector that selects every namespace; and `ReferenceGrants` that open every object of a kind, because `to` states no `name`.
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
        if resource.group() != "gateway.networking.k8s.io" {
            return;
        }
        match resource.kind {
            "Gateway" => gateway(resource, findings),
            "ReferenceGrant" => grant(resource, findings),
            _ => {}
        }
    }
}

fn gateway(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let listeners = resource
        .spec
        .into_iter()
        .flat_map(|spec| spec.list("listeners"));
    for namespaces in listeners.filter_map(|it| it.path(&["allowedRoutes", "namespaces"])) {
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
                .note("accepts routes from every namespace");
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
