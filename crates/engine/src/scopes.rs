//! Where objects live that name no namespace: in `default`, or in none.

use std::collections::HashMap;

use ringwall_input::schema;
use ringwall_policy::admission::{GroupVersionKind, GroupVersionResource};
use serde_json::Value;

/// Where the objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    Namespaced,
    Cluster,
    /// Nothing tells it.
    Unknown,
}

/// Where the objects of custom kinds live, as far as anything tells it.
pub(crate) struct Scopes {
    /// Whether in namespaces, by group and kind.
    custom: HashMap<(String, String), bool>,
}

impl Scopes {
    /// What definitions among objects say, and objects that name a namespace.
    pub(crate) fn of<'v>(objects: impl Iterator<Item = &'v Value>) -> Self {
        let mut custom = HashMap::new();
        for object in objects {
            if let Some((group, kind, _)) = GroupVersionResource::defined_by(object) {
                let scope = object.pointer("/spec/scope").and_then(Value::as_str);
                if let Some(scope) = scope {
                    custom.insert((group, kind), scope == "Namespaced");
                }
            }
            if namespace(object).is_some() {
                let GroupVersionKind { group, kind, .. } = GroupVersionKind::of(object);
                custom.entry((group, kind)).or_insert(true);
            }
        }
        Self { custom }
    }

    /// Where an object lives by its kind.
    pub(crate) fn scope(&self, object: &Value) -> Scope {
        let kind = GroupVersionKind::of(object);
        let known = schema::is_namespaced(&kind.api_version(), &kind.kind);
        // Policies, and what kubectl alone reads.
        let is_beside =
            kind.group.ends_with(".gatekeeper.sh") || kind.group == "kustomize.config.k8s.io";
        let custom = || self.custom.get(&(kind.group.clone(), kind.kind.clone()));
        match known.or_else(|| custom().copied()) {
            Some(true) => Scope::Namespaced,
            Some(false) => Scope::Cluster,
            None if is_beside || !kind.group.contains('.') => Scope::Cluster,
            None => Scope::Unknown,
        }
    }
}

/// The namespace that an object names.
pub(crate) fn namespace(object: &Value) -> Option<&str> {
    let namespace = object.pointer("/metadata/namespace")?.as_str()?;
    (!namespace.is_empty()).then_some(namespace)
}

/// Puts an object that names no namespace into `default`, as kubectl does.
pub(crate) fn put_in_default(object: &mut Value) {
    if namespace(object).is_none()
        && let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), "default".into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn kinds_live_where_definitions_and_other_objects_say() {
        let object = |api_version: &str, kind: &str| json!({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}});
        let definition = |kind: &str, scope: &str| {
            let mut definition = object("apiextensions.k8s.io/v1", "CustomResourceDefinition");
            let names = json!({"kind": kind, "plural": kind.to_lowercase()});
            definition["spec"] = json!({"group": "shop.example", "scope": scope, "names": names});
            definition
        };
        let mut placed = object("shop.example/v1", "Order");
        placed["metadata"]["namespace"] = "".into();
        put_in_default(&mut placed);
        assert_eq!(namespace(&placed), Some("default"));
        let objects = [
            definition("Cart", "Namespaced"),
            definition("Store", "Cluster"),
            placed,
        ];
        let scopes = Scopes::of(objects.iter());
        let check = |api_version: &str, kind: &str, expected: Scope| {
            assert_eq!(scopes.scope(&object(api_version, kind)), expected, "{kind}");
        };
        check("shop.example/v2", "Cart", Scope::Namespaced);
        check("shop.example/v1", "Store", Scope::Cluster);
        check("shop.example/v1beta1", "Order", Scope::Namespaced);
        check("shop.example/v1", "Menu", Scope::Unknown);
        check("v1", "Pod", Scope::Namespaced);
        check("v1", "Node", Scope::Cluster);
        check(
            "constraints.gatekeeper.sh/v1beta1",
            "NeedLabels",
            Scope::Cluster,
        );
    }
}
