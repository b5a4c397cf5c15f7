use super::snippet::{directives, snippets};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Snippet annotations with a Lua directive, such as `content_by_lua_block` or `lua_package_path`.
    ///
    /// ## Why it matters
    /// Lua in the configuration is a program that runs inside the ingress controller: it reads files and the service account token, and opens connections.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: networking.k8s.io/v1
    /// kind: Ingress
    /// metadata:
    ///   name: shop
    ///   annotations:
    ///     nginx.ingress.kubernetes.io/server-snippet: | # <-
    ///       location /run { content_by_lua_block { ngx.say("x") } }
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
    ///       location /run { return 404; } # no content_by_lua_block here
    /// spec:
    ///   rules:
    ///     - host: shop.org
    /// ```
    ///
    /// ## Fix
    /// Remove the Lua directive; put the logic into the application or into an authenticating proxy.
    IngressNginxLuaSnippet {
        id: "ingress-nginx-lua-snippet",
        title: "Snippet contains Lua execution",
        ring: Cluster,
        target: Ingress,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1059"],
    }
}

impl Check for IngressNginxLuaSnippet {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        for snippet in snippets(resource) {
            let lua = directives(snippet.text())
                .find(|word| word.starts_with("lua_") || word.contains("_by_lua"));
            if let Some(directive) = lua {
                findings
                    .add(Self::META)
                    .at(snippet)
                    .note(format!("runs Lua in the ingress controller: {directive}"));
            }
        }
    }
}
