//! The fields of every built-in kind: what a strict API server accepts.
//!
//! Nothing of the tables under `data/` is read at start; later the list of kinds, where the lines of the
//! types begin, and a type's fields, each when first asked for: thousands of objects have few types.
//! [`validate()`] walks an object beside its type.

mod form;
mod lifecycle;
mod merging;
mod required;
mod rule;
mod schedule;
mod shape;
mod suggest;
mod table;
#[cfg(test)]
mod tests;
mod type_ref;
mod validate;

use std::{collections::HashMap, sync::LazyLock};

use foldhash::fast::RandomState;
use table::Words;

pub use form::Form;
pub use lifecycle::{ApiLifecycle, Release, api_lifecycle};
pub use merging::Merging;
pub use rule::Rule;
pub use shape::{Choices, Field, Item, Shape};
pub use suggest::suggest;
pub use type_ref::TypeRef;
pub(crate) use validate::is_placeholder;
pub use validate::{Violation, ViolationKind, validate, validate_as};

static BUILTIN: Schema = Schema {
    kinds: include_str!("../../data/kinds.txt"),
    types: include_str!("../../data/types.txt"),
};

/// Kinds and the types they are made of.
#[derive(Debug)]
pub struct Schema {
    kinds: &'static str,
    types: &'static str,
}

/// A kind in one API version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// Group and version, `apps/v1`, or the version alone for the core group.
    pub api_version: &'static str,
    /// `Deployment`.
    pub kind: &'static str,
    words: Words,
}

/// Every kind, sorted by API version and name.
static KINDS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let lines = BUILTIN.kinds.lines().filter_map(table::Line::new);
    lines.map(Kind::new).collect()
});

/// The same by API version and name: several checks ask about each object.
static BY_NAME: LazyLock<HashMap<(&str, &str), Kind, RandomState>> = LazyLock::new(|| {
    let kinds = KINDS.iter().copied();
    kinds
        .map(|kind| ((kind.api_version, kind.kind), kind))
        .collect()
});

/// The kinds of Kubernetes itself, of Gateway API, and of the files its components are configured with.
pub fn builtin() -> &'static Schema {
    &BUILTIN
}

/// Whether objects of this kind live in a namespace. Nothing is said of lists and of configuration files.
pub fn is_namespaced(api_version: &str, kind: &str) -> Option<bool> {
    BUILTIN.known(api_version, kind)?.is_namespaced()
}

/// The kind's name in paths and RBAC rules: `deployments`, `pods/eviction`.
pub fn resource_name(api_version: &str, kind: &str) -> Option<&'static str> {
    BUILTIN.known(api_version, kind)?.resource_name()
}

impl Schema {
    /// The type of a kind. Nothing if the kind is unknown; see [`Schema::known`] for kinds known by name only.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<TypeRef> {
        self.known(api_version, kind)?.type_ref()
    }

    /// What is known of a kind.
    pub fn known(&self, api_version: &str, kind: &str) -> Option<Kind> {
        BY_NAME.get(&(api_version, kind)).copied()
    }

    /// Whether this group and version holds built-in kinds, so that an unknown kind in it is a mistake.
    pub fn knows_group(&self, api_version: &str) -> bool {
        self.kinds_of(api_version).next().is_some()
    }

    /// Every kind, sorted by API version and name.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        KINDS.iter().copied()
    }

    /// The kinds of one group and version.
    pub fn kinds_of<'a>(&self, api_version: &'a str) -> impl Iterator<Item = Kind> + use<'a> {
        let kinds: &'static [Kind] = &KINDS;
        let first = kinds.partition_point(|kind| kind.api_version < api_version);
        let from = kinds.get(first..).unwrap_or_default().iter().copied();
        from.take_while(move |kind| kind.api_version == api_version)
    }

    /// Every type, sorted by package and name.
    pub fn types(&self) -> impl Iterator<Item = TypeRef> + use<> {
        self.types
            .lines()
            .filter_map(table::Line::new)
            .filter_map(|line| TypeRef::find(line.first, line.second))
    }
}

impl Kind {
    fn new(line: table::Line) -> Self {
        Self {
            api_version: line.first,
            kind: line.second,
            words: line.rest,
        }
    }

    /// The kind's fields, if they are known.
    pub fn type_ref(&self) -> Option<TypeRef> {
        let (package, name) = self.words.value("type")?.split_once('.')?;
        TypeRef::find(package, name)
    }

    /// Whether its objects live in a namespace.
    pub fn is_namespaced(&self) -> Option<bool> {
        let scope = self.words.value("scope")?;
        Some(scope == "namespaced")
    }

    /// Its name in paths and RBAC rules.
    pub fn resource_name(&self) -> Option<&'static str> {
        self.words.value("plural")
    }

    /// The releases that deprecate and remove it, if there are any.
    pub fn lifecycle(&self) -> Option<ApiLifecycle> {
        ApiLifecycle::new(self.words)
    }
}
