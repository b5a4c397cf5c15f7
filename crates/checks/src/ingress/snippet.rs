//! Annotations whose value becomes part of the configuration of nginx.

use super::backend::is_ingress;
use crate::{Node, Resource};

/// Names of ingress-nginx, then those of the controller of NGINX Inc.
/// See: <https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/>
const NAMES: &[&str] = &[
    "configuration-snippet",
    "server-snippet",
    "auth-snippet",
    "stream-snippet",
    "modsecurity-snippet",
    "location-snippets",
    "server-snippets",
];

/// Annotations that become one argument of a directive, and that some releases of ingress-nginx took as
/// they were written (CVE-2025-1097, CVE-2025-1098, CVE-2025-24514, CVE-2023-5044).
const ARGUMENTS: &[&str] = &[
    "app-root",
    "auth-method",
    "auth-signin",
    "auth-tls-match-cn",
    "auth-url",
    "mirror-host",
    "mirror-target",
    "permanent-redirect",
    "rewrite-target",
    "server-alias",
    "temporal-redirect",
];

/// The snippets of an Ingress, and what is written as one; the prefix before `/` is a setting of the controller.
pub(super) fn snippets<'a>(resource: &Resource<'a>) -> impl Iterator<Item = Node<'a>> {
    let annotations = resource
        .metadata
        .filter(|_| is_ingress(resource))
        .and_then(|metadata| metadata.get("annotations"));
    annotations
        .into_iter()
        .flat_map(Node::written_entries)
        .filter(|(key, value)| {
            let key = key.text();
            let name = key.rsplit('/').next().unwrap_or(key);
            let value = value.text().trim();
            (NAMES.contains(&name) && !value.is_empty())
                || (ARGUMENTS.contains(&name) && ends_directive(value))
        })
        .map(|(_, value)| value)
}

/// Whether a value ends the directive that it is an argument of, and goes on. A semicolon alone may stand
/// in an address.
fn ends_directive(value: &str) -> bool {
    let follows = |rest: &str| rest.starts_with(char::is_whitespace);
    value.contains(';')
        && (value.contains(['{', '}', '#', '\n']) || value.split(';').skip(1).any(follows))
}

/// The first words of the directives of a configuration, without comments.
pub(super) fn directives(configuration: &str) -> impl Iterator<Item = &str> {
    configuration
        .lines()
        .map(|line| line.split('#').next().unwrap_or(line))
        .flat_map(|line| line.split([';', '{', '}']))
        .filter_map(|directive| directive.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::{directives, ends_directive};

    #[test]
    fn an_argument_that_goes_on_ends_its_directive() {
        assert!(ends_directive("https://login.org/#;\n}\nload_module x.so;"));
        assert!(ends_directive("https://login.org/; return 200"));
        assert!(ends_directive("CN=a)){}}ssl_engine x;#"));
        for usual in [
            "https://login.org/auth?rd=$escaped_request_uri",
            "https://login.org/a;v=1/b",
            "CN=(web|api)-[0-9]{2}",
            "/$1",
        ] {
            assert!(!ends_directive(usual), "{usual}");
        }
    }

    #[test]
    fn comments_and_arguments_are_no_directives() {
        let text = "location /x { alias /etc; }\n# root /;\nset $a root; more_set_headers \"x\";";
        let words: Vec<&str> = directives(text).collect();
        assert_eq!(words, ["location", "alias", "set", "more_set_headers"]);
    }
}
