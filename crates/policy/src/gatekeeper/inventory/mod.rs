//! What referential policies see: copies of the cluster's objects.
//!
//! ```text
//! data.inventory.cluster[groupVersion][kind][name]
//! data.inventory.namespace[namespace][groupVersion][kind][name]
//! ```
//!
//! An [`InventoryStore`] is changed object by object; a [`Inventory`] is what stood in it at one moment.
//! Taking one costs what changed since the last: the objects of one kind in one namespace are one list of references,
//! made anew only after a change among them. What objects have in common is kept once.

mod shared;

use std::{collections::BTreeMap, sync::Arc};

use ringwall_input::yaml::Node;
use ringwall_rego::{Data, Need, Object, Value as Rego};
use serde_json::Value;

use self::shared::Shared;
use crate::{admission::GroupVersionKind, manifest};

/// The objects of the cluster at one moment. Cloning is cheap.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// `{"inventory": {"cluster": …, "namespace": …}}`; without objects there is no inventory.
    data: Arc<Data>,
    namespaces: Arc<BTreeMap<String, Arc<Value>>>,
    revision: u64,
}

impl Inventory {
    /// `data` in Rego.
    pub(super) fn data(&self) -> &Data {
        &self.data
    }

    /// A Namespace, if it is among the objects.
    pub fn namespace(&self, name: &str) -> Option<&Value> {
        self.namespaces.get(name).map(|namespace| &**namespace)
    }

    /// `data` as JSON.
    pub fn to_json(&self) -> Value {
        self.data.value().to_json()
    }

    /// Changes of the store up to this moment: equal revisions of one store have equal objects.
    pub fn revision(&self) -> u64 {
        self.revision
    }
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Namespace; empty for an object of the cluster.
    pub namespace: String,
    /// Group, version and kind.
    pub kind: GroupVersionKind,
    /// Name.
    pub name: String,
}

impl ObjectKey {
    /// The place of an object; `None` if it does not say version, kind and name.
    pub fn of(object: &Value) -> Option<Self> {
        let metadata = |field: &str| object.get("metadata")?.get(field)?.as_str();
        Self::new(GroupVersionKind::of(object), metadata)
    }

    /// The place of an object as it is written.
    pub fn of_node(object: Node<'_>) -> Option<Self> {
        let text = |field: &str| object.str(field).unwrap_or("");
        let metadata = |field: &str| object.get("metadata")?.str(field);
        Self::new(
            GroupVersionKind::new(text("apiVersion"), text("kind")),
            metadata,
        )
    }

    fn new<'o>(kind: GroupVersionKind, metadata: impl Fn(&str) -> Option<&'o str>) -> Option<Self> {
        let text = |field: &str| metadata(field).filter(|text| !text.is_empty());
        let is_complete = !kind.version.is_empty() && !kind.kind.is_empty();
        Some(Self {
            namespace: text("namespace").unwrap_or_default().to_owned(),
            name: text("name").filter(|_| is_complete)?.to_owned(),
            kind,
        })
    }
}

/// Objects of one kind in one namespace.
type LeafKey = (String, String, String);

/// Copies of objects, to be changed as the cluster changes.
#[derive(Debug, Default)]
pub struct InventoryStore {
    leaves: BTreeMap<LeafKey, Leaf>,
    namespaces: Arc<BTreeMap<String, Arc<Value>>>,
    shared: Shared,
    latest: Inventory,
    revision: u64,
    objects: usize,
}

#[derive(Debug, Default)]
struct Leaf {
    objects: BTreeMap<Arc<str>, Rego>,
    /// As Rego sees it; `None` after a change.
    built: Option<Rego>,
}

impl InventoryStore {
    /// A store without objects.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.objects == 0
    }

    /// Whether there is an object at a place.
    pub fn contains(&self, key: &ObjectKey) -> bool {
        let leaf = self.leaves.get(&leaf_key(key));
        leaf.is_some_and(|leaf| leaf.objects.contains_key(key.name.as_str()))
    }

    /// The places of all objects of a kind.
    pub fn keys(&self, kind: &GroupVersionKind) -> Vec<ObjectKey> {
        let api_version = kind.api_version();
        let of_kind = (self.leaves.iter())
            .filter(|((_, version, name), _)| *version == api_version && *name == kind.kind);
        let keys = of_kind.flat_map(|((namespace, ..), leaf)| {
            leaf.objects.keys().map(|name| ObjectKey {
                namespace: namespace.clone(),
                kind: kind.clone(),
                name: name.to_string(),
            })
        });
        keys.collect()
    }

    /// Puts an object in its place; `false` if it does not say where that is.
    pub fn insert(&mut self, object: &Value) -> bool {
        let Some(key) = ObjectKey::of(object) else {
            return false;
        };
        let value = self.shared.json(object);
        self.put(&key, value, || object.clone());
        true
    }

    /// Puts what is needed of an object as it is written in its place; `false` if it does not say where that is.
    pub fn insert_node(&mut self, object: Node<'_>, need: &Need) -> bool {
        let Some(key) = ObjectKey::of_node(object) else {
            return false;
        };
        let value = self.shared.node(object, need);
        self.put(&key, value, || manifest::to_json(object));
        true
    }

    fn put(&mut self, key: &ObjectKey, value: Rego, json: impl FnOnce() -> Value) {
        if is_namespace(key) {
            let namespaces = Arc::make_mut(&mut self.namespaces);
            namespaces.insert(key.name.clone(), Arc::new(json()));
        }
        let name = self.shared.text(&key.name);
        let leaf = self.leaves.entry(leaf_key(key)).or_default();
        if leaf.objects.insert(name, value).is_none() {
            self.objects += 1;
        }
        leaf.built = None;
        self.revision += 1;
        self.shared.sweep();
    }

    /// Takes an object away; `false` if there was none.
    pub fn remove(&mut self, key: &ObjectKey) -> bool {
        let place = leaf_key(key);
        let Some(leaf) = self.leaves.get_mut(&place) else {
            return false;
        };
        if leaf.objects.remove(key.name.as_str()).is_none() {
            return false;
        }
        leaf.built = None;
        if leaf.objects.is_empty() {
            self.leaves.remove(&place);
        }
        if is_namespace(key) {
            Arc::make_mut(&mut self.namespaces).remove(&key.name);
        }
        self.objects -= 1;
        self.revision += 1;
        true
    }

    /// Takes everything of a kind away, for a copy that starts anew.
    pub fn remove_kind(&mut self, kind: &GroupVersionKind) {
        let api_version = kind.api_version();
        let mut removed = 0;
        self.leaves.retain(|(_, version, name), leaf| {
            let is_kind = *version == api_version && *name == kind.kind;
            if is_kind {
                removed += leaf.objects.len();
            }
            !is_kind
        });
        if kind.group.is_empty() && kind.kind == "Namespace" {
            self.namespaces = Arc::default();
        }
        self.objects -= removed;
        self.revision += 1;
    }

    /// What stands in the store now.
    pub fn snapshot(&mut self) -> Inventory {
        if self.latest.revision != self.revision {
            // The next state starts with the indexes of the last.
            let value = self.build();
            self.latest = Inventory {
                data: Arc::new(self.latest.data.then(value)),
                namespaces: Arc::clone(&self.namespaces),
                revision: self.revision,
            };
        }
        self.latest.clone()
    }

    fn build(&mut self) -> Rego {
        if self.leaves.is_empty() {
            return object(Vec::new());
        }
        let mut cluster = Vec::new();
        let mut by_namespace: Vec<(Rego, Vec<Placed>)> = Vec::new();
        for ((namespace, api_version, kind), leaf) in &mut self.leaves {
            let placed = (api_version.as_str(), kind.as_str(), leaf.value());
            if namespace.is_empty() {
                cluster.push(placed);
                continue;
            }
            match by_namespace.last_mut() {
                Some((last, leaves)) if last.as_str() == Some(namespace) => leaves.push(placed),
                _ => by_namespace.push((Rego::from(namespace.as_str()), vec![placed])),
            }
        }
        let mut roots = Vec::new();
        if !cluster.is_empty() {
            roots.push((Rego::from("cluster"), by_version(cluster)));
        }
        if !by_namespace.is_empty() {
            let namespaces = (by_namespace.into_iter())
                .map(|(namespace, leaves)| (namespace, by_version(leaves)))
                .collect();
            roots.push((Rego::from("namespace"), object(namespaces)));
        }
        object(vec![(Rego::from("inventory"), object(roots))])
    }
}

/// API version, kind, and the objects by name.
type Placed<'a> = (&'a str, &'a str, Rego);

impl Leaf {
    fn value(&mut self) -> Rego {
        self.built
            .get_or_insert_with(|| {
                let entries = (self.objects.iter())
                    .map(|(name, value)| (Rego::String(Arc::clone(name)), value.clone()));
                object(entries.collect())
            })
            .clone()
    }
}

/// Leaves, sorted by version and kind, as objects of objects.
fn by_version(leaves: Vec<Placed<'_>>) -> Rego {
    let mut versions: Vec<(Rego, Vec<(Rego, Rego)>)> = Vec::new();
    for (api_version, kind, leaf) in leaves {
        let entry = (Rego::from(kind), leaf);
        match versions.last_mut() {
            Some((last, kinds)) if last.as_str() == Some(api_version) => kinds.push(entry),
            _ => versions.push((Rego::from(api_version), vec![entry])),
        }
    }
    object(
        (versions.into_iter())
            .map(|(version, kinds)| (version, object(kinds)))
            .collect(),
    )
}

fn object(entries: Vec<(Rego, Rego)>) -> Rego {
    Rego::Object(Arc::new(Object::from_entries(entries)))
}

fn leaf_key(key: &ObjectKey) -> LeafKey {
    (
        key.namespace.clone(),
        key.kind.api_version(),
        key.kind.kind.clone(),
    )
}

fn is_namespace(key: &ObjectKey) -> bool {
    key.kind.group.is_empty() && key.kind.kind == "Namespace"
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ingress(namespace: &str, name: &str, host: &str) -> Value {
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"rules": [{"host": host}]},
        })
    }

    fn node(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    }

    fn seen(inventory: &Inventory) -> Value {
        inventory.data().value().to_json()["inventory"].clone()
    }

    #[test]
    fn objects_stand_where_policies_look() {
        let mut store = InventoryStore::new();
        for object in [
            node("n"),
            ingress("b", "x", "h"),
            ingress("a", "y", "g"),
            ingress("a", "x", "f"),
        ] {
            assert!(store.insert(&object));
        }
        let version = "networking.k8s.io/v1";
        assert_eq!(
            seen(&store.snapshot()),
            json!({
                "cluster": {"v1": {"Node": {"n": node("n")}}},
                "namespace": {
                    "a": {version: {"Ingress": {"x": ingress("a", "x", "f"), "y": ingress("a", "y", "g")}}},
                    "b": {version: {"Ingress": {"x": ingress("b", "x", "h")}}},
                },
            })
        );
        assert_eq!(store.len(), 4);
        assert!(!store.insert(&json!({"kind": "Node", "metadata": {"name": "n"}})));
        assert!(!store.insert(&json!({"apiVersion": "v1", "kind": "Node", "metadata": {}})));
    }

    #[test]
    fn a_snapshot_does_not_change() {
        let mut store = InventoryStore::new();
        store.insert(&node("a"));
        let before = store.snapshot();
        store.insert(&node("b"));
        let key = ObjectKey::of(&node("a")).expect("a key");
        assert!(store.remove(&key) && !store.remove(&key));
        assert_eq!(
            seen(&before)["cluster"]["v1"]["Node"],
            json!({"a": node("a")})
        );
        let after = store.snapshot();
        assert_eq!(
            seen(&after)["cluster"]["v1"]["Node"],
            json!({"b": node("b")})
        );
        assert_ne!(before.revision(), after.revision());
        store.remove_kind(&key.kind);
        assert_eq!(seen(&store.snapshot()), Value::Null);
        assert!(store.is_empty());
    }

    #[test]
    fn what_did_not_change_is_the_same_in_the_next_snapshot() {
        let mut store = InventoryStore::new();
        store.insert(&ingress("a", "x", "f"));
        store.insert(&ingress("b", "x", "f"));
        let leaf = |inventory: &Inventory, namespace: &str| {
            let mut value = inventory.data().value().clone();
            for step in [
                "inventory",
                "namespace",
                namespace,
                "networking.k8s.io/v1",
                "Ingress",
            ] {
                let Rego::Object(object) = &value else {
                    panic!("{step} is no object")
                };
                value = object.get_str(step).cloned().expect(step);
            }
            match value {
                Rego::Object(object) => object,
                other => panic!("{other:?}"),
            }
        };
        let before = store.snapshot();
        store.insert(&ingress("a", "y", "g"));
        let after = store.snapshot();
        assert!(Arc::ptr_eq(&leaf(&before, "b"), &leaf(&after, "b")));
        assert!(!Arc::ptr_eq(&leaf(&before, "a"), &leaf(&after, "a")));
    }

    #[test]
    fn an_object_as_it_is_written_is_the_object_that_the_api_server_would_see() {
        let text = "kind: Service\napiVersion: v1\nmetadata: {name: web, namespace: shop}\n\
            base: &base {port: 80, ratio: 1.0, half: 0.5}\nports:\n- <<: *base\n  port: 0x50\n- *base\n1: yes\nempty: ~\n\
            long: a text that is longer than those that are kept once\n";
        let source = Arc::new(ringwall_model::Source::new("service.yaml", text));
        let (documents, diagnostics) = ringwall_input::yaml::parse(&source);
        assert_eq!(diagnostics, []);
        let root = documents[0].root();
        let (mut written, mut sent) = (InventoryStore::new(), InventoryStore::new());
        assert!(written.insert_node(root, &Need::whole()) && sent.insert(&manifest::to_json(root)));
        assert_eq!(seen(&written.snapshot()), seen(&sent.snapshot()));
        let nameless = ringwall_model::Source::new("a.yaml", "{kind: Service, apiVersion: v1}");
        let (documents, _) = ringwall_input::yaml::parse(&Arc::new(nameless));
        assert!(!written.insert_node(documents[0].root(), &Need::whole()));
    }

    #[test]
    fn namespaces_are_found_by_name() {
        let mut store = InventoryStore::new();
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}});
        store.insert(&namespace);
        let snapshot = store.snapshot();
        assert_eq!(snapshot.namespace("a"), Some(&namespace));
        assert_eq!(snapshot.namespace("b"), None);
    }
}
