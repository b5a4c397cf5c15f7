//! Roles that stand in no object of their own.

use super::{Resource, Role};

/// Lists of what an operator asks for, and the kind of role that the Operator Lifecycle Manager makes of each item.
///
/// See: <https://olm.operatorframework.io/docs/concepts/crds/clusterserviceversion/>
const PERMISSIONS: [(&str, &str); 2] = [
    ("clusterPermissions", "ClusterRole"),
    ("permissions", "Role"),
];

/// The roles that a `ClusterServiceVersion` asks for. They have its name; those that are made have longer ones.
pub fn asked_roles<'a>(resource: &Resource<'a>) -> Vec<Role<'a>> {
    let is_operator = resource.is("operators.coreos.com", "ClusterServiceVersion");
    let spec = resource.spec.filter(|_| is_operator);
    let Some(install) = spec.and_then(|spec| spec.path(&["install", "spec"])) else {
        return Vec::new();
    };
    let asked = PERMISSIONS.into_iter().flat_map(|(key, kind)| {
        let items = install.list(key).filter(|item| item.is_mapping());
        items.map(move |item| {
            let mut role = Resource::of_type(item, "rbac.authorization.k8s.io/v1", kind);
            role.name = resource.name;
            role.namespace = resource.namespace.filter(|_| kind == "Role");
            role
        })
    });
    asked.filter_map(|role| Role::new(&role)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_model::Source;

    use super::asked_roles;
    use crate::{
        kubernetes::{ObjectDocument, objects},
        yaml,
    };

    /// Kind, namespace and number of rules of what an object asks for.
    fn roles(text: &str) -> Vec<String> {
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
            panic!("no object");
        };
        let roles = asked_roles(&objects[0]).into_iter();
        roles
            .map(|role| {
                let namespace = role.resource.namespace.unwrap_or("-");
                format!("{} {namespace} {}", role.resource.kind, role.rules.len())
            })
            .collect()
    }

    #[test]
    fn an_operator_asks_for_roles() {
        let object = |group: &str, kind: &str| {
            roles(&format!(
                "apiVersion: {group}/v1\nkind: {kind}\nmetadata: {{namespace: shop}}\nspec:\n  install:\n    spec:\n      permissions:\n      - rules: [{{verbs: [get]}}]\n      clusterPermissions:\n      - rules: [{{}}, {{}}]\n      - text\n"
            ))
        };
        assert_eq!(
            object("operators.coreos.com", "ClusterServiceVersion"),
            ["ClusterRole - 2", "Role shop 1"]
        );
        let none: [&str; 0] = [];
        assert_eq!(object("example.com", "ClusterServiceVersion"), none);
        assert_eq!(object("operators.coreos.com", "Subscription"), none);
    }
}
