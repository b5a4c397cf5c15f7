//! The cluster as policies see it: namespaces, parameters, and the objects that referential policies ask for.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard},
    time::{Duration, SystemTime},
};

use ringwall_cluster::{Change, Resource};
use ringwall_input::yaml::{self, Document, Node};
use ringwall_model::Source;
use ringwall_policy::{
    admission::{AccessReviewer, ClusterView, GroupVersionKind, KnownObjects},
    bundle::{Wanted, World},
    gatekeeper::{
        Inventory, InventoryStore, Need, ObjectKey,
        external_data::{NoExternalData, ProviderClient},
    },
    manifest::{objects, to_json},
};
use serde_json::Value;

thread_local! {
    /// The moment that policies on this thread are told; `None` is the present.
    static MOMENT: Cell<Option<Duration>> = const { Cell::new(None) };
}

/// Judges on this thread as if it were another moment, given since 1970: that of a recorded request.
pub(crate) fn at_moment<T>(moment: Duration, judge: impl FnOnce() -> T) -> T {
    let before = MOMENT.replace(Some(moment));
    let judged = judge();
    MOMENT.set(before);
    judged
}

/// The objects that were there from the beginning, and stay when a kind is listed anew.
///
/// In the inventory stands only what policies look at. Policies that come later may look at more, so the files stay.
#[derive(Default)]
struct Given {
    objects: BTreeMap<ObjectKey, GivenObject>,
    /// What of the objects of a kind stands in the inventory; `None` if they do not.
    parts: BTreeMap<GroupVersionKind, Option<Need>>,
}

struct GivenObject {
    file: Arc<Source>,
    /// Its number among the objects of the file.
    number: usize,
    /// Whether a cluster knows better, so that it is not read again.
    is_overtaken: bool,
}

/// A cluster that is watched, or objects that stand for one.
///
/// Only what policies ask for is kept, so that memory goes with what is asked and not with the cluster.
#[derive(Default)]
pub struct LiveWorld {
    /// Namespaces and parameters.
    objects: RwLock<KnownObjects>,
    inventory: Mutex<InventoryStore>,
    wanted: RwLock<Wanted>,
    /// Kinds of which something was kept at some time.
    kept: Mutex<BTreeSet<GroupVersionKind>>,
    given: Mutex<Given>,
    /// What listings that are under way have named; until one is done, what was known before holds.
    listing: Mutex<BTreeMap<GroupVersionKind, BTreeSet<ObjectKey>>>,
    access: OnceLock<Arc<dyn AccessReviewer>>,
    providers: OnceLock<Arc<dyn ProviderClient>>,
}

impl LiveWorld {
    /// Adds the objects of a file, which are there from the beginning, before any cluster is watched; how many there
    /// are. What policies do not ask for waits until [they do](Self::want).
    ///
    /// # Errors
    ///
    /// The first object that does not say where it belongs, and so would be seen by no policy.
    pub fn give<'d>(&self, documents: &'d [Document]) -> Result<usize, Node<'d>> {
        let mut given = lock(&self.given);
        let mut count = 0;
        for (number, object) in documents.iter().flat_map(objects).enumerate() {
            let key = ObjectKey::of_node(object).ok_or(object)?;
            let parts = given.parts.entry(key.kind.clone());
            let part = parts.or_insert_with_key(|kind| self.wanted().reach.of(kind));
            self.insert_node(object, part.as_ref(), self.is_param(&key.kind));
            let object = GivenObject {
                file: Arc::clone(&object.document().source),
                number,
                is_overtaken: false,
            };
            given.objects.insert(key, object);
            count += 1;
        }
        Ok(count)
    }

    /// Says what policies ask for, besides namespaces.
    pub fn want(&self, wanted: Wanted) {
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = wanted;
        let given = &mut *lock(&self.given);
        let mut grown = BTreeSet::new();
        for (kind, part) in &mut given.parts {
            let Some(mut wanted) = self.wanted().reach.of(kind) else {
                continue;
            };
            // Policies that are still in force look at what stands there already.
            wanted.add(part.as_ref().unwrap_or(&Need::default()));
            if part.as_ref() != Some(&wanted) {
                *part = Some(wanted);
                grown.insert(kind.clone());
            }
        }
        let mut again = Vec::new();
        for (key, object) in &given.objects {
            let is_new = grown.contains(&key.kind) && !object.is_overtaken;
            let known = self.objects();
            let is_param = self.is_param(&key.kind)
                && (known.get(&key.kind, &key.namespace, &key.name)).is_none();
            if is_new || is_param {
                let part = given.parts.get(&key.kind).and_then(Option::as_ref);
                again.push((object, part.filter(|_| is_new), is_param));
            }
        }
        again.sort_by_key(|(object, ..)| (Arc::as_ptr(&object.file), object.number));
        for of_file in again.chunk_by(|a, b| Arc::ptr_eq(&a.0.file, &b.0.file)) {
            let file = of_file.iter().take(1).map(|(object, ..)| &object.file);
            let documents: Vec<_> = file.flat_map(|file| yaml::parse(file).0).collect();
            let mut asked = of_file.iter().peekable();
            for (number, object) in documents.iter().flat_map(objects).enumerate() {
                if let Some((_, part, is_param)) = asked.next_if(|one| one.0.number == number) {
                    self.insert_node(object, *part, *is_param);
                }
            }
        }
    }

    /// Takes away the objects that came from a cluster and that nobody asks for any more.
    ///
    /// Until then they stay: while files change, a kind may not be asked for just for a moment.
    pub fn forget_unwanted(&self) {
        let gone: Vec<_> = {
            let mut kept = lock(&self.kept);
            let gone = kept.iter().filter(|kind| !self.is_watched(kind));
            let gone = gone.cloned().collect();
            kept.retain(|kind| self.is_watched(kind));
            gone
        };
        for kind in gone {
            self.keep_only(&kind, &BTreeSet::new());
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
        self.is_watched(&kind)
    }

    /// Whether policies rest on objects of the cluster, besides namespaces.
    pub(crate) fn is_asked_for_objects(&self) -> bool {
        !self.wanted().watched().is_empty()
    }

    /// Whether what a cluster says of a kind is taken over.
    fn is_watched(&self, kind: &GroupVersionKind) -> bool {
        let is_synced = self.wanted().synced.contains(kind);
        self.is_param(kind) || (is_synced && self.is_seen(kind))
    }

    /// Takes over what happened in the cluster.
    pub fn apply(&self, resource: &Resource, change: &Change) {
        if !self.wants(resource) {
            return;
        }
        let kind = GroupVersionKind::new(&resource.api_version(), &resource.kind);
        match change {
            Change::Restarted => {
                lock(&self.listing).insert(kind, BTreeSet::new());
            }
            Change::Listed => {
                let seen = lock(&self.listing).remove(&kind);
                if let Some(seen) = seen {
                    self.keep_only(&kind, &seen);
                }
            }
            Change::Applied(object) => {
                if let (Some(seen), Some(key)) =
                    (lock(&self.listing).get_mut(&kind), ObjectKey::of(object))
                {
                    seen.insert(key);
                }
                let is_synced = self.wanted().synced.contains(&kind) && self.is_seen(&kind);
                if let Some(key) = ObjectKey::of(object).filter(|_| is_synced)
                    && let Some(given) = lock(&self.given).objects.get_mut(&key)
                {
                    given.is_overtaken = true;
                }
                self.insert(object.clone(), is_synced, self.is_param(&kind));
                lock(&self.kept).insert(kind);
            }
            Change::Deleted(object) => {
                if let Some(key) = ObjectKey::of(object) {
                    lock(&self.given).objects.remove(&key);
                    self.remove(&key);
                }
            }
        }
    }

    /// Whether objects of a kind are looked up one by one.
    fn is_param(&self, kind: &GroupVersionKind) -> bool {
        *kind == namespaces() || self.wanted().looks_up(kind)
    }

    /// Whether objects of a kind stand in the inventory.
    fn is_seen(&self, kind: &GroupVersionKind) -> bool {
        self.wanted().reach.covers(kind)
    }

    /// Puts what is needed of an object as it is written into the inventory, all of it among those that are looked up,
    /// or both.
    fn insert_node(&self, object: Node<'_>, part: Option<&Need>, is_param: bool) {
        if let Some(part) = part {
            lock(&self.inventory).insert_node(object, part);
        }
        if is_param {
            self.insert(to_json(object), false, true);
        }
    }

    /// Puts an object into the inventory, among those that are looked up, or both.
    fn insert(&self, object: Value, into_inventory: bool, is_param: bool) {
        if into_inventory {
            lock(&self.inventory).insert(&object);
        }
        if is_param {
            self.objects
                .write()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(Arc::new(object));
        }
    }

    fn remove(&self, key: &ObjectKey) {
        self.objects
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key.kind, &key.namespace, &key.name);
        lock(&self.inventory).remove(key);
    }

    /// Takes away what a listing did not name and nobody gave.
    fn keep_only(&self, kind: &GroupVersionKind, seen: &BTreeSet<ObjectKey>) {
        let mut there = lock(&self.inventory).keys(kind);
        let known = self.objects().list(kind, "");
        there.extend(known.iter().filter_map(|object| ObjectKey::of(object)));
        let given = lock(&self.given);
        for key in there {
            if !seen.contains(&key) && !given.objects.contains_key(&key) {
                self.remove(&key);
            }
        }
    }

    fn objects(&self) -> RwLockReadGuard<'_, KnownObjects> {
        self.objects.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn wanted(&self) -> RwLockReadGuard<'_, Wanted> {
        self.wanted.read().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn namespaces() -> GroupVersionKind {
    GroupVersionKind::new("v1", "Namespace")
}

impl World for LiveWorld {
    fn inventory(&self) -> Inventory {
        lock(&self.inventory).snapshot()
    }

    fn now(&self) -> Duration {
        MOMENT.get().unwrap_or_else(|| {
            SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .unwrap_or_default()
        })
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
    use ringwall_input::yaml;
    use ringwall_model::Source;
    use ringwall_policy::gatekeeper::Reach;
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

    fn give(world: &LiveWorld, objects: &[Value]) {
        for object in objects {
            let source = Arc::new(Source::new("given.json", object.to_string()));
            let (documents, _) = yaml::parse(&source);
            assert_eq!(world.give(&documents).ok(), Some(1));
        }
    }

    fn object(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}})
    }

    #[test]
    fn only_what_policies_ask_for_is_kept() {
        let world = LiveWorld::default();
        world.want(Wanted::default());
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
    fn definitions_of_custom_kinds_are_kept_where_policies_ask_for_them() {
        let world = LiveWorld::default();
        let kind = GroupVersionKind::of_definitions();
        let definitions = Resource {
            group: kind.group.clone(),
            version: kind.version.clone(),
            kind: kind.kind.clone(),
            plural: "customresourcedefinitions".to_owned(),
            is_namespaced: false,
        };
        let parts = json!({"apiVersion": kind.api_version(), "kind": kind.kind,
            "metadata": {"name": "parts.example.com"}});
        for is_asked in [false, true] {
            world.want(Wanted {
                definitions: is_asked,
                ..Wanted::default()
            });
            assert_eq!(world.wants(&definitions), is_asked);
            world.apply(&definitions, &Change::Applied(parts.clone()));
            assert_eq!(
                world.get(&kind, "", "parts.example.com").is_some(),
                is_asked
            );
        }
    }

    #[test]
    fn what_a_new_listing_does_not_name_is_gone_but_for_what_was_given() {
        let world = LiveWorld::default();
        give(&world, &[object("Namespace", "given")]);
        world.want(Wanted::default());
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
    fn policies_that_come_later_see_what_was_given() {
        let world = LiveWorld::default();
        give(
            &world,
            &[object("Namespace", "shop"), object("Secret", "a")],
        );
        world.want(Wanted::default());
        let kind = |name: &str| GroupVersionKind::new("v1", name);
        let seen = |name: &str| lock(&world.inventory).keys(&kind(name)).len();
        assert_eq!((seen("Namespace"), seen("Secret")), (0, 0));
        world.want(Wanted {
            reach: Reach::everything(),
            ..Wanted::default()
        });
        assert_eq!((seen("Namespace"), seen("Secret")), (1, 1));
        let spaces = resource("Namespace", "namespaces");
        world.apply(&spaces, &Change::Deleted(object("Namespace", "shop")));
        world.want(Wanted::default());
        assert!(world.namespace("shop").is_none());
    }

    /// Parts of all namespaced Services of version v1.
    fn of_services(parts: &[&str]) -> Wanted {
        let mut need = Need::default();
        for part in parts {
            let service = ["namespace", "*", "v1", "Service", "*", part];
            need.add_path(&service.map(|key| (key != "*").then(|| key.into())), true);
        }
        Wanted {
            synced: [GroupVersionKind::new("v1", "Service")].into(),
            reach: Reach::new(need),
            ..Wanted::default()
        }
    }

    #[test]
    fn of_what_was_given_policies_see_the_parts_that_they_look_at_whenever_they_come() {
        let world = LiveWorld::default();
        let service = |name: &str, port: u16| {
            json!({"apiVersion": "v1", "kind": "Service",
                "metadata": {"name": name, "namespace": "shop"}, "spec": {"port": port}, "status": {}})
        };
        let seen = |path: &str| {
            let inventory = world.inventory().to_json();
            let services = "/inventory/namespace/shop/v1/Service";
            inventory.pointer(&format!("{services}/{path}")).cloned()
        };
        world.want(of_services(&["spec"]));
        let both = json!({"apiVersion": "v1", "kind": "List", "items": [service("a", 1), service("b", 2)]});
        let source = Arc::new(Source::new("given.json", both.to_string()));
        assert_eq!(world.give(&yaml::parse(&source).0).ok(), Some(2));
        assert_eq!(seen("a"), Some(json!({"spec": {"port": 1}})));
        // The cluster knows better of one of them, and gives all of it.
        let services = resource("Service", "services");
        world.apply(&services, &Change::Applied(service("b", 3)));
        assert_eq!(seen("b"), Some(service("b", 3)));
        world.want(of_services(&["metadata"]));
        let metadata = json!({"name": "a", "namespace": "shop"});
        let parts = json!({"spec": {"port": 1}, "metadata": metadata});
        assert_eq!(
            seen("a"),
            Some(parts.clone()),
            "the last policies may still judge"
        );
        assert_eq!(seen("b"), Some(service("b", 3)));
        world.want(of_services(&["spec"]));
        assert_eq!(seen("a"), Some(parts), "nothing new is asked for");
    }

    #[test]
    fn what_was_given_is_seen_in_every_form_that_is_asked_for_later() {
        let world = LiveWorld::default();
        let kind = GroupVersionKind::new("v1", "ConfigMap");
        let asked = |is_param: bool, is_seen: bool| Wanted {
            params: is_param.then(|| kind.clone()).into_iter().collect(),
            reach: if is_seen {
                Reach::everything()
            } else {
                Reach::default()
            },
            ..Wanted::default()
        };
        let forms = || {
            let known = (world.get(&kind, "", "a")).map(|object| (*object).clone());
            (known, lock(&world.inventory).keys(&kind).len())
        };
        let given = object("ConfigMap", "a");
        world.want(asked(false, true));
        give(&world, std::slice::from_ref(&given));
        assert_eq!(forms(), (None, 1));
        world.want(asked(true, true));
        assert_eq!(forms(), (Some(given.clone()), 1));

        let world = LiveWorld::default();
        let forms = || {
            let known = (world.get(&kind, "", "a")).map(|object| (*object).clone());
            (known, lock(&world.inventory).keys(&kind).len())
        };
        world.want(asked(true, false));
        give(&world, std::slice::from_ref(&given));
        assert_eq!(forms(), (Some(given.clone()), 0));
        world.want(asked(true, true));
        assert_eq!(forms(), (Some(given), 1));
    }

    #[test]
    fn each_kind_is_kept_in_the_form_that_is_asked_for_and_no_longer_than_that() {
        let world = LiveWorld::default();
        give(&world, &[object("Secret", "given")]);
        let kind = |name: &str| GroupVersionKind::new("v1", name);
        world.want(Wanted {
            params: [kind("ConfigMap")].into(),
            synced: [kind("Secret")].into(),
            reach: Reach::everything(),
            ..Wanted::default()
        });
        let (maps, secrets) = (
            resource("ConfigMap", "configmaps"),
            resource("Secret", "secrets"),
        );
        world.apply(&maps, &Change::Applied(object("ConfigMap", "a")));
        world.apply(&secrets, &Change::Applied(object("Secret", "b")));
        let synced = |name: &str| {
            let keys = lock(&world.inventory).keys(&kind(name));
            keys.into_iter().map(|key| key.name).collect::<Vec<_>>()
        };
        let looked_up = |name: &str| world.list(&kind(name), "").len();
        assert_eq!((looked_up("ConfigMap"), synced("ConfigMap").len()), (1, 0));
        assert_eq!((looked_up("Secret"), synced("Secret").len()), (0, 2));

        world.apply(&secrets, &Change::Restarted);
        world.apply(&secrets, &Change::Listed);
        assert_eq!(synced("Secret"), ["given"]);

        world.apply(&secrets, &Change::Applied(object("Secret", "b")));
        world.want(Wanted::default());
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
