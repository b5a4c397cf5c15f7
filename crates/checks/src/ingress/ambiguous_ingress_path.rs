use super::backend::is_ingress;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Paths of an Ingress with `pathType: ImplementationSpecific`, and paths of other types that hold characters of regular expressions.
    ///
    /// ## Why it matters
    /// What such a path matches depends on the controller and on the other Ingresses of the same host.
    /// A rule that was meant to protect `/admin` may match less, or another rule more, than the author believes.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: shop.org
    ///       http:
    ///         paths:
    ///           - path: /api(/|$)(.*)
    ///             pathType: ImplementationSpecific # <-
    ///           - path: /static/.* # <-
    ///             pathType: Prefix
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    /// spec:
    ///   rules:
    ///     - host: shop.org
    ///       http:
    ///         paths:
    ///           - path: /api
    ///             pathType: Prefix
    ///           - path: /favicon.ico
    ///             pathType: Exact
    /// ```
    ///
    /// ## Fix
    /// Use `pathType: Prefix` or `Exact` with a plain path.
    AmbiguousIngressPath {
        id: "ambiguous-ingress-path",
        title: "Path with regex metacharacters or ImplementationSpecific type",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for AmbiguousIngressPath {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !is_ingress(resource) {
            return;
        }
        let rules = resource
            .spec
            .into_iter()
            .flat_map(|spec| spec.list("rules"));
        let paths = rules
            .filter_map(|rule| rule.get("http"))
            .flat_map(|http| http.list("paths"));
        for entry in paths {
            let path = entry.get("path");
            let text = path.map_or("", |path| path.text());
            let kind = entry
                .get("pathType")
                .filter(|kind| kind.text() == "ImplementationSpecific");
            let pattern = path.filter(|_| is_pattern(text));
            if let Some(place) = kind.or(pattern) {
                let what = match (kind, pattern) {
                    (Some(_), Some(_)) => "leaves a regular expression to the controller",
                    (Some(_), None) => "leaves the meaning of a path to the controller",
                    _ => "has a path with characters of regular expressions",
                };
                findings
                    .add(Self::META)
                    .at(place)
                    .note(format!("{what}: {text}"));
            }
        }
    }
}

fn is_pattern(path: &str) -> bool {
    path.contains([
        '*', '+', '?', '(', ')', '[', ']', '{', '}', '|', '^', '$', '\\',
    ])
}
