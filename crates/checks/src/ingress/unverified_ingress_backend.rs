use super::backend::is_ingress;
use crate::{Check, Confidence, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Routes that speak TLS to the backend without looking at its certificate: `proxy-ssl-verify: "off"` of ingress-nginx, or `backend-protocol: HTTPS` without `proxy-ssl-verify: "on"`, because off is the default there; `server-ssl` of `HAProxy` without a CA; `insecureSkipVerify: true` in a `ServersTransport` of Traefik or a `DestinationRule` of Istio.
    ///
    /// ## Why it matters
    /// Whoever can answer in the backend's place inside the network reads and changes the traffic, although it is encrypted.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/backend-protocol: HTTPS
    ///     nginx.ingress.kubernetes.io/proxy-ssl-verify: "off" # <-
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.istio.io/v1
    /// kind: DestinationRule
    /// metadata:
    ///   name: shop
    /// spec:
    ///   host: shop.org
    ///   trafficPolicy:
    ///     tls:
    ///       mode: SIMPLE
    ///       insecureSkipVerify: true # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/backend-protocol: "HTTPS" # <-
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/backend-protocol: HTTPS
    ///     nginx.ingress.kubernetes.io/proxy-ssl-secret: shop/backend-ca
    ///     nginx.ingress.kubernetes.io/proxy-ssl-verify: "on"
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    ///
    /// ## Fix
    /// Set `proxy-ssl-verify: "on"` and name the CA in `proxy-ssl-secret`; with Traefik and Istio remove `insecureSkipVerify` and give the CA.
    UnverifiedIngressBackend {
        id: "unverified-ingress-backend",
        title: "TLS verification to backend disabled by annotation",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1557"],
    }
}

const PREFIX: &str = "nginx.ingress.kubernetes.io/";

impl Check for UnverifiedIngressBackend {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if is_ingress(resource) {
            nginx(resource, findings);
            haproxy(resource, findings);
            return;
        }
        let Some(spec) = resource.spec else {
            return;
        };
        match (resource.group(), resource.kind) {
            ("traefik.io" | "traefik.containo.us", "ServersTransport" | "ServersTransportTCP") => {
                skip(Some(spec), findings);
                skip(spec.get("tls"), findings);
            }
            ("networking.istio.io", "DestinationRule") => {
                let policies = spec.get("trafficPolicy").into_iter().chain(
                    spec.list("subsets")
                        .filter_map(|it| it.get("trafficPolicy")),
                );
                for policy in policies {
                    skip(policy.get("tls"), findings);
                    for port in policy.list("portLevelSettings") {
                        skip(port.get("tls"), findings);
                    }
                }
            }
            _ => {}
        }
    }
}

fn nginx(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(annotations) = resource.metadata.and_then(|it| it.get("annotations")) else {
        return;
    };
    let find = |name: &str| {
        annotations
            .written_entries()
            .find(|(key, _)| key.text().strip_prefix(PREFIX) == Some(name))
            .map(|(_, value)| value)
    };
    let verify = find("proxy-ssl-verify");
    let protocol = find("backend-protocol").filter(|value| {
        ["HTTPS", "GRPCS"]
            .iter()
            .any(|it| value.text().eq_ignore_ascii_case(it))
    });
    match (verify, protocol) {
        (Some(verify), _) if verify.text() == "off" => {
            findings
                .add(UnverifiedIngressBackend::META)
                .at(verify)
                .note("does not verify the certificate of its backend: proxy-ssl-verify is off")
                .fix(Safety::Unsafe, edit::replace(verify, "\"on\""));
        }
        (None, Some(protocol)) => {
            findings
                .add(UnverifiedIngressBackend::META)
                .at(protocol)
                .note("does not verify the certificate of its backend: proxy-ssl-verify is off by default")
                .confidence(Confidence::Medium);
        }
        _ => {}
    }
}

fn haproxy(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    if let Some(switch) = resource.annotation("haproxy.org/server-ssl")
        && switch.text() == "true"
        && resource.annotation("haproxy.org/server-ca").is_none()
    {
        findings
            .add(UnverifiedIngressBackend::META)
            .at(switch)
            .note("does not verify the certificate of its backend: it names no server-ca")
            .confidence(Confidence::Medium);
    }
}

fn skip(tls: Option<Node<'_>>, findings: &mut Findings<'_>) {
    if let Some(switch) = tls.and_then(|tls| tls.get("insecureSkipVerify"))
        && switch.is_true()
    {
        findings
            .add(UnverifiedIngressBackend::META)
            .at(switch)
            .note("does not verify the certificate of its backend: insecureSkipVerify is true")
            .fix(Safety::Unsafe, edit::replace(switch, "false"));
    }
}
