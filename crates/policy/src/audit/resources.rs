//! Which API group has which resource, for names that are written wrong in a rule or a request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use ringwall_input::schema;

/// Every resource of Kubernetes' own groups, by group; the core is the empty group.
static RESOURCES: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> = LazyLock::new(|| {
    let mut groups: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for kind in schema::builtin().kinds() {
        let group = kind
            .api_version
            .rsplit_once('/')
            .map_or("", |(group, _)| group);
        if let Some(name) = kind.resource_name() {
            let name = name.split('/').next().unwrap_or(name);
            groups.entry(group).or_default().insert(name);
        }
    }
    groups.entry("").or_default().insert("bindings");
    groups
});

/// Whether the group is one of Kubernetes' own, whose resources are all known.
pub fn is_known_group(group: &str) -> bool {
    RESOURCES.contains_key(group)
}

/// Whether a group has a resource.
pub fn has_resource(group: &str, resource: &str) -> bool {
    RESOURCES
        .get(group)
        .is_some_and(|known| known.contains(resource))
}

/// The groups of Kubernetes that have a resource.
pub fn groups_of(resource: &str) -> impl Iterator<Item = &'static str> {
    RESOURCES
        .iter()
        .filter(move |(_, known)| known.contains(resource))
        .map(|(group, _)| *group)
}

/// The resource of a group that a misspelt name stands for.
pub fn meant(group: &str, resource: &str) -> Option<&'static str> {
    schema::suggest(resource, RESOURCES.get(group)?.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::{groups_of, has_resource, is_known_group, meant};

    #[test]
    fn resources_have_their_groups() {
        assert!(has_resource("", "pods") && has_resource("apps", "deployments"));
        assert!(!has_resource("", "deployments") && !is_known_group("example.com"));
        assert!(groups_of("deployments").any(|group| group == "apps"));
        assert_eq!(meant("", "pod"), Some("pods"));
        assert_eq!(meant("", "zzzz"), None);
        assert!(has_resource("authentication.k8s.io", "tokenreviews"));
    }
}
