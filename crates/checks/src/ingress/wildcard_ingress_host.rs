use super::backend::is_ingress;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Rules of an Ingress without `host` or with a host such as `*.shop.org`, and Ingresses that have a default backend and no rules.
    ///
    /// ## Why it matters
    /// Such a rule answers for every name that leads to the controller, also for names that others are to use later, and it opens the application to attacks with a foreign `Host` header.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: "*.shop.org" # <-
    ///     - http: # <-
    ///         paths: []
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   defaultBackend: # <-
    ///     service:
    ///       name: web
    ///       port:
    ///         number: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: www.shop.org
    /// ```
    ///
    /// ## Fix
    /// State the full host name in each rule.
    WildcardIngressHost {
        id: "wildcard-ingress-host",
        title: "Ingress without host or with wildcard host",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for WildcardIngressHost {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(spec) = resource.spec.filter(|_| is_ingress(resource)) else {
            return;
        };
        let mut rules = spec.list("rules").peekable();
        if rules.peek().is_none()
            && let Some(backend) = spec.get("defaultBackend").or_else(|| spec.get("backend"))
        {
            findings
                .add(Self::META)
                .at(backend)
                .note("answers for every host with its default backend");
        }
        for rule in rules {
            let host = rule.get("host").filter(|host| !host.text().is_empty());
            match host.map(Node::text) {
                None => findings
                    .add(Self::META)
                    .at(host.unwrap_or(rule))
                    .note("answers for every host: a rule states none"),
                Some(text) if text.starts_with('*') => findings
                    .add(Self::META)
                    .at(host.unwrap_or(rule))
                    .note(format!("answers for every host of {text}")),
                Some(_) => continue,
            };
        }
    }
}
