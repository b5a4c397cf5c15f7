//! What policies said of each object, in as little memory as it takes.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use ringwall_policy::admission::{Action, Verdict, Violation};

/// Most violations that are kept of one object; the others are counted.
pub(super) const MAX_STORED: usize = 50;

/// Longest message that is kept, in bytes.
pub(super) const MAX_MESSAGE: usize = 512;

/// An object of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectKey {
    /// Which of the watched resources it belongs to.
    pub resource: u16,
    /// Its namespace; empty for objects of the cluster. Shared by all objects in it.
    pub namespace: Arc<str>,
    /// Its name.
    pub name: Box<str>,
}

/// One violation as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The policy, shared by all its violations.
    pub policy: Arc<str>,
    /// What would follow at admission.
    pub action: Action,
    /// Whether the policy could give no answer.
    pub is_error: bool,
    /// What it says, shortened.
    pub message: Box<str>,
}

/// What is kept of an object that is not in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Identity over time, for the owner of a report.
    pub uid: Box<str>,
    /// The violations.
    pub violations: Box<[Stored]>,
    /// How many there are besides those that are kept.
    pub more: u32,
}

/// How the cluster stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects that were judged.
    pub objects: u64,
    /// Objects that some policy objects to.
    pub violating: u64,
    /// Violations of all of them.
    pub violations: u64,
    /// Policies that could give no answer, counted for each object.
    pub errors: u64,
}

/// What policies said of every object.
#[derive(Default)]
pub struct Results {
    /// Objects in order; their number is all that is known of them besides their names.
    clean: HashSet<ObjectKey>,
    violating: HashMap<ObjectKey, Record>,
    /// Objects whose record changed since they were last asked for.
    dirty: HashSet<ObjectKey>,
    policies: HashSet<Arc<str>>,
    namespaces: HashSet<Arc<str>>,
}

impl Results {
    /// The key of an object; names of namespaces are kept once.
    pub fn key(&mut self, resource: u16, namespace: &str, name: &str) -> ObjectKey {
        ObjectKey {
            resource,
            namespace: shared(&mut self.namespaces, namespace),
            name: name.into(),
        }
    }

    /// Keeps what was said of an object. Whether anything is different from before.
    pub fn set(&mut self, key: ObjectKey, uid: &str, verdict: &Verdict) -> bool {
        if verdict.violations.is_empty() {
            let was_violating = self.violating.remove(&key).is_some();
            if was_violating {
                self.dirty.insert(key.clone());
            }
            let is_new = self.clean.insert(key);
            return was_violating || is_new;
        }
        let kept = verdict.violations.iter().take(MAX_STORED);
        let record = Record {
            uid: uid.into(),
            violations: kept.map(|violation| self.stored(violation)).collect(),
            more: u32::try_from(verdict.violations.len().saturating_sub(MAX_STORED))
                .unwrap_or(u32::MAX),
        };
        self.clean.remove(&key);
        if self.violating.get(&key) == Some(&record) {
            return false;
        }
        self.dirty.insert(key.clone());
        self.violating.insert(key, record);
        true
    }

    /// Forgets an object that is gone.
    pub fn remove(&mut self, key: &ObjectKey) {
        if self.violating.remove(key).is_some() {
            self.dirty.insert(key.clone());
        } else {
            self.clean.remove(key);
        }
    }

    /// Forgets every object of a resource that is not among these: what a new listing did not name is gone.
    pub fn keep_only(&mut self, resource: u16, seen: &HashSet<ObjectKey>) {
        let is_gone = |key: &ObjectKey| key.resource == resource && !seen.contains(key);
        self.clean.retain(|key| !is_gone(key));
        let gone: BTreeSet<_> = self
            .violating
            .extract_if(|key, _| is_gone(key))
            .map(|(key, _)| key)
            .collect();
        self.dirty.extend(gone);
    }

    /// What is kept of an object that is not in order.
    pub fn get(&self, key: &ObjectKey) -> Option<&Record> {
        self.violating.get(key)
    }

    /// The objects whose record changed since the last call, sorted.
    pub fn take_dirty(&mut self) -> Vec<ObjectKey> {
        let mut dirty: Vec<_> = self.dirty.drain().collect();
        dirty.sort();
        dirty
    }

    /// Notes that an object is to be told again, because it could not be told.
    pub fn mark_dirty(&mut self, key: ObjectKey) {
        self.dirty.insert(key);
    }

    /// Every violation, sorted by object.
    pub fn violations(&self) -> impl Iterator<Item = (&ObjectKey, &Stored)> {
        let sorted: BTreeMap<_, _> = self.violating.iter().collect();
        sorted
            .into_iter()
            .flat_map(|(key, record)| record.violations.iter().map(move |stored| (key, stored)))
    }

    /// How the cluster stands.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            objects: (self.clean.len() + self.violating.len()) as u64,
            violating: self.violating.len() as u64,
            ..Summary::default()
        };
        let records: BTreeMap<_, _> = self.violating.iter().collect();
        for record in records.values() {
            let errors = record.violations.iter().filter(|stored| stored.is_error);
            let errors = errors.count() as u64;
            summary.errors += errors;
            summary.violations += record.violations.len() as u64 + u64::from(record.more) - errors;
        }
        summary
    }

    fn stored(&mut self, violation: &Violation) -> Stored {
        Stored {
            policy: shared(&mut self.policies, &violation.policy),
            action: violation.action,
            is_error: violation.is_error,
            message: shortened(&violation.message).into(),
        }
    }
}

fn shared(known: &mut HashSet<Arc<str>>, text: &str) -> Arc<str> {
    if let Some(text) = known.get(text) {
        return Arc::clone(text);
    }
    let text: Arc<str> = text.into();
    known.insert(Arc::clone(&text));
    text
}

/// At most [`MAX_MESSAGE`] bytes, ending between two characters.
fn shortened(message: &str) -> &str {
    let end = (0..=message.len().min(MAX_MESSAGE))
        .rev()
        .find(|end| message.is_char_boundary(*end));
    message.get(..end.unwrap_or(0)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use ringwall_policy::admission::Source;

    use super::*;

    fn verdict(messages: &[&str]) -> Verdict {
        let violation = |message: &&str| {
            Violation::new(Source::Gatekeeper, "K8sPolicy/p", Action::Deny, *message)
        };
        Verdict {
            violations: messages.iter().map(violation).collect(),
            ..Verdict::default()
        }
    }

    #[test]
    fn only_what_changed_is_told_again() {
        let mut results = Results::default();
        let key = results.key(0, "shop", "web");
        assert!(results.set(key.clone(), "u", &verdict(&["no"])));
        assert_eq!(results.take_dirty(), std::slice::from_ref(&key));
        assert!(!results.set(key.clone(), "u", &verdict(&["no"])));
        assert_eq!(results.take_dirty(), []);
        assert!(results.set(key.clone(), "u", &verdict(&[])));
        assert_eq!(results.take_dirty(), std::slice::from_ref(&key));
        assert_eq!(results.get(&key), None);
        assert_eq!(results.summary().objects, 1);
    }

    #[test]
    fn what_a_listing_does_not_name_is_gone() {
        let mut results = Results::default();
        let (web, old) = (results.key(0, "shop", "web"), results.key(0, "shop", "old"));
        let other = results.key(1, "shop", "old");
        for key in [&web, &old, &other] {
            results.set(key.clone(), "u", &verdict(&["no"]));
        }
        results.take_dirty();
        results.keep_only(0, &HashSet::from([web.clone()]));
        assert_eq!(results.take_dirty(), std::slice::from_ref(&old));
        assert!(results.get(&old).is_none() && results.get(&other).is_some());
    }

    #[test]
    fn much_is_cut_and_counted() {
        let mut results = Results::default();
        let key = results.key(0, "", "big");
        let long = "ä".repeat(1_000);
        let messages = vec![long.as_str(); 80];
        results.set(key.clone(), "u", &verdict(&messages));
        let record = results.get(&key).unwrap();
        assert_eq!((record.violations.len(), record.more), (50, 30));
        assert_eq!(record.violations[0].message.len(), 512);
        assert_eq!(results.summary().violations, 80);
    }
}
