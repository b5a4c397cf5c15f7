use super::{
    backend::is_ingress,
    weak_tls::{Weakness, of_setting},
};
use crate::{Check, Findings, Node, Resource, Safety, check, edit};

check! {
    /// ## What it finds
    /// Settings that allow SSL 3, TLS 1.0, TLS 1.1 or broken ciphers (RC4, DES, 3DES, MD5, NULL, EXPORT, anonymous): annotations of ingress-nginx, AWS and Contour, the ConfigMap of ingress-nginx (`ssl-protocols`, `ssl-ciphers`), and the lowest version in a Gateway of Istio, a `TLSOption` of Traefik or an `HTTPProxy` of Contour.
    /// Ciphers that the list excludes with `!` do not count.
    ///
    /// ## Why it matters
    /// These versions and ciphers are broken; browsers no longer use them, attackers ask for them.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     alb.ingress.kubernetes.io/ssl-policy: ELBSecurityPolicy-2016-08 # <-
    ///     nginx.ingress.kubernetes.io/ssl-ciphers: "HIGH:RC4-SHA" # <-
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: ingress-nginx-controller
    /// data:
    ///   ssl-protocols: "TLSv1 TLSv1.2 TLSv1.3" # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: traefik.io/v1alpha1
    /// kind: TLSOption
    /// metadata:
    ///   name: default
    /// spec:
    ///   minVersion: VersionTLS10 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     alb.ingress.kubernetes.io/ssl-policy: ELBSecurityPolicy-TLS13-1-2-2021-06
    ///     nginx.ingress.kubernetes.io/ssl-ciphers: "HIGH:!aNULL:!MD5:!RC4"
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: ingress-nginx-controller
    /// data:
    ///   ssl-protocols: "TLSv1.2 TLSv1.3"
    /// ```
    ///
    /// ## Fix
    /// Allow TLS 1.2 and TLS 1.3 only, and remove the weak ciphers.
    WeakIngressTls {
        id: "weak-ingress-tls",
        title: "TLS protocol or cipher annotation allows weak versions",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for WeakIngressTls {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if is_ingress(resource) || resource.is("", "Service") {
            let annotations = resource.metadata.and_then(|it| it.get("annotations"));
            judge_all(annotations, findings);
            return;
        }
        if resource.is("", "ConfigMap") {
            let data = resource.node.get("data");
            for key in ["ssl-protocols", "ssl-ciphers"] {
                judge(data.and_then(|data| data.get(key)), findings);
            }
            return;
        }
        let Some(spec) = resource.spec else {
            return;
        };
        match (resource.group(), resource.kind) {
            ("networking.istio.io", "Gateway") => {
                for tls in spec.list("servers").filter_map(|it| it.get("tls")) {
                    judge(tls.get("minProtocolVersion"), findings);
                }
            }
            ("traefik.io" | "traefik.containo.us", "TLSOption") => {
                judge(spec.get("minVersion"), findings);
            }
            ("projectcontour.io", "HTTPProxy") => {
                let field = ["virtualhost", "tls", "minimumProtocolVersion"];
                judge(spec.path(&field), findings);
            }
            _ => {}
        }
    }
}

fn judge_all(annotations: Option<Node<'_>>, findings: &mut Findings<'_>) {
    for (_, value) in annotations.into_iter().flat_map(Node::written_entries) {
        judge(Some(value), findings);
    }
}

fn judge(value: Option<Node<'_>>, findings: &mut Findings<'_>) {
    let Some(value) = value else {
        return;
    };
    let key = value.key().map_or("", Node::text);
    let name = key.rsplit('/').next().unwrap_or(key);
    if let Some(Weakness { what, instead }) = of_setting(name, value.text()) {
        findings
            .add(WeakIngressTls::META)
            .at(value)
            .note(format!("allows {what} with {name}"))
            .fix(
                Safety::Unsafe,
                instead.and_then(|text| edit::replace(value, text)),
            );
    }
}
