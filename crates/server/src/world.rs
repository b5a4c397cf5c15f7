//! The cluster as policies see it: namespaces, parameters, and the objects that referential policies ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use ringwall_cluster::{Change, Resource};
use ringwall_policy::{
    admission::{AccessReviewer, ClusterView, GroupVersionKind, KnownObjects},
    bundle::World,
    gatekeeper::{
        Inventory, InventoryStore, ObjectKey,
        external_data::{NoExternalData, ProviderClient},
    },
};
use serde_json::Value;

/// A cluster that is watched, or objects that stand for one.
///
/// Only kinds that policies ask for are kept, so that memory goes with what is asked and not with the cluster.
#[derive(Default)]
pub struct LiveWorld {
    objects: RwLock<KnownObjects>,
    inventory: Mutex<InventoryStore>,
    wanted: RwLock<BTreeSet<GroupVersionKind>>,
    /// Objects that were there from the beginning, and stay when a kind is listed anew.
    fixed: Vec<Arc<Value>>,
    /// What listings that are under way have named; until one is done, what was known before holds.
    listing: Mutex<BTreeMap<GroupVersionKind, BTreeSet<ObjectKey>>>,
    access: OnceLock<Arc<dyn AccessReviewer>>,
    providers: OnceLock<Arc<dyn ProviderClient>>,
}

impl LiveWorld {
    /// A world that begins with these objects.
    pub fn new(fixed: Vec<Arc<Value>>) -> Self {
        let world = Self {
            fixed,
            ..Self::default()
        };
        for object in world.fixed.clone() {
            world.insert(object);
        }
        world
    }

    /// Says which kinds policies ask for, besides namespaces.
    pub fn want(&self, kinds: impl IntoIterator<Item = GroupVersionKind>) {
        let mut wanted: BTreeSet<_> = kinds.into_iter().collect();
        wanted.insert(namespaces());
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = wanted;
    }

    /// Says whom to ask what subjects may do; the first one counts.
    pub(crate) fn ask_access_of(&self, reviewer: Arc<dyn AccessReviewer>) {
        let _ = self.access.set(reviewer);
    }

    /// Says who speaks to providers of external data; the first one counts.
    pub(crate) fn ask_providers_by(&self, client: Arc<dyn ProviderClient>) {
        let _ = self.providers.set(client);
    }

    /// Whether objects of a resource are kept.
    pub fn wants(&self, resource: &Resource) -> bool {
        let kind = GroupVersionKind::new(&resource.api_version(), &resource.kind);
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner);
        wanted.contains(&kind)
    }

    /// Takes over what happened in the cluster.
    pub fn apply(&self, resource: &Resource, change: &Change) {
        if !self.wants(resource) {
            return;
        }
        let kind = GroupVersionKind::new(&resource.api_version(), &resource.kind);
        match change {
            Change::Restarted => {
                self.listing().insert(kind, BTreeSet::new());
            }
            Change::Listed => {
                let seen = self.listing().remove(&kind);
                if let Some(seen) = seen {
                    self.keep_only(&kind, &seen);
                }
            }
            Change::Applied(object) => {
                if let (Some(seen), Some(key)) =
                    (self.listing().get_mut(&kind), ObjectKey::of(object))
                {
                    seen.insert(key);
                }
                self.insert(Arc::new(object.clone()));
            }
            Change::Deleted(object) => self.remove(object),
        }
    }

    fn insert(&self, object: Arc<Value>) {
        self.inventory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(&object);
        self.objects
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(object);
    }

    fn remove(&self, object: &Value) {
        self.objects
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(object);
        if let Some(key) = ObjectKey::of(object) {
            self.inventory
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .remove(&key);
        }
    }

    /// Takes away what a listing did not name and nobody gave.
    fn keep_only(&self, kind: &GroupVersionKind, seen: &BTreeSet<ObjectKey>) {
        let fixed: BTreeSet<_> = self
            .fixed
            .iter()
            .filter_map(|it| ObjectKey::of(it))
            .collect();
        let gone: Vec<_> = self
            .objects()
            .list(kind, "")
            .into_iter()
            .filter(|object| {
                ObjectKey::of(object)
                    .is_some_and(|key| !seen.contains(&key) && !fixed.contains(&key))
            })
            .collect();
        for object in gone {
            self.remove(&object);
        }
    }

    fn listing(
        &self,
    ) -> std::sync::MutexGuard<'_, BTreeMap<GroupVersionKind, BTreeSet<ObjectKey>>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects(&self) -> std::sync::RwLockReadGuard<'_, KnownObjects> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn namespaces() -> GroupVersionKind {
    GroupVersionKind::new("v1", "Namespace")
}

impl World for LiveWorld {
    fn inventory(&self) -> Inventory {
        self.inventory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .snapshot()
    }

    fn now(&self) -> Duration {
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn providers(&self) -> &dyn ProviderClient {
        self.providers
            .get()
            .map_or(&NoExternalData, |client| &**client)
    }
}

impl ClusterView for LiveWorld {
    fn namespace(&self, name: &str) -> Option<Arc<Value>> {
        self.objects().namespace(name)
    }

    fn get(&self, kind: &GroupVersionKind, namespace: &str, name: &str) -> Option<Arc<Value>> {
        self.objects().get(kind, namespace, name)
    }

    fn is_namespaced(&self, kind: &GroupVersionKind) -> Option<bool> {
        self.objects().is_namespaced(kind)
    }

    fn list(&self, kind: &GroupVersionKind, namespace: &str) -> Vec<Arc<Value>> {
        self.objects().list(kind, namespace)
    }

    fn access(&self) -> Option<&dyn AccessReviewer> {
        self.access.get().map(|reviewer| &**reviewer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(kind: &str, plural: &str) -> Resource {
        Resource {
            group: String::new(),
            version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            is_namespaced: kind != "Namespace",
        }
    }

    fn object(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})
    }

    #[test]
    fn only_what_policies_ask_for_is_kept() {
        let world = LiveWorld::default();
        world.want([]);
        let (pods, spaces) = (resource("Pod", "pods"), resource("Namespace", "namespaces"));
        world.apply(&pods, &Change::Applied(object("Pod", "web")));
        world.apply(&spaces, &Change::Applied(object("Namespace", "shop")));
        assert!(world.namespace("shop").is_some());
        assert!(
            world
                .list(&GroupVersionKind::new("v1", "Pod"), "")
                .is_empty()
        );
        world.apply(&spaces, &Change::Deleted(object("Namespace", "shop")));
        assert!(world.namespace("shop").is_none());
    }

    #[test]
    fn what_a_new_listing_does_not_name_is_gone_but_for_what_was_given() {
        let world = LiveWorld::new(vec![Arc::new(object("Namespace", "given"))]);
        world.want([]);
        let spaces = resource("Namespace", "namespaces");
        world.apply(&spaces, &Change::Applied(object("Namespace", "shop")));
        world.apply(&spaces, &Change::Restarted);
        assert!(
            world.namespace("shop").is_some(),
            "until all is listed, nobody knows"
        );
        world.apply(&spaces, &Change::Listed);
        assert!(world.namespace("shop").is_none());
        assert!(world.namespace("given").is_some());
    }
}
