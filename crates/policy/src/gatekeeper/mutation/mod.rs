//! Mutators: changes to objects before they are judged and stored.
//!
//! All mutators that match are applied in a fixed order, again and again, until nothing changes any more.
//! Mutators that see an object differently are in conflict and left out, as `conflict` finds them.

mod apply;
mod conflict;
mod image;
mod location;
mod mutator;
mod path_test;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use thiserror::Error;

use super::{
    external_data::{ExternalData, Item},
    matching::{Candidate, MatchError, ObjectSource},
};
use crate::admission::{GroupVersionKind, Operation};

use apply::{Draft, apply};
use conflict::Claim;
use mutator::{ExternalValue, OPERATIONS, OnFailure};

pub use location::{Location, LocationError};
pub(crate) use mutator::GROUP;
pub use mutator::Mutator;

/// Annotation that lists what was applied.
const APPLIED: &str = "gatekeeper.sh/mutations";
/// Annotation with the identity of one mutation.
const IDENTITY: &str = "gatekeeper.sh/mutation-id";

/// All mutators.
#[derive(Clone, Debug, Default)]
pub struct Mutators {
    /// By kind and name.
    mutators: Vec<Mutator>,
    /// By index, each with those it disagrees with.
    conflicts: BTreeMap<usize, BTreeSet<usize>>,
}

/// What is to be mutated, and what is known about it.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The object.
    pub object: &'a Value,
    /// Namespace of the request; empty for an object of the cluster.
    pub namespace: &'a str,
    /// The namespace it is in, if known.
    pub namespace_object: Option<&'a Value>,
    /// Name of the user.
    pub user: &'a str,
    /// Whether it was sent or made.
    pub source: ObjectSource,
    /// What is being done; `None` without a request: then only mutators of all operations are applied.
    pub operation: Option<Operation>,
}

/// What mutators made of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Mutation {
    /// The object; as it was if nothing was applied.
    pub object: Value,
    /// Titles of the mutators that were applied, sorted; empty if nothing changed.
    pub applied: Vec<String>,
    /// Rounds that it took, the last of which changed nothing; 0 if nothing changed.
    pub iterations: usize,
    marks: BTreeSet<String>,
}

impl Mutation {
    /// Notes on the object what was applied, under an identity that the caller gives.
    pub fn annotate(&mut self, identity: &str) {
        if self.applied.is_empty() {
            return;
        }
        let marks: Vec<_> = self.marks.iter().map(String::as_str).collect();
        let annotations = field(&mut self.object, "metadata")
            .and_then(|metadata| field(metadata, "annotations"))
            .and_then(Value::as_object_mut);
        if let Some(annotations) = annotations {
            annotations.insert(APPLIED.to_owned(), Value::String(marks.join(", ")));
            annotations.insert(IDENTITY.to_owned(), Value::String(identity.to_owned()));
        }
    }
}

/// Why an object cannot be mutated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MutationError {
    /// Nobody can say whether a mutator is about the object.
    #[error("{mutator}: {source}")]
    Match {
        /// Title of the mutator.
        mutator: String,
        /// Why not.
        source: MatchError,
    },
    /// The object is not what a mutator takes it for.
    #[error("{mutator} cannot be applied: {message}")]
    Apply {
        /// Title of the mutator.
        mutator: String,
        /// What is in the way.
        message: String,
    },
    /// Mutators undo what others do.
    #[error("mutators still change the object after {iterations} rounds: {}", mutators.join(", "))]
    NotConverging {
        /// Rounds that were tried.
        iterations: usize,
        /// Titles of the mutators of the last round.
        mutators: Vec<String>,
    },
    /// A provider gave no value.
    #[error("{}", messages.join("; "))]
    ExternalData {
        /// What is said about each place.
        messages: Vec<String>,
    },
}

/// A mutator that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Title of the mutator.
    pub mutator: String,
    /// Titles of those it disagrees with.
    pub others: Vec<String>,
}

impl Mutators {
    /// The mutators, by kind and name.
    pub(crate) fn all(&self) -> &[Mutator] {
        &self.mutators
    }

    /// Puts mutators in their order and finds their conflicts. Of two with one kind and name the later counts.
    pub fn new(mutators: impl IntoIterator<Item = Mutator>) -> Self {
        let by_id: BTreeMap<_, _> = mutators
            .into_iter()
            .map(|mutator| ((mutator.kind, mutator.name.clone()), mutator))
            .collect();
        let mutators: Vec<_> = by_id.into_values().collect();
        let conflicts = conflicts(&mutators);
        Self {
            mutators,
            conflicts,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.mutators.is_empty()
    }

    /// How many there are, those that are left out included.
    pub fn len(&self) -> usize {
        self.mutators.len()
    }

    /// The mutators that are left out.
    pub fn conflicts(&self) -> impl Iterator<Item = Conflict> {
        let title = |index: &usize| self.mutators.get(*index).map(Mutator::title);
        self.conflicts.iter().map(move |(index, others)| Conflict {
            mutator: title(index).unwrap_or_default(),
            others: others.iter().filter_map(title).collect(),
        })
    }

    /// Applies everything that matches until nothing changes.
    pub fn mutate(
        &self,
        target: &Target<'_>,
        providers: &dyn ExternalData,
    ) -> Result<Mutation, MutationError> {
        let unchanged = Mutation {
            object: target.object.clone(),
            applied: Vec::new(),
            iterations: 0,
            marks: BTreeSet::new(),
        };
        let is_supported = target
            .operation
            .is_none_or(|operation| OPERATIONS.contains(&operation));
        if self.mutators.is_empty() || !is_supported || !target.object.is_object() {
            return Ok(unchanged);
        }
        let mut draft = Draft {
            object: target.object.clone(),
            pending: BTreeMap::new(),
        };
        let mut applied = BTreeSet::new();
        let mut last = Vec::new();
        let rounds = self.mutators.len() + 1;
        for iteration in 1..=rounds {
            let before = draft.clone();
            last = self.round(target, &mut draft)?;
            if last.is_empty() || before == draft {
                if iteration == 1 {
                    return Ok(unchanged);
                }
                resolve(&mut draft, providers)?;
                let of_applied = || applied.iter().filter_map(|&index| self.mutators.get(index));
                return Ok(Mutation {
                    object: draft.object,
                    applied: of_applied().map(Mutator::title).collect(),
                    iterations: iteration,
                    marks: of_applied().map(Mutator::mark).collect(),
                });
            }
            applied.extend(last.iter().copied());
        }
        Err(MutationError::NotConverging {
            iterations: rounds,
            mutators: (last.iter())
                .filter_map(|&index| self.mutators.get(index))
                .map(Mutator::title)
                .collect(),
        })
    }

    /// Applies each mutator once; which were applied.
    fn round(&self, target: &Target<'_>, draft: &mut Draft) -> Result<Vec<usize>, MutationError> {
        let mut applied = Vec::new();
        for (index, mutator) in self.mutators.iter().enumerate() {
            if self.conflicts.contains_key(&index) || !mutator.is_about(target, &draft.object)? {
                continue;
            }
            let is_applied = with_namespace(draft, target.namespace, |draft| {
                apply(mutator, target.user, draft)
            });
            match is_applied {
                Ok(true) => applied.push(index),
                Ok(false) => {}
                Err(message) => {
                    return Err(MutationError::Apply {
                        mutator: mutator.title(),
                        message,
                    });
                }
            }
        }
        Ok(applied)
    }
}

impl Mutator {
    fn is_about(&self, target: &Target<'_>, object: &Value) -> Result<bool, MutationError> {
        if !self.applies_to(&GroupVersionKind::of(object), target.operation) {
            return Ok(false);
        }
        let candidate = Candidate::new(
            object,
            Some(target.namespace),
            target.namespace_object,
            target.source,
        );
        match self.matchers.mismatch(&candidate) {
            Ok(mismatch) => Ok(mismatch.is_none()),
            Err(source) => Err(MutationError::Match {
                mutator: self.title(),
                source,
            }),
        }
    }
}

/// Runs something on an object that says the namespace of its request, and takes that off again.
fn with_namespace<R>(draft: &mut Draft, namespace: &str, run: impl FnOnce(&mut Draft) -> R) -> R {
    let has_own = |object: &Value| {
        let own = object
            .pointer("/metadata/namespace")
            .and_then(Value::as_str);
        own.is_some_and(|own| !own.is_empty())
    };
    let had_metadata = draft.object.get("metadata").is_some();
    if namespace.is_empty() || has_own(&draft.object) {
        return run(draft);
    }
    if let Some(metadata) = field(&mut draft.object, "metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".to_owned(), Value::String(namespace.to_owned()));
    }
    let result = run(draft);
    if let Some(object) = draft.object.as_object_mut() {
        let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
        let is_empty = metadata.is_some_and(|metadata| {
            metadata.remove("namespace");
            metadata.is_empty()
        });
        if is_empty && !had_metadata {
            object.remove("metadata");
        }
    }
    result
}

/// A field of an object, made if it is missing; `None` if the value is no object.
fn field<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let fields = value.as_object_mut()?;
    Some(
        fields
            .entry(name.to_owned())
            .or_insert_with(|| Value::Object(Map::new())),
    )
}

fn conflicts(mutators: &[Mutator]) -> BTreeMap<usize, BTreeSet<usize>> {
    let mut claims: BTreeMap<(GroupVersionKind, Operation), BTreeMap<usize, Claim<'_>>> =
        BTreeMap::new();
    for (index, mutator) in mutators.iter().enumerate() {
        for scope in mutator.apply_to.iter().flatten() {
            for kind in scope.kinds.all() {
                for &operation in &scope.operations {
                    let claim = Claim {
                        mutator: index,
                        location: &mutator.location,
                        end: mutator.end(),
                        is_final: mutator.is_final(),
                    };
                    let of_binding = claims.entry((kind.clone(), operation)).or_default();
                    of_binding.insert(index, claim);
                }
            }
        }
    }
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for of_binding in claims.into_values() {
        let of_binding: Vec<_> = of_binding.into_values().collect();
        for (mutator, others) in conflict::conflicts(&of_binding) {
            found.entry(mutator).or_default().extend(others);
        }
    }
    found
}

/// Puts what providers say where it is waited for; each provider is asked once.
fn resolve(draft: &mut Draft, providers: &dyn ExternalData) -> Result<(), MutationError> {
    let mut keys: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut waiting = Vec::with_capacity(draft.pending.len());
    for (pointer, external) in &draft.pending {
        let key = draft.object.pointer(pointer).and_then(Value::as_str);
        let key = key.unwrap_or("").to_owned();
        keys.entry(&external.provider)
            .or_default()
            .insert(key.clone());
        waiting.push((pointer.clone(), external.clone(), key));
    }
    let answers: BTreeMap<String, _> = keys
        .into_iter()
        .map(|(provider, keys)| {
            let keys: Vec<_> = keys.into_iter().collect();
            (provider.to_owned(), ask(providers, provider, &keys))
        })
        .collect();
    let mut messages = Vec::new();
    for (pointer, external, key) in waiting {
        let value = match answers.get(&external.provider) {
            Some(Ok(items)) => value_of(items, &external.provider, &key),
            Some(Err(message)) => Err(message.clone()),
            None => Err(format!("provider {} was not asked", external.provider)),
        };
        match value.or_else(|message| instead(&external, &key, message)) {
            Ok(value) => {
                if let Some(slot) = draft.object.pointer_mut(&pointer) {
                    *slot = Value::String(value);
                }
            }
            Err(message) => messages.push(message),
        }
    }
    draft.pending.clear();
    if messages.is_empty() {
        Ok(())
    } else {
        Err(MutationError::ExternalData { messages })
    }
}

fn ask(providers: &dyn ExternalData, provider: &str, keys: &[String]) -> Result<Vec<Item>, String> {
    let response = (providers.fetch(provider, keys))
        .map_err(|error| format!("provider {provider} cannot be asked: {error}"))?;
    if !response.system_error.trim().is_empty() {
        let error = &response.system_error;
        return Err(format!("provider {provider} failed: {error}"));
    }
    if !response.is_idempotent {
        return Err(format!("provider {provider} is not idempotent"));
    }
    Ok(response.items)
}

fn value_of(items: &[Item], provider: &str, key: &str) -> Result<String, String> {
    let item = items
        .iter()
        .rev()
        .find(|item| item.key == key)
        .ok_or_else(|| format!("provider {provider} says nothing about `{key}`"))?;
    if !item.error.is_empty() {
        let error = &item.error;
        return Err(format!(
            "provider {provider} has no value of `{key}`: {error}"
        ));
    }
    match &item.value {
        Value::String(value) => Ok(value.clone()),
        _ => Err(format!("provider {provider} gives no text for `{key}`")),
    }
}

fn instead(external: &ExternalValue, key: &str, message: String) -> Result<String, String> {
    match &external.on_failure {
        OnFailure::Fail => Err(message),
        OnFailure::Ignore => Ok(key.to_owned()),
        OnFailure::Default(value) => Ok(value.clone()),
    }
}

#[cfg(test)]
mod tests;
