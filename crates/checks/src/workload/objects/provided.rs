//! Which secrets and config maps a scan can be expected to hold, and which are made by other objects.

use foldhash::HashSet;

use crate::{Inventory, Node, Resource};

/// Where secrets and config maps are kept, and the names of those that are made in the cluster.
pub(super) struct Provided<'a> {
    secrets: Places<'a>,
    config_maps: Places<'a>,
    made: HashSet<&'a str>,
}

#[derive(Default)]
struct Places<'a> {
    folders: HashSet<&'a str>,
    namespaces: HashSet<&'a str>,
}

impl<'a> Provided<'a> {
    pub(super) fn new(inventory: &Inventory<'a>) -> Self {
        Self {
            secrets: Places::of(inventory, "Secret"),
            config_maps: Places::of(inventory, "ConfigMap"),
            made: inventory.resources.iter().flat_map(made_by).collect(),
        }
    }

    /// Whether objects of a kind are kept beside an object: in its folder, or in its namespace.
    pub(super) fn keeps(&self, kind: &str, beside: &Resource<'_>) -> bool {
        let places = match kind {
            "Secret" => &self.secrets,
            _ => &self.config_maps,
        };
        places.folders.contains(beside.folder())
            || beside
                .namespace
                .is_some_and(|namespace| places.namespaces.contains(namespace))
    }

    /// Whether some object, such as a sealed secret, makes a Secret or ConfigMap of a name.
    pub(super) fn makes(&self, name: &str) -> bool {
        self.made.contains(name)
    }
}

impl<'a> Places<'a> {
    fn of(inventory: &Inventory<'a>, kind: &str) -> Self {
        let mut places = Self::default();
        for resource in inventory.of_kind("", kind) {
            places.folders.insert(resource.folder());
            places.namespaces.extend(resource.namespace);
        }
        places
    }
}

/// The names of secrets and config maps that a custom object makes.
fn made_by<'a>(resource: &Resource<'a>) -> Vec<&'a str> {
    if !resource.group().contains('.') {
        return Vec::new();
    }
    let mut names = Vec::new();
    if resource.kind.contains("Secret") || resource.kind == "OnePasswordItem" {
        names.push(resource.name);
    }
    let text = |path: &[&str]| resource.node.path(path).map_or("", Node::text);
    for path in [
        &["spec", "secretName"][..],               // cert-manager's Certificate
        &["spec", "target", "name"],               // ExternalSecret
        &["spec", "destination", "name"],          // Vault's operator
        &["spec", "template", "metadata", "name"], // SealedSecret
    ] {
        names.push(text(path));
    }
    for list in ["secretGenerator", "configMapGenerator"] {
        names.extend(resource.node.list(list).filter_map(|made| made.str("name")));
    }
    if let Some(spec) = resource.spec {
        names.extend(
            spec.list("secretObjects")
                .filter_map(|made| made.str("secretName")),
        );
    }
    names.retain(|name| !name.is_empty());
    names
}
