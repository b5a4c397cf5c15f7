//! The clusters that the objects of a scan may be: overlays of a repository have objects of one name that differ.

use std::{collections::BTreeMap, sync::Arc};

use ringwall_policy::{
    admission::{GroupVersionKind, KnownObjects, label_namespace},
    bundle::Bundle,
};
use serde_json::Value;

/// Most clusters that are judged in.
pub(super) const MAX_WORLDS: usize = 32;

/// All objects of a scan and of the folder of policies.
pub(super) struct Worlds {
    /// Of several objects of one name the last.
    pub(super) known: KnownObjects,
    /// Others that a policy may decide otherwise in, as namespaces or parameters differ.
    pub(super) others: Vec<KnownObjects>,
    /// Whether there are more.
    pub(super) are_cut: bool,
}

impl Worlds {
    pub(super) fn of<'o>(bundle: &Bundle, objects: impl Iterator<Item = &'o Value>) -> Self {
        let mut asked_for = bundle.wanted().params;
        asked_for.insert(GroupVersionKind::new("v1", "Namespace"));
        let mut known = bundle.objects().clone();
        let mut rivals: BTreeMap<_, Vec<Arc<Value>>> = BTreeMap::new();
        let beside = bundle.objects().iter().cloned();
        for object in beside.chain(objects.map(|object| Arc::new(object.clone()))) {
            let kind = GroupVersionKind::of(&object);
            if asked_for.contains(&kind) {
                let mut object = Value::clone(&object);
                label_namespace(&mut object);
                let text = |name: &str| {
                    let text = object.pointer(name).and_then(Value::as_str);
                    text.unwrap_or_default().to_owned()
                };
                let place = (kind, text("/metadata/namespace"), text("/metadata/name"));
                let of_name = rivals.entry(place);
                let of_name = of_name.or_default();
                // The last is the first choice.
                of_name.retain(|other| **other != object);
                of_name.insert(0, Arc::new(object));
            }
            known.insert(object);
        }
        rivals.retain(|_, of_name| of_name.len() > 1);
        let count = rivals.values().fold(1_usize, |count, of_name| {
            count.saturating_mul(of_name.len())
        });
        // Each with each: which of them are in one cluster, nobody says.
        let other = |number: usize| {
            let mut other = known.clone();
            let mut rest = number;
            for of_name in rivals.values() {
                if let Some(rival) = of_name.get(rest % of_name.len()) {
                    other.insert(Arc::clone(rival));
                }
                rest /= of_name.len();
            }
            other
        };
        Self {
            others: (1..count.min(MAX_WORLDS)).map(other).collect(),
            are_cut: count > MAX_WORLDS,
            known,
        }
    }
}
