use super::{
    authentication::authentication,
    backend::is_ingress,
    custom_route::{is_ingress_route, literals, published, routes, virtual_host},
};
use crate::{Check, Confidence, Findings, Node, Resource, Severity, check};

check! {
    /// ## What it finds
    /// Hosts and paths of an Ingress that look like an administration interface (`admin`, `dashboard`, `grafana`, `/actuator`, `/phpmyadmin` and the like), where no annotation asks for authentication or limits the addresses.
    /// Also such names in an `IngressRoute` of Traefik without middlewares or an `HTTPProxy` of Contour without `authorization`; Traefik's own dashboard (`api@internal`) is reported as medium, as it asks nobody.
    /// The application may well ask for a login itself, which cannot be seen; hence the low confidence.
    ///
    /// ## Why it matters
    /// Scanners try exactly these names, and default passwords with them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: admin.shop.org # <-
    ///     - host: shop.org
    ///       http:
    ///         paths:
    ///           - path: /actuator # <-
    ///             pathType: Prefix
    /// ```
    /// ```yaml fail
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: dashboard
    /// spec:
    ///   entryPoints: [websecure]
    ///   routes:
    ///     - match: Host(`proxy.shop.org`)
    ///       kind: Rule
    ///       services:
    ///         - name: api@internal # <-
    ///           kind: TraefikService
    ///     - match: Host(`shop.org`) && PathPrefix(`/phpmyadmin`) # <-
    ///       kind: Rule
    ///       services:
    ///         - name: database
    /// ```
    /// ```yaml pass
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: dashboard
    /// spec:
    ///   entryPoints: [websecure]
    ///   routes:
    ///     - match: Host(`traefik.shop.org`)
    ///       kind: Rule
    ///       middlewares:
    ///         - name: login
    ///       services:
    ///         - name: api@internal
    ///           kind: TraefikService
    /// ---
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: inside
    /// spec:
    ///   entryPoints: [traefik]
    ///   routes:
    ///     - match: PathPrefix(`/dashboard`)
    ///       kind: Rule
    ///       services:
    ///         - name: api@internal
    ///           kind: TraefikService
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-tls-secret: shop/ca
    ///     nginx.ingress.kubernetes.io/auth-tls-verify-client: optional_no_ca
    /// spec:
    ///   rules:
    ///     - host: admin.shop.org # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/auth-type: basic
    ///     nginx.ingress.kubernetes.io/auth-secret: admins
    /// spec:
    ///   rules:
    ///     - host: admin.shop.org
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: www.shop.org
    ///       http:
    ///         paths:
    ///           - path: /administrative-districts
    ///             pathType: Prefix
    /// ```
    ///
    /// ## Fix
    /// Let the controller authenticate (for ingress-nginx `auth-url` with an OAuth proxy, or `auth-tls-secret`), or let only known addresses in.
    UnauthenticatedAdminIngress {
        id: "unauthenticated-admin-ingress",
        title: "Admin-looking host or path without auth annotation",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

const NAMES: &[&str] = &[
    "admin",
    "administrator",
    "dashboard",
    "console",
    "manage",
    "management",
    "backoffice",
    "grafana",
    "prometheus",
    "alertmanager",
    "kibana",
    "opensearch-dashboards",
    "argocd",
    "argo",
    "jenkins",
    "rancher",
    "portainer",
    "traefik",
    "longhorn",
    "kubeflow",
    "jupyter",
    "airflow",
    "phpmyadmin",
    "pgadmin",
    "adminer",
    "rabbitmq",
    "consul",
    "jaeger",
    "actuator",
    "metrics",
    "wp-admin",
];

impl Check for UnauthenticatedAdminIngress {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if is_ingress_route(resource) {
            traefik(resource, findings);
        }
        contour(resource, findings);
        if !is_ingress(resource) {
            return;
        }
        let rules = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("rules"));
        for rule in rules {
            let host = rule
                .get("host")
                .filter(|host| host.text().split('.').any(is_admin));
            let path = || {
                let paths = rule
                    .get("http")
                    .into_iter()
                    .flat_map(|http| http.list("paths"));
                paths
                    .filter_map(|entry| entry.get("path"))
                    .find(|path| path.text().split('/').any(is_admin))
            };
            let Some(place): Option<Node<'_>> = host.or_else(path) else {
                continue;
            };
            if authentication(resource).is_none() {
                report(place, place.text(), findings);
            }
        }
    }
}

fn report(place: Node<'_>, what: &str, findings: &mut Findings<'_>) {
    findings
        .add(UnauthenticatedAdminIngress::META)
        .at(place)
        .note(format!("publishes {what} without asking who is there"))
        .confidence(Confidence::Low);
}

/// A middleware may ask for a login; what it does stands elsewhere.
fn traefik(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    if published(resource).is_none() {
        return;
    }
    for route in routes(resource) {
        if route.list("middlewares").next().is_some() {
            continue;
        }
        let names = route.list("services").filter_map(|it| it.get("name"));
        let mut dashboards = names.filter(|name| name.text() == "api@internal");
        if let Some(name) = dashboards.next() {
            findings
                .add(UnauthenticatedAdminIngress::META)
                .at(name)
                .severity(Severity::Medium)
                .note("publishes Traefik's dashboard and API without asking who is there")
                .confidence(Confidence::Medium);
            continue;
        }
        let Some(rule) = route.get("match") else {
            continue;
        };
        if let Some(what) = literals(rule.text()).find(|it| it.split(['.', '/']).any(is_admin)) {
            report(rule, what, findings);
        }
    }
}

fn contour(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(host) = virtual_host(resource) else {
        return;
    };
    let asks = [
        "authorization",
        "jwtProviders",
        "ipAllowPolicy",
        "ipAllowFilterPolicy",
    ];
    let verifies_clients = host.path(&["tls", "clientValidation"]).is_some();
    if verifies_clients || asks.iter().any(|key| host.get(key).is_some()) {
        return;
    }
    let name = host.get("fqdn");
    if let Some(name) = name.filter(|name| name.text().split('.').any(is_admin)) {
        report(name, name.text(), findings);
    }
}

fn is_admin(word: &str) -> bool {
    NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
}
