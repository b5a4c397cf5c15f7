use super::snippet::{directives, snippets};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Snippet annotations with the directive `alias` or `root`.
    ///
    /// ## Why it matters
    /// These directives serve files of the ingress controller, its service account token among them, to whoever asks.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/server-snippet: | # <-
    ///       location /files { alias /var/run/secrets/kubernetes.io/serviceaccount/; }
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
    ///     nginx.ingress.kubernetes.io/server-snippet: |
    ///       location /files { return 301 /root/alias; }
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    ///
    /// ## Fix
    /// Remove the directive; serve files from a pod of your own.
    IngressNginxAliasSnippet {
        id: "ingress-nginx-alias-snippet",
        title: "Snippet contains alias or root directive",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for IngressNginxAliasSnippet {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for snippet in snippets(resource) {
            let files = directives(snippet.text()).find(|word| matches!(*word, "alias" | "root"));
            if let Some(directive) = files {
                findings.add(Self::META).at(snippet).note(format!(
                    "serves files of the ingress controller with {directive}"
                ));
            }
        }
    }
}
