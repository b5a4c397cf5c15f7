use super::snippet::snippets;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Ingresses with a snippet annotation of ingress-nginx (`configuration-snippet`, `server-snippet`, `auth-snippet`, `stream-snippet`, `modsecurity-snippet`) or of the controller of NGINX Inc. (`server-snippets`, `location-snippets`), whatever the prefix, and `ConfigMaps` that allow them with `allow-snippet-annotations: "true"`.
    /// Also annotations that are one argument of a directive (`auth-url`, `auth-tls-match-cn`, `mirror-target`, `permanent-redirect` and the like) where the value ends the directive and writes others.
    ///
    /// ## Why it matters
    /// A snippet is copied into the configuration of a controller that reads the Secrets of every namespace.
    /// Whoever may write an Ingress can so read its service account token and all those Secrets (CVE-2021-25742).
    /// Releases of ingress-nginx without a fix for CVE-2025-1097, CVE-2025-1098 and CVE-2025-24514 copy arguments as they are written, too, whether or not snippets are allowed.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/configuration-snippet: | # <-
    ///       more_set_headers "X-Frame-Options: DENY";
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
    ///     nginx.ingress.kubernetes.io/auth-url: "https://login.org/#;load_module /tmp/x.so;#" # <-
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
    ///   allow-snippet-annotations: "true" # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: ingress-nginx-controller
    /// data:
    ///   allow-snippet-annotations: "false"
    /// ```
    /// ```yaml pass
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/custom-headers: shop/headers
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    ///
    /// ## Fix
    /// Replace the snippet with the annotation made for the purpose, and set `allow-snippet-annotations: "false"` in the controller's ConfigMap.
    /// Where another annotation goes on behind its argument, find out who wrote it, and update the controller.
    IngressNginxSnippet {
        id: "ingress-nginx-snippet",
        title: "Snippet annotation allows config injection (CVE-2021-25742)",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET"],
    }
}

impl Check for IngressNginxSnippet {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for snippet in snippets(resource) {
            let key = snippet.key().map_or("a snippet", |key| key.text());
            findings
                .add(Self::META)
                .at(snippet)
                .note(format!("writes into the configuration of nginx with {key}"));
        }
        if resource.is("", "ConfigMap")
            && let Some(switch) = resource.node.path(&["data", "allow-snippet-annotations"])
            && switch.text() == "true"
        {
            findings
                .add(Self::META)
                .at(switch)
                .note("lets every Ingress write into the configuration of nginx");
        }
    }
}
