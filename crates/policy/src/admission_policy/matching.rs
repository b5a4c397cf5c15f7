//! Which requests a policy or a binding is about.
//!
//! The order is the API server's: an object that does not match is never an error, and an error in a selector
//! counts only where everything else matches.

use ringwall_input::schema;
use serde_json::{Map, Value};

use super::{
    custom_merge,
    spec::{MatchPolicy, MatchResources, NamedRule, RuleOperation, Scope},
};
use crate::admission::{
    AdmissionRequest, ClusterView, GroupVersionResource, NAME_LABEL, Operation,
};

/// Why it cannot be told whether a request matches.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MatchError {
    /// The namespace is not known.
    #[error("namespaces \"{0}\" not found")]
    UnknownNamespace(String),
}

impl MatchResources {
    /// The resource under which the request matches, or nothing.
    pub(crate) fn matches(
        &self,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
    ) -> Result<Option<GroupVersionResource>, MatchError> {
        let namespace = self.matches_namespace(request, cluster);
        if namespace == Ok(false) || !self.matches_object(request) {
            return Ok(None);
        }
        let by = |rules: &[NamedRule]| matching_rule(rules, self.match_policy, request, cluster);
        match by(&self.exclude_resource_rules) {
            Some((_, Served::Known)) => return Ok(None),
            // What may be excluded is judged.
            Some((_, Served::Perhaps)) | None => {}
        }
        let matched = if self.resource_rules.is_empty() {
            Some(request.resource.clone())
        } else {
            by(&self.resource_rules).map(|(resource, _)| resource)
        };
        match (matched, namespace) {
            (Some(_), Err(error)) => Err(error),
            (matched, _) => Ok(matched),
        }
    }

    /// Whether it may be about a custom kind in another version than the one that an object is written in.
    pub(crate) fn may_convert_custom(&self) -> bool {
        let mut rules = (self.resource_rules.iter()).chain(&self.exclude_resource_rules);
        self.match_policy == MatchPolicy::Equivalent
            && rules.any(|rule| {
                rule.is_about_custom() && !rule.api_versions.iter().any(|version| version == "*")
            })
    }

    /// Whether it may be about a custom kind.
    pub(crate) fn is_about_custom(&self) -> bool {
        self.resource_rules.iter().any(NamedRule::is_about_custom)
    }

    fn matches_namespace(
        &self,
        request: &AdmissionRequest,
        cluster: &dyn ClusterView,
    ) -> Result<bool, MatchError> {
        if self.namespace_selector.is_empty() {
            return Ok(true);
        }
        if request.kind.group.is_empty() && request.kind.kind == "Namespace" {
            // A namespace is selected by the labels it will have, a deleted one by those it had.
            let object = match request.operation {
                Some(Operation::Delete | Operation::Connect) => None,
                _ => request.object.as_ref(),
            };
            if let Some(object) = object {
                return Ok(self.namespace_selector.selects(labels(object)));
            }
        } else if request.namespace.is_empty() {
            return Ok(true);
        }
        let name = if request.namespace.is_empty() {
            &request.name
        } else {
            &request.namespace
        };
        match cluster.namespace(name) {
            Some(object) => Ok(self.namespace_selector.selects(labels(&object))),
            None => self
                .namespace_selector
                .selects_by(NAME_LABEL, name)
                .ok_or_else(|| MatchError::UnknownNamespace(name.clone())),
        }
    }

    /// The object or the one it replaces.
    fn matches_object(&self, request: &AdmissionRequest) -> bool {
        self.object_selector.is_empty()
            || [&request.object, &request.old_object]
                .into_iter()
                .flatten()
                .any(|object| self.object_selector.selects(labels(object)))
    }
}

/// The labels of an object.
fn labels(object: &Value) -> Option<&Map<String, Value>> {
    object.get("metadata")?.get("labels")?.as_object()
}

/// Whether the API server serves a resource in the version of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Served {
    Known,
    /// The rule names the version of a custom resource whose definition is not at hand.
    Perhaps,
}

/// The resource of the first rule that covers the request, itself or by an equivalent version.
fn matching_rule(
    rules: &[NamedRule],
    policy: MatchPolicy,
    request: &AdmissionRequest,
    cluster: &dyn ClusterView,
) -> Option<(GroupVersionResource, Served)> {
    if rules
        .iter()
        .any(|rule| rule.covers(request, &request.resource))
    {
        return Some((request.resource.clone(), Served::Known));
    }
    // Nearly all policies are about other resources, whatever their versions: to look for these takes longest.
    let is_about = |rule: &NamedRule| rule.is_about(request, &request.resource.resource);
    if policy == MatchPolicy::Exact || !rules.iter().any(is_about) {
        return None;
    }
    let first = |equivalents: &[GroupVersionResource]| {
        rules.iter().find_map(|rule| {
            equivalents
                .iter()
                .find(|equivalent| rule.covers(request, equivalent))
                .cloned()
        })
    };
    match equivalents(&request.resource, cluster) {
        Some(known) => first(&known).map(|resource| (resource, Served::Known)),
        None => first(&named(rules, &request.resource)).map(|it| (it, Served::Perhaps)),
    }
}

/// The same resource in the other versions and groups in which an API server still serves it; `None` where nobody
/// knows.
fn equivalents(
    resource: &GroupVersionResource,
    cluster: &dyn ClusterView,
) -> Option<Vec<GroupVersionResource>> {
    // Events are the one resource that is served in two groups today.
    let is_event = resource.resource == "events";
    let groups = match resource.group.as_str() {
        "" | "events.k8s.io" if is_event => vec!["", "events.k8s.io"],
        group => vec![group],
    };
    let builtin = schema::builtin()
        .kinds()
        .filter(|kind| kind.resource_name() == Some(&resource.resource))
        .map(|kind| (kind, kind.api_version.split_once('/')))
        .map(|(kind, parts)| (kind, parts.unwrap_or(("", kind.api_version))))
        .filter(|(_, (group, _))| groups.contains(group));
    let mut is_builtin = false;
    let mut found: Vec<GroupVersionResource> = builtin
        .inspect(|_| is_builtin = true)
        .filter(|(kind, _)| {
            schema::api_lifecycle(kind.api_version, kind.kind)
                .is_none_or(|lifecycle| lifecycle.removed.is_none())
        })
        .map(|(_, (group, version))| GroupVersionResource {
            group: group.to_owned(),
            version: version.to_owned(),
            resource: resource.resource.clone(),
        })
        .filter(|other| other != resource)
        .collect();
    found.dedup();
    if is_builtin {
        return Some(found);
    }
    let definition = custom_merge::definition(resource, cluster)?;
    let versions = definition.pointer("/spec/versions")?.as_array()?;
    let served = versions
        .iter()
        .filter(|version| version.get("served") == Some(&Value::Bool(true)))
        .filter_map(|version| version.get("name")?.as_str())
        .filter(|version| *version != resource.version);
    Some(
        served
            .map(|version| in_version(resource, version))
            .collect(),
    )
}

/// The resource in the versions that rules name, where they name the resource too.
fn named(rules: &[NamedRule], resource: &GroupVersionResource) -> Vec<GroupVersionResource> {
    let is_named = |names: &[String], word: &str| names.iter().any(|name| name == word);
    let of_resource = |name: &String| {
        let (name, _) = name.split_once('/').unwrap_or((name, ""));
        *name == *resource.resource
    };
    rules
        .iter()
        .filter(|rule| {
            is_named(&rule.api_groups, &resource.group) && rule.resources.iter().any(of_resource)
        })
        .flat_map(|rule| &rule.api_versions)
        .map(|version| in_version(resource, version))
        .collect()
}

fn in_version(resource: &GroupVersionResource, version: &str) -> GroupVersionResource {
    GroupVersionResource {
        version: version.to_owned(),
        ..resource.clone()
    }
}

impl NamedRule {
    fn covers(&self, request: &AdmissionRequest, resource: &GroupVersionResource) -> bool {
        self.is_about(request, &resource.resource)
            && covers(&self.api_groups, &resource.group)
            && covers(&self.api_versions, &resource.version)
    }

    /// Whether it names what is not built in, or does not say what it is about.
    fn is_about_custom(&self) -> bool {
        let is_builtin = |group: &str, resource: &str| {
            schema::builtin().kinds().any(|kind| {
                let of = kind
                    .api_version
                    .split_once('/')
                    .map_or("", |(group, _)| group);
                of == group && kind.resource_name() == Some(resource)
            })
        };
        self.resources.iter().any(|resource| {
            let (resource, _) = resource.split_once('/').unwrap_or((resource, ""));
            let mut groups = self.api_groups.iter();
            groups.any(|group| match (&**group, resource) {
                ("*", "*") => true,
                // Whatever has the name of a built-in resource is taken for it.
                ("*", resource) => !schema::builtin()
                    .kinds()
                    .any(|kind| kind.resource_name() == Some(resource)),
                (group, "*") => !schema::builtin().kinds().any(|kind| {
                    kind.api_version
                        .split_once('/')
                        .map_or("", |(group, _)| group)
                        == group
                }),
                (group, resource) => !is_builtin(group, resource),
            })
        })
    }

    /// Whether it covers a request if the resource of that name were in a group and version of the rule.
    fn is_about(&self, request: &AdmissionRequest, resource: &str) -> bool {
        self.covers_operation(request.operation)
            && self.covers_scope(request)
            && (self.resources.iter())
                .any(|pattern| covers_resource(pattern, resource, &request.sub_resource))
            && (self.resource_names.is_empty() || self.resource_names.contains(&request.name))
    }

    /// An object that nobody asked about is judged as if it were created.
    fn covers_operation(&self, operation: Option<Operation>) -> bool {
        let wanted = match operation.unwrap_or(Operation::Create) {
            Operation::Create => RuleOperation::Create,
            Operation::Update => RuleOperation::Update,
            Operation::Delete => RuleOperation::Delete,
            Operation::Connect => RuleOperation::Connect,
        };
        self.operations
            .iter()
            .any(|operation| *operation == wanted || *operation == RuleOperation::All)
    }

    /// A Namespace counts as an object of the cluster.
    fn covers_scope(&self, request: &AdmissionRequest) -> bool {
        let is_namespace =
            request.resource.group.is_empty() && request.resource.resource == "namespaces";
        let is_namespaced = !request.namespace.is_empty() && !is_namespace;
        match self.scope {
            Scope::All => true,
            Scope::Cluster => !is_namespaced,
            Scope::Namespaced => is_namespaced,
        }
    }
}

fn covers(patterns: &[String], word: &str) -> bool {
    patterns
        .iter()
        .any(|pattern| pattern == "*" || pattern == word)
}

/// `pods`, `pods/status`, `pods/*`, `*/scale`, `*` (no subresource), `*/*`.
fn covers_resource(pattern: &str, resource: &str, sub_resource: &str) -> bool {
    let (wanted, wanted_sub) = pattern.split_once('/').unwrap_or((pattern, ""));
    (wanted == "*" || wanted == resource) && (wanted_sub == "*" || wanted_sub == sub_resource)
}
