use super::{authentication::authentication, backend::is_ingress};
use crate::{Check, Confidence, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Hosts and paths of an Ingress that look like an administration interface (`admin`, `dashboard`, `grafana`, `/actuator`, `/phpmyadmin` and the like), where no annotation asks for authentication or limits the addresses.
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
                findings
                    .add(Self::META)
                    .at(place)
                    .note(format!(
                        "publishes {} without asking who is there",
                        place.text()
                    ))
                    .confidence(Confidence::Low);
            }
        }
    }
}

fn is_admin(word: &str) -> bool {
    NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
}
