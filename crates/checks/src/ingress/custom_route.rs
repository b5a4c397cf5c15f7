//! What publishes hosts in kinds of its own: `IngressRoute` of Traefik, `HTTPProxy` of Contour.

use crate::{Node, Resource};

/// Whether an object is an `IngressRoute` of Traefik, by its group of today or of version 2.
pub(super) fn is_ingress_route(resource: &Resource<'_>) -> bool {
    resource.is("traefik.io", "IngressRoute") || resource.is("traefik.containo.us", "IngressRoute")
}

/// The root of an `HTTPProxy` of Contour: what names a host. Others are included by one.
pub(super) fn virtual_host<'a>(resource: &Resource<'a>) -> Option<Node<'a>> {
    let is_proxy = resource.is("projectcontour.io", "HTTPProxy");
    let host = resource.spec.filter(|_| is_proxy)?.get("virtualhost")?;
    host.is_mapping().then_some(host)
}

/// The routes of an object.
pub(super) fn routes<'a>(resource: &Resource<'a>) -> impl Iterator<Item = Node<'a>> {
    let spec = resource.spec.into_iter();
    spec.flat_map(|spec| spec.list("routes"))
}

/// The entry points of an `IngressRoute` that others reach; nothing if it names only one that is not published.
/// One that it does not name is any of them.
///
/// What an entry point does is set where Traefik is started. Its chart publishes `web` and `websecure`, the
/// second with TLS, and keeps `traefik` and `metrics` inside.
pub(super) fn published<'a>(resource: &Resource<'a>) -> Option<Vec<&'a str>> {
    let named = resource.spec.into_iter();
    let named = named.flat_map(|spec| spec.list("entryPoints"));
    let named: Vec<&str> = named.map(Node::text).collect();
    let is_inside = |name: &&str| matches!(*name, "traefik" | "metrics" | "internal");
    let outside: Vec<&str> = named.iter().copied().filter(|it| !is_inside(it)).collect();
    (named.is_empty() || !outside.is_empty()).then_some(outside)
}

/// Whether an `IngressRoute` answers plain HTTP, by its entry points and as far as it does not redirect.
pub(super) fn answers_plain_http(resource: &Resource<'_>) -> bool {
    let has_tls = resource.spec.and_then(|spec| spec.get("tls")).is_some();
    let is_plain = |name: &&str| {
        let name = name.to_ascii_lowercase();
        !["secure", "https", "tls", "ssl"]
            .iter()
            .any(|word| name.contains(word))
    };
    let is_reached =
        published(resource).is_some_and(|names| names.is_empty() || names.iter().any(is_plain));
    let redirects = |route: Node<'_>| {
        let mut names = route.list("middlewares").filter_map(|it| it.str("name"));
        names.any(|name| {
            let name = name.to_ascii_lowercase();
            ["redirect", "https", "ssl"]
                .iter()
                .any(|word| name.contains(word))
        })
    };
    !has_tls
        && is_reached
        && routes(resource).any(|route| !redirects(route) && !is_acme_challenge(route))
}

/// Whether a route is the one by which an authority looks who has a host: it asks over plain HTTP. See: RFC 8555, 8.3.
pub(super) fn is_acme_challenge(route: Node<'_>) -> bool {
    const PLACE: &str = "/.well-known/acme-challenge";
    let by_rule = route
        .str("match")
        .is_some_and(|rule| literals(rule).any(|it| it.starts_with(PLACE)));
    let mut prefixes = route.list("conditions").filter_map(|it| it.str("prefix"));
    by_rule || prefixes.any(|prefix| prefix.starts_with(PLACE))
}

/// The literals of a rule such as ``Host(`a.org`) && PathPrefix(`/b`)``.
pub(super) fn literals(rule: &str) -> impl Iterator<Item = &str> {
    rule.split('`').skip(1).step_by(2)
}

#[cfg(test)]
mod tests {
    use super::literals;

    #[test]
    fn what_a_rule_matches_stands_in_backticks() {
        let found: Vec<&str> = literals("Host(`a.org`, `b.org`) && PathPrefix(`/c`)").collect();
        assert_eq!(found, ["a.org", "b.org", "/c"]);
        assert_eq!(literals("Host(`a").count(), 1);
        assert_eq!(literals("").count(), 0);
    }
}
