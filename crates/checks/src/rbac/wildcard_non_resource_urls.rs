use crate::{Check, Findings, Role, check, rbac::shipped};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole whose `nonResourceURLs` are `*`, `/*`, or everything below a path that is not for discovery, health or metrics.
    ///
    /// ## Why it matters
    /// Paths that are no resources include `/logs`, `/debug/pprof` and whatever extensions serve; a wildcard gives them all, with those that are added later.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - nonResourceURLs: ["/*"] # <-
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - nonResourceURLs: ["/healthz", "/logs/*"] # <-
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - nonResourceURLs: ["/healthz", "/healthz/*", "/metrics"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Name the paths that are needed, such as `/metrics` or `/healthz`.
    WildcardNonResourceUrls {
        id: "wildcard-non-resource-urls",
        title: "Non-resource URL wildcard granted",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.3", "cis-aks:4.1.3", "cis-eks:4.1.3", "cis-gke:4.1.3", "nsa:AUTH"],
    }
}

/// What everybody or a monitoring system may see.
const HARMLESS: &[&str] = &[
    "/.well-known/",
    "/api/",
    "/apis/",
    "/healthz/",
    "/livez/",
    "/metrics/",
    "/openapi/",
    "/openid/",
    "/readyz/",
    "/version/",
];

impl Check for WildcardNonResourceUrls {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        // The API server refuses a Role with such rules.
        if !role.is_cluster_role() {
            return;
        }
        for rule in shipped::added_rules(role) {
            let mut urls = rule.non_resource_urls.iter();
            if let Some(url) = urls.find(|url| is_broad(url)) {
                findings
                    .add(Self::META)
                    .at(rule.place("nonResourceURLs", url))
                    .note(format!("may request every path that matches {url}"));
            }
        }
    }
}

fn is_broad(url: &str) -> bool {
    url.strip_suffix('*')
        .is_some_and(|path| !HARMLESS.iter().any(|harmless| path.starts_with(harmless)))
}
