//! Annotations by which an ingress controller asks who is there.

use crate::{Node, Resource};

/// The annotation that asks for a login, a client certificate, or lets only some addresses in.
///
/// Middlewares and plugins count, because what they do is not written in the Ingress.
pub(crate) fn authentication<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    let annotations = resource.metadata?.get("annotations")?;
    // ingress-nginx verifies client certificates by `auth-tls-secret` alone, and with these words lets callers
    // in without one, or with one of any authority.
    let verify = resource.annotation("nginx.ingress.kubernetes.io/auth-tls-verify-client");
    let is_lax =
        verify.is_some_and(|value| matches!(value.text(), "off" | "optional" | "optional_no_ca"));
    annotations
        .written_entries()
        .find(|(key, value)| {
            let name = key.text();
            let name = name.rsplit('/').next().unwrap_or(name);
            if name.starts_with("auth-tls-") && (is_lax || name != "auth-tls-secret") {
                return false;
            }
            let asks = name.starts_with("auth-")
                || [
                    "basic-auth",
                    "oauth",
                    "jwt",
                    "oidc",
                    "middlewares",
                    "plugins",
                ]
                .iter()
                .any(|word| name.contains(word))
                || [
                    "whitelist-source-range",
                    "allowlist-source-range",
                    "inbound-cidrs",
                    "allow-list",
                ]
                .contains(&name);
            asks && !matches!(value.text(), "" | "none" | "false")
        })
        .map(|(_, value)| value)
}
