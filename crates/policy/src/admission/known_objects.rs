//! Objects that are known: those of a scan, of a folder, or of a cluster that is watched.

use std::{collections::BTreeMap, sync::Arc};

use ringwall_input::schema;
use serde_json::{Map, Value};

use super::{ClusterView, GroupVersionKind};

/// Objects by kind, namespace and name.
#[derive(Clone, Debug, Default)]
pub struct KnownObjects {
    by_kind: BTreeMap<GroupVersionKind, BTreeMap<Place, Arc<Value>>>,
}

/// The label of every Namespace that has its name.
pub const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Gives a Namespace the label with its name, as the API server does before anything judges it.
pub fn label_namespace(object: &mut Value) {
    if !lacks_name_label(object) {
        return;
    }
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else {
        return;
    };
    let Some(name) = metadata.get("name").cloned() else {
        return;
    };
    let labels = metadata
        .entry("labels")
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(labels) = labels.as_object_mut() {
        labels.insert(NAME_LABEL.to_owned(), name);
    }
}

fn lacks_name_label(object: &Value) -> bool {
    let metadata = object.get("metadata");
    let label = metadata.and_then(|it| it.get("labels")?.get(NAME_LABEL));
    let name = metadata.and_then(|it| it.get("name"));
    let text = |field: &str| object.get(field).and_then(Value::as_str);
    text("kind") == Some("Namespace") && text("apiVersion") == Some("v1") && label != name
}

/// Namespace and name.
type Place = (String, String);

fn place(object: &Value) -> Option<Place> {
    let metadata = object.get("metadata")?;
    let text = |field: &str| metadata.get(field).and_then(Value::as_str);
    Some((
        text("namespace").unwrap_or("").to_owned(),
        text("name").filter(|name| !name.is_empty())?.to_owned(),
    ))
}

impl KnownObjects {
    /// Puts an object in its place; one without a name is none that could be asked for.
    ///
    /// A Namespace gets the label that the API server gives it.
    pub fn insert(&mut self, mut object: Arc<Value>) {
        if let Some(place) = place(&object) {
            let kind = GroupVersionKind::of(&object);
            if lacks_name_label(&object) {
                label_namespace(Arc::make_mut(&mut object));
            }
            self.by_kind.entry(kind).or_default().insert(place, object);
        }
    }

    /// Takes an object away.
    pub fn remove(&mut self, kind: &GroupVersionKind, namespace: &str, name: &str) {
        if let Some(objects) = self.by_kind.get_mut(kind) {
            objects.remove(&(namespace.to_owned(), name.to_owned()));
        }
    }

    /// Takes every object of a kind away.
    pub fn remove_kind(&mut self, kind: &GroupVersionKind) {
        self.by_kind.remove(kind);
    }

    /// Every object, by kind, namespace and name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Value>> {
        self.by_kind.values().flat_map(BTreeMap::values)
    }
}

impl FromIterator<Arc<Value>> for KnownObjects {
    fn from_iter<I: IntoIterator<Item = Arc<Value>>>(objects: I) -> Self {
        let mut known = Self::default();
        for object in objects {
            known.insert(object);
        }
        known
    }
}

impl ClusterView for KnownObjects {
    fn namespace(&self, name: &str) -> Option<Arc<Value>> {
        self.get(&GroupVersionKind::new("v1", "Namespace"), "", name)
    }

    fn get(&self, kind: &GroupVersionKind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        let objects = self.by_kind.get(kind)?;
        let place = (namespace.to_owned(), name.to_owned());
        objects.get(&place).cloned()
    }

    fn is_namespaced(&self, kind: &GroupVersionKind) -> Option<bool> {
        schema::is_namespaced(&kind.api_version(), &kind.kind).or_else(|| {
            let (namespace, _) = self.by_kind.get(kind)?.keys().next()?;
            Some(!namespace.is_empty())
        })
    }

    fn list(&self, kind: &GroupVersionKind, namespace: &str) -> Vec<Arc<Value>> {
        let objects = self.by_kind.get(kind);
        objects
            .into_iter()
            .flatten()
            .filter(|((of, _), _)| namespace.is_empty() || of == namespace)
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_found_by_place() {
        let config_map = |namespace: &str, name: &str| {
            Arc::new(json!({"apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"namespace": namespace, "name": name}}))
        };
        let mut known: KnownObjects = [
            config_map("b", "x"),
            config_map("a", "x"),
            config_map("a", "w"),
        ]
        .into_iter()
        .collect();
        let kind = GroupVersionKind::new("v1", "ConfigMap");
        assert!(known.get(&kind, "a", "w").is_some());
        assert!(known.get(&kind, "b", "w").is_none());
        let names = |objects: Vec<Arc<Value>>| {
            let names = objects.iter().map(|it| it["metadata"]["name"].to_string());
            names.collect::<Vec<_>>()
        };
        assert_eq!(names(known.list(&kind, "a")), [r#""w""#, r#""x""#]);
        assert_eq!(known.list(&kind, "").len(), 3);
        known.remove(&kind, "a", "w");
        assert_eq!(known.list(&kind, "a").len(), 1);
        assert_eq!(known.is_namespaced(&kind), Some(true));
    }

    #[test]
    fn namespaces_have_a_label_with_their_name() {
        let labels = |object: Value| {
            let known: KnownObjects = [Arc::new(object)].into_iter().collect();
            let namespace = known.namespace("shop").unwrap();
            namespace["metadata"]["labels"].clone()
        };
        let namespace = |metadata: Value| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        let named = json!({NAME_LABEL: "shop"});
        assert_eq!(labels(namespace(json!({"name": "shop"}))), named);
        // Another value is replaced, as by the API server.
        let other = json!({"name": "shop", "labels": {NAME_LABEL: "x", "env": "prod"}});
        assert_eq!(
            labels(namespace(other)),
            json!({NAME_LABEL: "shop", "env": "prod"})
        );
        let mut config_map =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}});
        let before = config_map.clone();
        label_namespace(&mut config_map);
        assert_eq!(config_map, before);
    }
}
