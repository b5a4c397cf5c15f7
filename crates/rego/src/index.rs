//! Indexes over base documents: from a value that documents lead to, to those documents.

use std::{collections::BTreeMap, sync::Arc};

use crate::{Value, code::JoinKey, eval::put::member};

/// A document that an index gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// The keys of the walk to it that are not constant, in their order.
    pub(crate) path: Box<[Value]>,
    pub(crate) document: Value,
}

/// Documents by the values they lead to.
#[derive(Clone, Debug)]
pub(crate) struct Index {
    /// What it was made of: the part of the data where the walk starts.
    root: Option<Value>,
    /// `None` if it cannot be made of this: the steps fail for some document.
    found: Option<BTreeMap<Value, Arc<[Candidate]>>>,
}

/// A document that is there now and was not before, or the other way round.
pub(crate) struct Change {
    pub(crate) candidate: Candidate,
    pub(crate) is_added: bool,
}

impl Index {
    /// An index of nothing.
    pub(crate) fn empty() -> Self {
        Self {
            root: None,
            found: Some(BTreeMap::new()),
        }
    }

    /// An index that says that there can be none for a part of the data.
    pub(crate) fn refused(root: Option<Value>) -> Self {
        Self { root, found: None }
    }

    /// Whether it was made of exactly this.
    pub(crate) fn is_of(&self, root: Option<&Value>) -> bool {
        match (&self.root, root) {
            (None, None) => true,
            (Some(a), Some(b)) => is_same(a, b),
            _ => false,
        }
    }

    /// Whether it can be asked.
    pub(crate) fn is_refused(&self) -> bool {
        self.found.is_none()
    }

    /// The documents that lead to a value.
    pub(crate) fn get(&self, value: &Value) -> Option<&Arc<[Candidate]>> {
        self.found.as_ref()?.get(value)
    }

    /// What is to be changed to make it an index of another part of the data.
    pub(crate) fn changes(&self, root: Option<&Value>, keys: &[JoinKey]) -> Vec<Change> {
        let old = if self.is_refused() {
            None
        } else {
            self.root.as_ref()
        };
        let mut changes = Vec::new();
        compare(old, root, keys, &mut Vec::new(), &mut changes);
        changes
    }

    /// Makes it an index of another part of the data, given the values that each change leads to.
    pub(crate) fn apply(&mut self, root: Option<Value>, changes: Vec<(Change, Vec<Value>)>) {
        self.root = root;
        let found = self.found.get_or_insert_default();
        // Lists are taken apart once, however many of their members change.
        let mut open: BTreeMap<Value, Vec<Candidate>> = BTreeMap::new();
        for (change, values) in changes {
            for value in values {
                let list = open.entry(value).or_insert_with_key(|value| {
                    found.get(value).map_or_else(Vec::new, |list| list.to_vec())
                });
                match list.binary_search_by(|one| one.path.cmp(&change.candidate.path)) {
                    Ok(at) if !change.is_added => {
                        list.remove(at);
                    }
                    Ok(at) => {
                        if let Some(place) = list.get_mut(at) {
                            *place = change.candidate.clone();
                        }
                    }
                    Err(at) if change.is_added => list.insert(at, change.candidate.clone()),
                    Err(_) => {}
                }
            }
        }
        for (value, list) in open {
            if list.is_empty() {
                found.remove(&value);
            } else {
                found.insert(value, list.into());
            }
        }
    }
}

/// Whether two values are the same in memory, or small and equal.
pub(crate) fn is_same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => Arc::ptr_eq(a, b),
        (Value::Array(a), Value::Array(b)) => Arc::ptr_eq(a, b),
        (Value::Set(a), Value::Set(b)) => Arc::ptr_eq(a, b),
        _ => a == b,
    }
}

/// Finds the documents at the end of the keys that differ. Parts that both share are passed over.
fn compare(
    old: Option<&Value>,
    new: Option<&Value>,
    keys: &[JoinKey],
    path: &mut Vec<Value>,
    changes: &mut Vec<Change>,
) {
    match (old, new) {
        (None, None) => return,
        (Some(old), Some(new)) if is_same(old, new) => return,
        _ => {}
    }
    let Some((key, rest)) = keys.split_first() else {
        for (document, is_added) in [(old, false), (new, true)] {
            changes.extend(document.map(|document| Change {
                candidate: Candidate {
                    path: path.as_slice().into(),
                    document: document.clone(),
                },
                is_added,
            }));
        }
        return;
    };
    if let JoinKey::Const(key) = key {
        let below = |value: Option<&Value>| value.and_then(|value| member(value, key)).cloned();
        let (old, new) = (below(old), below(new));
        compare(old.as_ref(), new.as_ref(), rest, path, changes);
        return;
    }
    let mut old = Members::of(old);
    let mut new = Members::of(new);
    loop {
        let order = match (old.key(), new.key()) {
            (None, None) => return,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.cmp(&b),
        };
        let key = if order.is_gt() { new.key() } else { old.key() };
        let before = if order.is_le() { old.take() } else { None };
        let after = if order.is_ge() { new.take() } else { None };
        // Most members are shared: no key is pushed for them.
        if let (Some(before), Some(after)) = (before, after)
            && is_same(before, after)
        {
            continue;
        }
        path.extend(key);
        compare(before, after, rest, path, changes);
        path.pop();
    }
}

/// The members of a collection in the order of their keys.
struct Members<'v> {
    value: Option<&'v Value>,
    next: usize,
}

impl<'v> Members<'v> {
    fn of(value: Option<&'v Value>) -> Self {
        Self { value, next: 0 }
    }

    fn key(&self) -> Option<Value> {
        match self.value? {
            Value::Object(object) => object.entries().get(self.next).map(|entry| entry.0.clone()),
            Value::Array(items) => (self.next < items.len())
                .then(|| Value::from(i64::try_from(self.next).unwrap_or(i64::MAX))),
            Value::Set(set) => set.members().get(self.next).cloned(),
            _ => None,
        }
    }

    fn take(&mut self) -> Option<&'v Value> {
        let value = match self.value? {
            Value::Object(object) => object.entries().get(self.next).map(|entry| &entry.1),
            Value::Array(items) => items.get(self.next),
            Value::Set(set) => set.members().get(self.next),
            _ => None,
        };
        self.next += 1;
        value
    }
}
