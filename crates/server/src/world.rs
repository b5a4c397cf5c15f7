//! The cluster as policies see it: namespaces, parameters, and the objects that referential policies ask for.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
    },
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
    wanted: RwLock<Wanted>,
    /// Kinds of which something was kept at some time.
    kept: Mutex<BTreeSet<GroupVersionKind>>,
    /// Objects that were there from the beginning, and stay when a kind is listed anew.
    fixed: Vec<Arc<Value>>,
    /// What listings that are under way have named; until one is done, what was known before holds.
    listing: Mutex<BTreeMap<GroupVersionKind, BTreeSet<ObjectKey>>>,
    access: OnceLock<Arc<dyn AccessReviewer>>,
    providers: OnceLock<Arc<dyn ProviderClient>>,
}

/// Kinds by what is done with their objects; each is kept in the form that this needs, and in no other.
#[derive(Default)]
struct Wanted {
    looked_up: BTreeSet<GroupVersionKind>,
    synced: BTreeSet<GroupVersionKind>,
}

impl Wanted {
    fn contains(&self, kind: &GroupVersionKind) -> bool {
        self.looked_up.contains(kind) || self.synced.contains(kind)
    }
}

impl LiveWorld {
    /// A world that begins with these objects.
    pub fn new(fixed: Vec<Arc<Value>>) -> Self {
        let world = Self {
            fixed,
            ..Self::default()
        };
        world.insert_fixed(|_| true);
        world
    }

    /// Says of which kinds policies look up single objects, besides namespaces, and of which they see all.
    ///
    /// What is no longer asked for stays until [`forget_unwanted`](Self::forget_unwanted): while files change, a kind
    /// may not be asked for just for a moment.
    pub fn want(
        &self,
        mut looked_up: BTreeSet<GroupVersionKind>,
        synced: BTreeSet<GroupVersionKind>,
    ) {
        looked_up.insert(namespaces());
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = Wanted { looked_up, synced };
    }

    /// Takes away the objects that came from a cluster and that nobody asks for any more.
    pub fn forget_unwanted(&self) {
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let gone: BTreeSet<_> = kept
            .iter()
            .filter(|kind| !wanted.contains(kind))
            .cloned()
            .collect();
        kept.retain(|kind| wanted.contains(kind));
        drop((wanted, kept));
        for kind in &gone {
            self.objects_mut().remove_kind(kind);
            self.inventory_store().remove_kind(kind);
        }
        self.insert_fixed(|kind| gone.contains(kind));
    }

    /// Puts those objects in their place that were there from the beginning; policies see these in every way.
    fn insert_fixed(&self, of: impl Fn(&GroupVersionKind) -> bool) {
        for object in &self.fixed {
            if of(&GroupVersionKind::of(object)) {
                self.inventory_store().insert(object);
                self.objects_mut().insert(Arc::clone(object));
            }
        }
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
                self.insert(&kind, object);
            }
            Change::Deleted(object) => self.remove(object),
        }
    }

    fn insert(&self, kind: &GroupVersionKind, object: &Value) {
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner);
        let (is_looked_up, is_synced) = (
            wanted.looked_up.contains(kind),
            wanted.synced.contains(kind),
        );
        drop(wanted);
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kind.clone());
        if is_synced {
            self.inventory_store().insert(object);
        }
        if is_looked_up {
            self.objects_mut().insert(Arc::new(object.clone()));
        }
    }

    fn remove(&self, object: &Value) {
        self.objects_mut().remove(object);
        if let Some(key) = ObjectKey::of(object) {
            self.inventory_store().remove(&key);
        }
    }

    /// Takes away what a listing did not name and nobody gave.
    fn keep_only(&self, kind: &GroupVersionKind, seen: &BTreeSet<ObjectKey>) {
        let fixed: BTreeSet<_> = self
            .fixed
            .iter()
            .filter_map(|it| ObjectKey::of(it))
            .collect();
        let is_gone = |key: &ObjectKey| !seen.contains(key) && !fixed.contains(key);
        let looked_up = self.objects().list(kind, "");
        for object in looked_up {
            if ObjectKey::of(&object).is_some_and(|key| is_gone(&key)) {
                self.objects_mut().remove(&object);
            }
        }
        let mut inventory = self.inventory_store();
        for key in inventory.keys_of(kind) {
            if is_gone(&key) {
                inventory.remove(&key);
            }
        }
    }

    fn listing(&self) -> MutexGuard<'_, BTreeMap<GroupVersionKind, BTreeSet<ObjectKey>>> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects(&self) -> RwLockReadGuard<'_, KnownObjects> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects_mut(&self) -> RwLockWriteGuard<'_, KnownObjects> {
        self.objects.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn inventory_store(&self) -> MutexGuard<'_, InventoryStore> {
        self.inventory
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn namespaces() -> GroupVersionKind {
    GroupVersionKind::new("v1", "Namespace")
}

impl World for LiveWorld {
    fn inventory(&self) -> Inventory {
        self.inventory_store().snapshot()
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
        world.want(BTreeSet::new(), BTreeSet::new());
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
        world.want(BTreeSet::new(), BTreeSet::new());
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

    #[test]
    fn each_kind_is_kept_in_the_form_that_is_asked_for_and_no_longer_than_that() {
        let given = Arc::new(object("Secret", "given"));
        let world = LiveWorld::new(vec![given]);
        let kind = |name: &str| GroupVersionKind::new("v1", name);
        world.want([kind("ConfigMap")].into(), [kind("Secret")].into());
        let (maps, secrets) = (
            resource("ConfigMap", "configmaps"),
            resource("Secret", "secrets"),
        );
        world.apply(&maps, &Change::Applied(object("ConfigMap", "a")));
        world.apply(&secrets, &Change::Applied(object("Secret", "b")));
        let synced = |name: &str| {
            let keys = world.inventory_store().keys_of(&kind(name));
            keys.into_iter().map(|key| key.name).collect::<Vec<_>>()
        };
        let looked_up = |name: &str| world.list(&kind(name), "").len();
        assert_eq!((looked_up("ConfigMap"), synced("ConfigMap").len()), (1, 0));
        assert_eq!((looked_up("Secret"), synced("Secret").len()), (1, 2));

        world.apply(&secrets, &Change::Restarted);
        world.apply(&secrets, &Change::Listed);
        assert_eq!(synced("Secret"), ["given"]);

        world.apply(&secrets, &Change::Applied(object("Secret", "b")));
        world.want(BTreeSet::new(), BTreeSet::new());
        assert_eq!(
            synced("Secret").len(),
            2,
            "it may be asked for again at once"
        );
        world.forget_unwanted();
        assert_eq!(
            (looked_up("ConfigMap"), synced("Secret")),
            (0, vec!["given".to_owned()])
        );
    }
}
