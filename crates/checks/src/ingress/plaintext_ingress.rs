use super::{
    backend::is_ingress,
    custom_route::{answers_plain_http, is_acme_challenge, is_ingress_route, routes, virtual_host},
};
use crate::{Check, Confidence, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Ingresses without `tls`, hosts of a rule that none of the `tls` entries covers, and annotations that leave plain HTTP open beside TLS: `ssl-redirect: "false"` of ingress-nginx and both controllers of `HAProxy`, `kubernetes.io/ingress.allow-http: "true"` of Google, Traefik's entry point `web`.
    /// OpenShift Routes without `tls`, or with `insecureEdgeTerminationPolicy: Allow`, are found as well, and so is an `HTTPProxy` of Contour without `tls` or with `permitInsecure`.
    /// An `IngressRoute` of Traefik without `tls` is found with medium confidence, unless its entry points are called like ones with TLS or its routes redirect: what an entry point does is set elsewhere.
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
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     haproxy.org/ssl-redirect: "false" # <-
    ///     kubernetes.io/ingress.allow-http: "true" # <-
    ///     traefik.ingress.kubernetes.io/router.entrypoints: web # <-
    /// spec:
    ///   tls:
    ///     - hosts: [shop.org]
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml fail
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: shop # <-
    /// spec:
    ///   entryPoints: [web]
    ///   routes:
    ///     - match: Host(`shop.org`)
    ///       kind: Rule
    ///       services:
    ///         - name: shop
    /// ---
    /// apiVersion: projectcontour.io/v1
    /// kind: HTTPProxy
    /// metadata:
    ///   name: shop # <-
    /// spec:
    ///   virtualhost:
    ///     fqdn: shop.org
    ///   routes:
    ///     - services:
    ///         - name: shop
    ///           port: 80
    /// ```
    /// ```yaml pass
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: shop
    /// spec:
    ///   entryPoints: [websecure]
    ///   routes:
    ///     - match: Host(`shop.org`)
    ///       kind: Rule
    ///       services:
    ///         - name: shop
    /// ---
    /// apiVersion: traefik.io/v1alpha1
    /// kind: IngressRoute
    /// metadata:
    ///   name: shop-redirect
    /// spec:
    ///   entryPoints: [web]
    ///   routes:
    ///     - match: Host(`shop.org`)
    ///       kind: Rule
    ///       middlewares:
    ///         - name: redirect-to-https
    ///       services:
    ///         - name: shop
    /// ---
    /// apiVersion: projectcontour.io/v1
    /// kind: HTTPProxy
    /// metadata:
    ///   name: shop
    /// spec:
    ///   virtualhost:
    ///     fqdn: shop.org
    ///     tls:
    ///       secretName: shop-tls
    ///   routes:
    ///     - services:
    ///         - name: shop
    ///           port: 80
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
    /// ```yaml pass
    /// apiVersion: projectcontour.io/v1
    /// kind: HTTPProxy
    /// metadata:
    ///   name: shop-redirect
    /// spec:
    ///   virtualhost:
    ///     fqdn: www.shop.org
    ///   routes:
    ///     - requestRedirectPolicy:
    ///         scheme: https
    ///         hostname: shop.org
    /// ---
    /// apiVersion: projectcontour.io/v1
    /// kind: HTTPProxy
    /// metadata:
    ///   name: shop
    /// spec:
    ///   virtualhost:
    ///     fqdn: shop.org
    ///     tls:
    ///       secretName: shop-tls
    ///   routes:
    ///     - conditions:
    ///         - prefix: /.well-known/acme-challenge
    ///       permitInsecure: true
    ///       services:
    ///         - name: solver
    ///           port: 8089
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

/// Annotations that keep plain HTTP open beside TLS, their value, and what they are called.
const REDIRECTS: &[(&str, &str, &str)] = &[
    (
        "nginx.ingress.kubernetes.io/ssl-redirect",
        "false",
        "ssl-redirect is false",
    ),
    ("haproxy.org/ssl-redirect", "false", "ssl-redirect is false"),
    (
        "haproxy-ingress.github.io/ssl-redirect",
        "false",
        "ssl-redirect is false",
    ),
    (
        "kubernetes.io/ingress.allow-http",
        "true",
        "ingress.allow-http is true",
    ),
];

impl Check for PlaintextIngress {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if resource.is("route.openshift.io", "Route") {
            openshift(resource, findings);
        }
        contour(resource, findings);
        if is_ingress_route(resource) && answers_plain_http(resource) {
            findings
                .add(Self::META)
                .missing(resource.place(), "tls")
                .confidence(Confidence::Medium)
                .note("serves plain HTTP: it has no tls");
        }
        if !is_ingress(resource) {
            return;
        }
        for (place, what) in beside_tls(resource) {
            findings
                .add(Self::META)
                .at(place)
                .note(format!("answers plain HTTP beside TLS: {what}"));
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

/// The annotations that keep plain HTTP open beside TLS, each with what it says.
fn beside_tls<'a>(resource: &Resource<'a>) -> Vec<(Node<'a>, &'static str)> {
    let has_tls = || {
        let is_stated = |(key, _): &(&str, &str)| resource.annotation(key).is_some();
        let tls = resource.spec.and_then(|spec| spec.list("tls").next());
        tls.is_some() || TLS.iter().any(is_stated)
    };
    let mut found = Vec::new();
    for (key, word, what) in REDIRECTS {
        let Some(value) = resource.annotation(key) else {
            continue;
        };
        // Google's default is the same as `true`, so only with TLS it says more than nothing; a FrontendConfig
        // may redirect.
        let is_of_google = *key == "kubernetes.io/ingress.allow-http";
        let is_harmless = is_of_google
            && (!has_tls()
                || resource
                    .annotation("networking.gke.io/v1beta1.FrontendConfig")
                    .is_some());
        if value.text() == *word && !is_harmless {
            found.push((value, *what));
        }
    }
    // Certificates alone bring no TLS to a router of Traefik, and a middleware may redirect.
    let of_traefik =
        |name: &str| resource.annotation(&format!("traefik.ingress.kubernetes.io/router.{name}"));
    if let Some(value) = of_traefik("entrypoints")
        && value.text().split(',').any(|name| name.trim() == "web")
        && of_traefik("tls").is_none_or(|tls| tls.text() != "true")
        && of_traefik("middlewares").is_none_or(|it| !it.text().contains("redirect"))
        && has_tls()
    {
        found.push((value, "the entry point web is Traefik's for HTTP"));
    }
    found
}

fn contour(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(host) = virtual_host(resource) else {
        return;
    };
    let redirects = |route: Node<'_>| {
        let policy = route.get("requestRedirectPolicy");
        policy.and_then(|policy| policy.str("scheme")) == Some("https")
    };
    let is_harmless = |route: Node<'_>| redirects(route) || is_acme_challenge(route);
    if host.get("tls").is_none() {
        if routes(resource).next().is_some() && routes(resource).all(is_harmless) {
            return;
        }
        findings
            .add(PlaintextIngress::META)
            .missing(resource.place(), "tls")
            .note("serves plain HTTP: its virtualhost has no tls");
        return;
    }
    let open = routes(resource).filter(|route| !is_acme_challenge(*route));
    let open = open.filter_map(|route| route.get("permitInsecure"));
    for field in open.filter(|field| field.is_true()) {
        findings
            .add(PlaintextIngress::META)
            .at(field)
            .note("answers plain HTTP beside TLS");
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
