//! `spec.match`: which objects a constraint or mutator is about, and why not.
//!
//! All given matchers must hold; one that is absent or empty lets everything through.

mod wildcard;

use std::{fmt, sync::OnceLock};

use serde_json::{Map, Value, json};
use thiserror::Error;

use super::schema::Fault;
#[cfg(test)]
use super::schema::Schema;

pub use crate::label_selector::LabelSelector;
pub(crate) use crate::label_selector::is_dns_subdomain;
pub use wildcard::Wildcard;

/// Whether an object was sent by somebody, or follows from one that was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ObjectSource {
    /// Sent, or stored in the cluster.
    #[default]
    Original,
    /// Made by an ExpansionTemplate.
    Generated,
}

impl ObjectSource {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Original => "Original",
            Self::Generated => "Generated",
        }
    }
}

/// The matchers of one constraint or mutator.
#[derive(Clone, Debug, Default)]
pub struct Match {
    source: Option<ObjectSource>,
    kinds: Vec<Kinds>,
    scope: Scope,
    namespaces: Vec<Wildcard>,
    excluded_namespaces: Vec<Wildcard>,
    label_selector: Option<LabelSelector>,
    namespace_selector: Option<LabelSelector>,
    name: Option<Wildcard>,
}

/// Groups and kinds; an empty list and `*` stand for all.
#[derive(Clone, Debug)]
struct Kinds {
    groups: Names,
    kinds: Names,
}

#[derive(Clone, Debug)]
enum Names {
    All,
    These(Vec<String>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scope {
    /// Anything, words that nobody knows included.
    #[default]
    All,
    Cluster,
    Namespaced,
}

/// An object, seen by a matcher.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    group: &'a str,
    kind: &'a str,
    name: &'a str,
    generate_name: &'a str,
    labels: Option<&'a Map<String, Value>>,
    /// Name of the namespace it is in; `None` for an object of the cluster.
    namespace: Option<&'a str>,
    namespace_object: Option<&'a Value>,
    source: ObjectSource,
}

impl<'a> Candidate<'a> {
    /// An object with what is known of its namespace.
    ///
    /// `namespace` is the namespace of the request, which counts where the object does not say its own.
    pub fn new(
        object: &'a Value,
        namespace: Option<&'a str>,
        namespace_object: Option<&'a Value>,
        source: ObjectSource,
    ) -> Self {
        let text = |value: &'a Value, field: &str| value.get(field).and_then(Value::as_str);
        let metadata = object.get("metadata").unwrap_or(&Value::Null);
        let api_version = text(object, "apiVersion").unwrap_or("");
        let non_empty = |name: &&str| !name.is_empty();
        Self {
            group: api_version.split_once('/').map_or("", |(group, _)| group),
            kind: text(object, "kind").unwrap_or(""),
            name: text(metadata, "name").unwrap_or(""),
            generate_name: text(metadata, "generateName").unwrap_or(""),
            labels: metadata.get("labels").and_then(Value::as_object),
            namespace: namespace_object
                .and_then(|object| text(object.get("metadata")?, "name"))
                .or_else(|| text(metadata, "namespace").filter(non_empty))
                .or_else(|| namespace.filter(non_empty)),
            namespace_object,
            source,
        }
    }

    fn is_namespace(&self) -> bool {
        self.group.is_empty() && self.kind == "Namespace"
    }

    /// The name that matchers of namespaces look at: a Namespace is in itself.
    fn in_namespace(&self) -> Option<&'a str> {
        if self.is_namespace() {
            Some(self.name)
        } else {
            self.namespace
        }
    }
}

/// Why a matcher does not let an object through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Not one of `kinds`.
    Kinds {
        /// Group of the object.
        group: String,
        /// Kind of the object.
        kind: String,
    },
    /// Not of `scope`.
    Scope {
        /// The scope that is asked for.
        wanted: &'static str,
    },
    /// In none of `namespaces`.
    Namespaces {
        /// Namespace of the object.
        namespace: String,
    },
    /// In one of `excludedNamespaces`.
    ExcludedNamespaces {
        /// Namespace of the object.
        namespace: String,
        /// The entry that excludes it.
        pattern: String,
    },
    /// Labels do not fit `labelSelector`.
    LabelSelector {
        /// The requirement that does not hold.
        requirement: String,
    },
    /// Labels of the namespace do not fit `namespaceSelector`.
    NamespaceSelector {
        /// The requirement that does not hold.
        requirement: String,
    },
    /// Not named like `name`.
    Name {
        /// Name, or prefix of the name, of the object.
        name: String,
    },
    /// Not of `source`.
    Source {
        /// The source that is asked for.
        wanted: ObjectSource,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kinds { group, kind } if group.is_empty() => {
                write!(f, "match.kinds does not list {kind} of the core group")
            }
            Self::Kinds { group, kind } => {
                write!(f, "match.kinds does not list {kind} of {group}")
            }
            Self::Scope { wanted } => write!(f, "match.scope is {wanted}"),
            Self::Namespaces { namespace } => {
                write!(f, "match.namespaces does not list {namespace}")
            }
            Self::ExcludedNamespaces { namespace, pattern } if namespace == pattern => {
                write!(f, "match.excludedNamespaces lists {namespace}")
            }
            Self::ExcludedNamespaces { namespace, pattern } => {
                write!(
                    f,
                    "match.excludedNamespaces lists {pattern}, which is {namespace} too"
                )
            }
            Self::LabelSelector { requirement } => {
                write!(f, "match.labelSelector needs {requirement}")
            }
            Self::NamespaceSelector { requirement } => {
                write!(f, "match.namespaceSelector needs {requirement}")
            }
            Self::Name { name } => write!(f, "match.name is not {name}"),
            Self::Source { wanted } => write!(f, "match.source is {}", wanted.as_str()),
        }
    }
}

/// Why nobody can say whether an object is matched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MatchError {
    /// A selector of namespaces was asked about an object whose namespace is not known. It begins as Gatekeeper's own
    /// words about it end, which suites of tests ask for.
    #[error("missing Namespace {namespace}: match.namespaceSelector asks for its labels")]
    UnknownNamespace {
        /// The namespace.
        namespace: String,
    },
    /// There is neither an object nor one that was.
    #[error("the request has neither object nor oldObject")]
    NoObject,
}

impl Match {
    /// Whether everything is matched.
    pub fn is_empty(&self) -> bool {
        self.source.is_none()
            && self.kinds.is_empty()
            && self.scope == Scope::All
            && self.namespaces.is_empty()
            && self.excluded_namespaces.is_empty()
            && self.label_selector.is_none()
            && self.namespace_selector.is_none()
            && self.name.is_none()
    }

    /// Reads `spec.match`, which [`schema`] has accepted before. Pointers of faults begin at the matchers.
    pub(crate) fn parse(written: &Value) -> (Self, Vec<Fault>) {
        let mut faults = Vec::new();
        let mut selector = |field: &str| {
            let written = written.get(field).filter(|selector| !selector.is_null())?;
            match LabelSelector::parse(written) {
                Ok(selector) => Some(selector),
                Err((pointer, message)) => {
                    faults.push(Fault::new(format!("/{field}{pointer}"), message));
                    None
                }
            }
        };
        let label_selector = selector("labelSelector");
        let namespace_selector = selector("namespaceSelector");
        let text = |field: &str| written.get(field).and_then(Value::as_str).unwrap_or("");
        let scope = text("scope");
        if !matches!(scope, "" | "*" | "Cluster" | "Namespaced") {
            let message = format!(
                "`{scope}` is no scope and lets every object through; scopes are Cluster, Namespaced, *"
            );
            faults.push(Fault::warning("/scope", message));
        }
        let matchers = Self {
            source: match text("source") {
                "Original" => Some(ObjectSource::Original),
                "Generated" => Some(ObjectSource::Generated),
                _ => None,
            },
            kinds: items(written, "kinds")
                .map(|kinds| Kinds {
                    groups: Names::parse(kinds, "apiGroups"),
                    kinds: Names::parse(kinds, "kinds"),
                })
                .collect(),
            scope: match scope {
                "Cluster" => Scope::Cluster,
                "Namespaced" => Scope::Namespaced,
                _ => Scope::All,
            },
            namespaces: wildcards(written, "namespaces"),
            excluded_namespaces: wildcards(written, "excludedNamespaces"),
            label_selector,
            namespace_selector,
            name: Some(text("name"))
                .filter(|name| !name.is_empty())
                .map(Wildcard::new),
        };
        (matchers, faults)
    }

    /// Why an object is not matched, or `None` if it is.
    pub fn mismatch(&self, candidate: &Candidate<'_>) -> Result<Option<Mismatch>, MatchError> {
        if let Some(mismatch) = self
            .kinds(candidate)
            .or_else(|| self.scope(candidate))
            .or_else(|| self.namespaces(candidate))
            .or_else(|| self.excluded_namespaces(candidate))
            .or_else(|| self.labels(candidate))
        {
            return Ok(Some(mismatch));
        }
        if let Some(mismatch) = self.namespace_labels(candidate)? {
            return Ok(Some(mismatch));
        }
        Ok(self.name(candidate).or_else(|| self.source(candidate)))
    }

    /// The groups and kinds that are listed, each `None` for all; none where everything is meant.
    pub(crate) fn kinds_by_group(
        &self,
    ) -> impl Iterator<Item = (Option<&[String]>, Option<&[String]>)> {
        let kinds = self.kinds.iter();
        kinds.map(|entry| (entry.groups.listed(), entry.kinds.listed()))
    }

    /// Whether `kinds` lets an object through.
    pub(crate) fn is_about_kind(&self, candidate: &Candidate<'_>) -> bool {
        self.kinds.is_empty()
            || self.kinds.iter().any(|entry| {
                entry.kinds.contains(candidate.kind) && entry.groups.contains(candidate.group)
            })
    }

    fn kinds(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        (!self.is_about_kind(candidate)).then(|| Mismatch::Kinds {
            group: candidate.group.to_owned(),
            kind: candidate.kind.to_owned(),
        })
    }

    fn scope(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let is_of_cluster = candidate.is_namespace() || candidate.namespace.is_none();
        match self.scope {
            Scope::Cluster if !is_of_cluster => Some(Mismatch::Scope { wanted: "Cluster" }),
            Scope::Namespaced if is_of_cluster => Some(Mismatch::Scope {
                wanted: "Namespaced",
            }),
            _ => None,
        }
    }

    fn namespaces(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let namespace = candidate.in_namespace()?;
        let is_listed = self.namespaces.is_empty()
            || (self.namespaces.iter()).any(|pattern| pattern.matches(namespace));
        (!is_listed).then(|| Mismatch::Namespaces {
            namespace: namespace.to_owned(),
        })
    }

    fn excluded_namespaces(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let namespace = candidate.in_namespace()?;
        self.excluded_namespaces
            .iter()
            .find(|pattern| pattern.matches(namespace))
            .map(|pattern| Mismatch::ExcludedNamespaces {
                namespace: namespace.to_owned(),
                pattern: pattern.as_str().to_owned(),
            })
    }

    fn labels(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let requirement = self
            .label_selector
            .as_ref()?
            .unsatisfied(candidate.labels)?;
        Some(Mismatch::LabelSelector { requirement })
    }

    fn namespace_labels(&self, candidate: &Candidate<'_>) -> Result<Option<Mismatch>, MatchError> {
        let Some(selector) = &self.namespace_selector else {
            return Ok(None);
        };
        let labels = if candidate.is_namespace() {
            candidate.labels
        } else {
            let Some(namespace) = candidate.namespace else {
                return Ok(None);
            };
            let object =
                candidate
                    .namespace_object
                    .ok_or_else(|| MatchError::UnknownNamespace {
                        namespace: namespace.to_owned(),
                    })?;
            object
                .pointer("/metadata/labels")
                .and_then(Value::as_object)
        };
        Ok(selector
            .unsatisfied(labels)
            .map(|requirement| Mismatch::NamespaceSelector { requirement }))
    }

    fn name(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let pattern = self.name.as_ref()?;
        let fits = pattern.matches(candidate.name)
            || pattern.matches_generate_name(candidate.generate_name);
        (!fits).then(|| Mismatch::Name {
            name: if candidate.name.is_empty() {
                candidate.generate_name.to_owned()
            } else {
                candidate.name.to_owned()
            },
        })
    }

    fn source(&self, candidate: &Candidate<'_>) -> Option<Mismatch> {
        let wanted = self.source?;
        (wanted != candidate.source).then_some(Mismatch::Source { wanted })
    }
}

impl Names {
    fn listed(&self) -> Option<&[String]> {
        match self {
            Self::All => None,
            Self::These(names) => Some(names),
        }
    }

    fn parse(written: &Value, field: &str) -> Self {
        let names: Vec<String> = items(written, field)
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect();
        if names.is_empty() || names.iter().any(|name| name == "*") {
            Self::All
        } else {
            Self::These(names)
        }
    }

    fn contains(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.iter().any(|one| one == name),
        }
    }
}

fn items<'a>(written: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    written
        .get(field)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

fn wildcards(written: &Value, field: &str) -> Vec<Wildcard> {
    items(written, field)
        .filter_map(Value::as_str)
        .map(Wildcard::new)
        .collect()
}

/// The schema of `spec.match`.
pub(crate) fn schema() -> &'static Value {
    static SCHEMA: OnceLock<Value> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        let texts = json!({"type": "array", "items": {"type": "string"}});
        let name = json!({"type": "string", "pattern": wildcard::PATTERN});
        let names = json!({"type": "array", "items": name});
        let selector = json!({
            "type": "object",
            "properties": {
                "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
                "matchExpressions": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["key", "operator"],
                        "properties": {
                            "key": {"type": "string"},
                            "operator": {"type": "string"},
                            "values": texts,
                        },
                    },
                },
            },
        });
        json!({
            "type": "object",
            "properties": {
                "source": {"type": "string", "enum": ["All", "Generated", "Original"]},
                "kinds": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"apiGroups": texts, "kinds": texts},
                    },
                },
                "scope": {"type": "string"},
                "namespaces": names,
                "excludedNamespaces": names,
                "labelSelector": selector,
                "namespaceSelector": selector,
                "name": name,
            },
        })
    })
}

/// [`schema`], read.
#[cfg(test)]
fn parsed_schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::parse(schema(), "", false).0)
}

#[cfg(test)]
mod tests;
