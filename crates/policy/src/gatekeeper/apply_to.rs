//! `applyTo`: the groups, versions and kinds that a mutator or expansion is about. There are no globs.

use serde_json::{Value, json};

use super::read::texts;
use crate::admission::GroupVersionKind;

/// One entry of `applyTo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApplyTo {
    groups: Vec<String>,
    versions: Vec<String>,
    kinds: Vec<String>,
}

impl ApplyTo {
    pub(crate) fn parse(written: &Value) -> Self {
        Self {
            groups: texts(written, "groups"),
            versions: texts(written, "versions"),
            kinds: texts(written, "kinds"),
        }
    }

    pub(crate) fn groups(&self) -> &[String] {
        &self.groups
    }

    pub(crate) fn kinds(&self) -> &[String] {
        &self.kinds
    }

    /// Whether group, version and kind are all given.
    pub(crate) fn is_complete(&self) -> bool {
        !self.groups.is_empty() && !self.versions.is_empty() && !self.kinds.is_empty()
    }

    pub(crate) fn contains(&self, kind: &GroupVersionKind) -> bool {
        self.groups.contains(&kind.group)
            && self.versions.contains(&kind.version)
            && self.kinds.contains(&kind.kind)
    }

    /// Every combination.
    pub(crate) fn all(&self) -> impl Iterator<Item = GroupVersionKind> {
        self.groups.iter().flat_map(move |group| {
            self.versions.iter().flat_map(move |version| {
                self.kinds.iter().map(move |kind| GroupVersionKind {
                    group: group.clone(),
                    version: version.clone(),
                    kind: kind.clone(),
                })
            })
        })
    }
}

/// The schema of one entry without more fields.
pub(crate) fn schema() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {"groups": texts, "versions": texts, "kinds": texts},
    })
}
