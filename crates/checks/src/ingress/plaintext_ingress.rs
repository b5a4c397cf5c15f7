use super::backend::is_ingress;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Ingresses without `tls`, hosts of a rule that none of the `tls` entries covers, and `ssl-redirect: "false"`, which leaves plain HTTP open beside TLS.
    /// OpenShift Routes without `tls`, or with `insecureEdgeTerminationPolicy: Allow`, are found as well.
    /// Annotations that bring TLS (AWS, Google, Azure Application Gateway, Traefik, passthrough) count as TLS.
    ///
    /// ## Why it matters
    /// Everyone on the way reads and changes the traffic, session cookies included.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop # <-
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/ssl-redirect: "false" # <-
    /// spec:
    ///   tls:
    ///     - hosts: ["*.shop.org"]
    ///       secretName: shop-tls
    ///   rules:
    ///     - host: www.shop.org
    ///     - host: a.b.shop.org # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   tls:
    ///     - hosts: [shop.org]
    ///       secretName: shop-tls
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     alb.ingress.kubernetes.io/listen-ports: '[{"HTTPS": 443}]'
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    ///
    /// ## Fix
    /// Add `spec.tls` with every host and the Secret of its certificate, and leave the redirect to HTTPS on.
    PlaintextIngress {
        id: "plaintext-ingress",
        title: "Ingress without TLS",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis-aks:5.4.5", "cis-eks:5.4.5", "nsa:NET", "mitre:T1040"],
    }
}

/// Annotations that bring TLS without `spec.tls`; the text that their value must hold.
const TLS: &[(&str, &str)] = &[
    ("alb.ingress.kubernetes.io/certificate-arn", ""),
    ("alb.ingress.kubernetes.io/listen-ports", "HTTPS"),
    ("networking.gke.io/managed-certificates", ""),
    ("ingress.gcp.kubernetes.io/pre-shared-cert", ""),
    ("appgw.ingress.kubernetes.io/appgw-ssl-certificate", ""),
    ("traefik.ingress.kubernetes.io/router.tls", "true"),
    ("traefik.ingress.kubernetes.io/router.tls.certresolver", ""),
    ("nginx.ingress.kubernetes.io/ssl-passthrough", "true"),
];

impl Check for PlaintextIngress {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.is("route.openshift.io", "Route") {
            openshift(resource, findings);
        }
        if !is_ingress(resource) {
            return;
        }
        let redirect = resource
            .annotation("nginx.ingress.kubernetes.io/ssl-redirect")
            .filter(|value| value.text() == "false");
        if let Some(redirect) = redirect {
            findings
                .add(Self::META)
                .at(redirect)
                .note("answers plain HTTP beside TLS: ssl-redirect is false");
        }
        let by_annotation = TLS.iter().any(|(key, word)| {
            resource
                .annotation(key)
                .is_some_and(|value| value.text().contains(word))
        });
        if by_annotation {
            return;
        }
        let tls = || resource.spec.into_iter().flat_map(|spec| spec.list("tls"));
        if tls().next().is_none() {
            findings
                .add(Self::META)
                .missing(resource.place(), "tls")
                .note("serves plain HTTP: it has no tls");
            return;
        }
        let rules = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("rules"));
        for host in rules.filter_map(|rule| rule.get("host")) {
            let is_covered = tls().any(|entry| {
                let mut hosts = entry.list("hosts").peekable();
                hosts.peek().is_none() || hosts.any(|known| covers(known.text(), host.text()))
            });
            if !is_covered && !host.text().is_empty() {
                findings.add(Self::META).at(host).note(format!(
                    "serves plain HTTP for {}, which no tls entry covers",
                    host.text()
                ));
            }
        }
    }
}

/// Whether a host of a certificate covers another: `*` stands for one label.
fn covers(certificate: &str, host: &str) -> bool {
    certificate == host
        || certificate.strip_prefix("*.").is_some_and(|domain| {
            host.split_once('.')
                .is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
        })
}

fn openshift(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let tls = resource.spec.and_then(|spec| spec.get("tls"));
    let Some(tls) = tls.filter(|tls| tls.is_mapping()) else {
        findings
            .add(PlaintextIngress::META)
            .missing(resource.place(), "tls")
            .note("serves plain HTTP: it has no tls");
        return;
    };
    let policy: Option<Node<'_>> = tls.get("insecureEdgeTerminationPolicy");
    if let Some(policy) = policy.filter(|policy| policy.text() == "Allow") {
        findings
            .add(PlaintextIngress::META)
            .at(policy)
            .note("answers plain HTTP beside TLS");
    }
}
