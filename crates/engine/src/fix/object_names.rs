//! Names of objects, which a fix that brings one must not take a second time: of two with one name `kubectl apply`
//! keeps the last.

use std::{cell::RefCell, collections::HashSet};

use ringwall_input::{
    kubernetes::{ObjectDocument, Resource, objects},
    yaml::Document,
};

use crate::file::Judged;

/// Group, kind, namespace and name.
pub(crate) type Name = (String, String, Option<String>, String);

/// How many objects have the kind, the namespace and the name of another one before them.
pub(super) fn namesakes(judged: &Judged) -> usize {
    let mut seen = HashSet::new();
    names(&judged.documents)
        .filter(|name| !seen.insert(name.clone()))
        .count()
}

/// Names of the objects in some documents.
pub(crate) fn names(documents: &[Document]) -> impl Iterator<Item = Name> {
    let objects = documents.iter().map(objects);
    let objects = objects.flat_map(|found| match found {
        ObjectDocument::Objects(objects) => objects,
        _ => Vec::new(),
    });
    let named = objects.filter(|object| !object.name.is_empty());
    named.map(|object: Resource<'_>| {
        (
            object.group().to_owned(),
            object.kind.to_owned(),
            object.namespace.map(str::to_owned),
            object.name.to_owned(),
        )
    })
}

/// Whether a text may hold objects of the kind that fixes bring.
pub(crate) fn may_matter(judged: &Judged) -> bool {
    judged.source.text.contains("NetworkPolicy")
}

/// The names of a scan that fixes must not take, and those that they took.
pub(super) struct ScanNames<'a> {
    known: &'a HashSet<Name>,
    taken: RefCell<HashSet<Name>>,
}

impl<'a> ScanNames<'a> {
    pub(super) fn new(known: &'a HashSet<Name>) -> Self {
        Self {
            known,
            taken: RefCell::default(),
        }
    }

    /// Takes the names of the objects that edits brought, or none where one of them is taken.
    pub(super) fn take(&self, before: &Judged, after: &Judged) -> bool {
        let mut taken = self.taken.borrow_mut();
        let old: HashSet<Name> = names(&before.documents).collect();
        let brought: Vec<Name> = names(&after.documents)
            .filter(|name| !old.contains(name))
            .collect();
        let is_free = !brought
            .iter()
            .any(|name| self.known.contains(name) || taken.contains(name));
        if is_free {
            taken.extend(brought);
        }
        is_free
    }
}
