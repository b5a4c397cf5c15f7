//! The service account of a pod, and whether the pod gets its token.

use foldhash::HashMap;

use crate::{Inventory, Node, Pod, home::Home};

/// The service account that a pod runs as, as the API server fills it in.
pub(crate) fn name<'a>(pod: &Pod<'a>) -> &'a str {
    written(pod, "serviceAccountName")
        .or_else(|| written(pod, "serviceAccount"))
        .map_or("default", Node::text)
}

/// A field of the pod that names a service account, if it does.
pub(crate) fn written<'a>(pod: &Pod<'a>, field: &str) -> Option<Node<'a>> {
    let node = pod.spec.get(field)?;
    (!node.is_null() && !node.text().is_empty()).then_some(node)
}

/// The service accounts of a scan, for looking up whether they let their tokens be mounted.
pub(crate) struct Accounts<'a> {
    exact: HashMap<(&'a str, Option<&'a str>), Vec<Automount<'a>>>,
    by_name: HashMap<&'a str, Vec<Automount<'a>>>,
}

#[derive(Clone, Copy)]
struct Automount<'a> {
    home: Home<'a>,
    is_off: bool,
}

impl<'a> Accounts<'a> {
    pub(crate) fn new(inventory: &Inventory<'a>) -> Self {
        let mut accounts = Self {
            exact: HashMap::default(),
            by_name: HashMap::default(),
        };
        for object in inventory.of_kind("", "ServiceAccount") {
            let field = object.node.get("automountServiceAccountToken");
            let automount = Automount {
                home: Home::of(object),
                is_off: field.is_some_and(Node::is_false),
            };
            let key = (object.name, object.namespace);
            accounts.exact.entry(key).or_default().push(automount);
            let named = accounts.by_name.entry(object.name).or_default();
            named.push(automount);
        }
        accounts
    }

    /// Whether the pod gets the token of its service account mounted: its own field decides, then that
    /// of the account, then it does.
    pub(crate) fn mount_token(&self, pod: &Pod<'a>) -> bool {
        let field = pod.spec.get("automountServiceAccountToken");
        match field.and_then(Node::as_bool) {
            Some(mounts) => mounts,
            None => !self.is_off(name(pod), Home::of(&pod.resource)),
        }
    }

    /// Whether the account of a pod, in the scan, gives its token only to pods that ask for it.
    pub(crate) fn wait_to_be_asked(&self, pod: &Pod<'a>) -> bool {
        self.is_off(name(pod), Home::of(&pod.resource))
    }

    /// Whether the pod holds a token for the API, mounted by default or by a volume of its own.
    pub(crate) fn give_token(&self, pod: &Pod<'a>) -> bool {
        self.mount_token(pod) || projected_tokens(pod).any(|token| token.get("audience").is_none())
    }

    /// Whether every account that is meant says `automountServiceAccountToken: false`.
    fn is_off(&self, name: &str, home: Home<'_>) -> bool {
        let mut seen = false;
        let mut all_off = true;
        let mut look = |accounts: Option<&Vec<Automount<'_>>>| {
            for account in accounts.into_iter().flatten() {
                if account.home.meets(&home) {
                    seen = true;
                    all_off &= account.is_off;
                }
            }
        };
        if home.namespace.is_some() {
            look(self.exact.get(&(name, home.namespace)));
            look(self.exact.get(&(name, None)));
        } else {
            look(self.by_name.get(name));
        }
        seen && all_off
    }
}

/// The tokens that a pod projects into volumes.
pub(crate) fn projected_tokens<'a>(pod: &Pod<'a>) -> impl Iterator<Item = Node<'a>> {
    pod.volumes()
        .filter_map(|volume| volume.get("projected"))
        .flat_map(|projected| projected.list("sources"))
        .filter_map(|source| source.get("serviceAccountToken"))
        .filter(|token| token.is_mapping())
}
