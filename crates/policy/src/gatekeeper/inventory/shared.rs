//! Values of Rego of which those that are alike are kept once: objects of a cluster repeat each other.
//!
//! Names of fields, short texts, and every object inside of another are looked up among those that are there.
//! What a replica set makes, and who manages which field of it, then costs next to nothing from the second on.
//! This is hash consing: the members of an object are the kept ones already when it is looked up itself, so that
//! it is compared by where they are, and never in depth.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
    mem,
    sync::Arc,
};

use ringwall_input::yaml::{self, Node};
use ringwall_rego::{Need, Object, Value as Rego};
use serde_json::Value;

use crate::manifest;

/// Longest text that is kept once.
const MAX_TEXT: usize = 32;

/// Texts and objects that are kept at first before those that nobody holds any more are let go.
const FIRST_SWEEP: usize = 16_384;

/// Texts and objects that are kept once.
#[derive(Debug, Default)]
pub(super) struct Shared {
    texts: HashSet<Arc<str>>,
    objects: HashSet<Member>,
    /// How many may be kept before the next look for what nobody holds.
    sweep_at: usize,
}

impl Shared {
    /// JSON as a value of Rego.
    pub(super) fn json(&mut self, json: &Value) -> Rego {
        match json {
            Value::String(text) => Rego::String(self.text(text)),
            Value::Array(items) => Rego::Array(items.iter().map(|item| self.json(item)).collect()),
            Value::Object(fields) => {
                let entries = fields.iter();
                let entries = entries.map(|(name, field)| (self.name(name), self.json(field)));
                let entries = entries.collect();
                self.object(entries)
            }
            other => Rego::from(other),
        }
    }

    /// What is needed of YAML as a value of Rego, the same that its [JSON](manifest::to_json) is.
    pub(super) fn node(&mut self, node: Node<'_>, need: &Need) -> Rego {
        match node.value() {
            yaml::Value::String(text) => Rego::String(self.text(text)),
            yaml::Value::Sequence => {
                let items = node.items().filter_map(|item| Some((item, need.item()?)));
                Rego::Array(items.map(|(item, need)| self.node(item, need)).collect())
            }
            yaml::Value::Mapping => {
                let entries = node.entries().into_iter().filter_map(|(key, field)| {
                    let need = need.member(key.text())?;
                    Some((self.name(key.text()), self.node(field, need)))
                });
                let entries = entries.collect();
                self.object(entries)
            }
            _ => Rego::from(&manifest::to_json(node)),
        }
    }

    fn name(&mut self, name: &str) -> Rego {
        Rego::String(self.text(name))
    }

    /// A text; short ones are kept once.
    pub(super) fn text(&mut self, text: &str) -> Arc<str> {
        if text.len() > MAX_TEXT {
            return Arc::from(text);
        }
        if let Some(kept) = self.texts.get(text) {
            return Arc::clone(kept);
        }
        let kept: Arc<str> = Arc::from(text);
        self.texts.insert(Arc::clone(&kept));
        kept
    }

    fn object(&mut self, entries: Vec<(Rego, Rego)>) -> Rego {
        let object = Member(Arc::new(Object::from_entries(entries)));
        if let Some(kept) = self.objects.get(&object) {
            return Rego::Object(Arc::clone(&kept.0));
        }
        self.objects.insert(Member(Arc::clone(&object.0)));
        Rego::Object(object.0)
    }

    /// Lets go of what nobody else holds, now and then: the work stays in proportion to what is added.
    ///
    /// Not while a value is made, whose parts only its maker holds.
    pub(super) fn sweep(&mut self) {
        if self.texts.len() + self.objects.len() < self.sweep_at.max(FIRST_SWEEP) {
            return;
        }
        // An object holds its members, so each round lets go of those that only the round before held.
        let mut kept = self.objects.len();
        loop {
            self.objects
                .retain(|object| Arc::strong_count(&object.0) > 1);
            if mem::replace(&mut kept, self.objects.len()) == kept {
                break;
            }
        }
        self.texts.retain(|text| Arc::strong_count(text) > 1);
        self.sweep_at = 2 * (self.texts.len() + self.objects.len());
    }
}

/// An object whose members are kept ones.
#[derive(Clone, Debug)]
struct Member(Arc<Object>);

impl Hash for Member {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for (key, value) in self.0.entries() {
            hash(key, state);
            hash(value, state);
        }
    }
}

impl PartialEq for Member {
    fn eq(&self, other: &Self) -> bool {
        let (own, other) = (self.0.entries(), other.0.entries());
        own.len() == other.len()
            && (own.iter().zip(other)).all(|(a, b)| is_same(&a.0, &b.0) && is_same(&a.1, &b.1))
    }
}

impl Eq for Member {}

fn hash(value: &Rego, state: &mut impl Hasher) {
    mem::discriminant(value).hash(state);
    match value {
        Rego::String(text) => text.hash(state),
        Rego::Object(object) => Arc::as_ptr(object).hash(state),
        Rego::Array(items) => {
            items.len().hash(state);
            items.iter().for_each(|item| hash(item, state));
        }
        // These are few; those of one kind meet in one place and are compared.
        Rego::Null | Rego::Bool(_) | Rego::Number(_) | Rego::Set(_) => {}
    }
}

/// Whether two values are the same for everybody who may ever look. Numbers are by their texts: `1.0` is not `1`.
fn is_same(a: &Rego, b: &Rego) -> bool {
    match (a, b) {
        (Rego::Object(a), Rego::Object(b)) => Arc::ptr_eq(a, b),
        (Rego::Array(a), Rego::Array(b)) => {
            a.len() == b.len() && a.iter().zip(&**b).all(|(a, b)| is_same(a, b))
        }
        (Rego::Number(a), Rego::Number(b)) => a.to_string() == b.to_string(),
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn field<'v>(value: &'v Rego, name: &str) -> &'v Arc<Object> {
        match value {
            Rego::Object(object) => match object.get_str(name) {
                Some(Rego::Object(field)) => field,
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_alike_is_kept_once_and_nothing_else() {
        let mut shared = Shared::default();
        let make = |shared: &mut Shared, name: &str, port: Value| {
            shared.json(
                &json!({"name": name, "deep": {"limits": {"cpu": "1"}, "ports": [{"port": port}]}}),
            )
        };
        let one = make(&mut shared, "a", json!(80));
        let alike = make(&mut shared, "b", json!(80));
        let other = make(&mut shared, "a", json!(81));
        let equal_but_not_alike = make(&mut shared, "a", json!(80.0));
        assert!(Arc::ptr_eq(field(&one, "deep"), field(&alike, "deep")));
        for differs in [&other, &equal_but_not_alike] {
            assert!(!Arc::ptr_eq(field(&one, "deep"), field(differs, "deep")));
        }
        let limits = |value: &Rego| match field(value, "deep").get_str("limits") {
            Some(Rego::Object(limits)) => Arc::clone(limits),
            other => panic!("{other:?}"),
        };
        assert!(Arc::ptr_eq(&limits(&one), &limits(&other)));
        assert_eq!(
            alike.to_json(),
            json!({"name": "b", "deep": {"limits": {"cpu": "1"}, "ports": [{"port": 80}]}})
        );
    }

    #[test]
    fn what_nobody_holds_is_let_go_however_deep_it_lies() {
        let mut shared = Shared::default();
        let held = shared.json(&json!({"held": {"a": 1}}));
        for number in 0..FIRST_SWEEP {
            shared.json(&json!({"gone": {"deeper": {"number": number.to_string()}}}));
            shared.sweep();
        }
        assert!(
            shared.objects.len() < FIRST_SWEEP,
            "{}",
            shared.objects.len()
        );
        assert!(shared.texts.len() < FIRST_SWEEP, "{}", shared.texts.len());
        let again = shared.json(&json!({"held": {"a": 1}}));
        assert!(matches!((&held, &again), (Rego::Object(a), Rego::Object(b)) if Arc::ptr_eq(a, b)));
    }
}
