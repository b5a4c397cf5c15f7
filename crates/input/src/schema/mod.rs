//! The fields of every built-in kind: what a strict API server accepts.
//!
//! The tables under `data/` are searched where they lie; nothing is built at start, and later only where
//! the lines of the types begin, as a walk looks up one for each object in the object.
//! [`validate()`] walks an object beside its type.

mod lifecycle;
mod merging;
mod required;
mod shape;
mod suggest;
mod table;
#[cfg(test)]
mod tests;
mod validate;

use std::sync::LazyLock;

use table::Words;

pub use lifecycle::{ApiLifecycle, Release, api_lifecycle};
pub use merging::Merging;
pub use shape::{Choices, Field, Item, Shape, TypeRef};
pub use suggest::suggest;
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
        let line = table::find(self.kinds, api_version, kind)?;
        Some(Kind::new(line))
    }

    /// Whether this group and version holds built-in kinds, so that an unknown kind in it is a mistake.
    pub fn knows_group(&self, api_version: &str) -> bool {
        self.kinds_of(api_version).next().is_some()
    }

    /// Every kind, sorted by API version and name.
    pub fn kinds(&self) -> impl Iterator<Item = Kind> + use<> {
        self.kinds
            .lines()
            .filter_map(table::Line::new)
            .map(Kind::new)
    }

    /// The kinds of one group and version.
    pub fn kinds_of<'a>(&self, api_version: &'a str) -> impl Iterator<Item = Kind> + use<'a> {
        table::from(self.kinds, api_version, "")
            .lines()
            .filter_map(table::Line::new)
            .map(Kind::new)
            .take_while(move |kind| kind.api_version == api_version)
    }

    /// Every type, sorted by package and name.
    pub fn types(&self) -> impl Iterator<Item = TypeRef> + use<> {
        self.types
            .lines()
            .filter_map(table::Line::new)
            .map(TypeRef::new)
    }

    fn type_ref(&self, package: &str, name: &str) -> Option<TypeRef> {
        static STARTS: LazyLock<Vec<usize>> = LazyLock::new(|| table::line_starts(BUILTIN.types));
        table::find_among(self.types, &STARTS, package, name).map(TypeRef::new)
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
        BUILTIN.type_ref(package, name)
    }

    /// Whether its objects live in a namespace.
    pub fn is_namespaced(&self) -> Option<bool> {
        Some(self.words.value("scope")? == "namespaced")
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
