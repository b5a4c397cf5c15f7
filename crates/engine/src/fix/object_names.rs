//! Names of objects, which a fix that brings one must not take a second time: of two with one name `kubectl apply`
//! keeps the last.

use std::collections::HashSet;

use ringwall_input::{
    kubernetes::{ObjectDocument, Resource, objects},
    yaml::Document,
};

use crate::file::Judged;

/// Group, kind, namespace and name.
type Name = (String, String, Option<String>, String);

/// How many objects have the kind, the namespace and the name of another one before them.
pub(super) fn namesakes(judged: &Judged) -> usize {
    let mut seen = HashSet::new();
    names(&judged.documents)
        .filter(|name| !seen.insert(name.clone()))
        .count()
}

fn names(documents: &[Document]) -> impl Iterator<Item = Name> {
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
