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

/// The snippets of an Ingress; the prefix before `/` is a setting of the controller.
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
            NAMES.contains(&name) && !value.text().trim().is_empty()
        })
        .map(|(_, value)| value)
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
    use super::directives;

    #[test]
    fn comments_and_arguments_are_no_directives() {
        let text = "location /x { alias /etc; }\n# root /;\nset $a root; more_set_headers \"x\";";
        let words: Vec<&str> = directives(text).collect();
        assert_eq!(words, ["location", "alias", "set", "more_set_headers"]);
    }
}
