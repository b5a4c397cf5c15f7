//! Kinds and API versions that Kubernetes does not know, told from those that others bring.

use std::sync::LazyLock;

use ringwall_input::schema::{Kind, builtin, suggest};

use super::schema_violation::SchemaViolation;
use crate::{Confidence, Findings, Resource, Safety, edit};

/// Kinds of OpenShift from before its API had groups.
const OPENSHIFT: &[&str] = &[
    "Build",
    "BuildConfig",
    "ClusterNetwork",
    "ClusterRole",
    "ClusterRoleBinding",
    "DeploymentConfig",
    "EgressNetworkPolicy",
    "Group",
    "HostSubnet",
    "Identity",
    "Image",
    "ImageStream",
    "ImageStreamImport",
    "ImageStreamTag",
    "NetNamespace",
    "OAuthClient",
    "Project",
    "ProjectRequest",
    "Role",
    "RoleBinding",
    "Route",
    "SecurityContextConstraints",
    "Template",
    "User",
];

/// Tells of a kind that should be one of Kubernetes' own and is not.
pub(super) fn tell(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let group = resource.group();
    // Custom groups have a dot; those of Kubernetes with one end with its domain.
    if group.contains('.') && !group.ends_with(".k8s.io") {
        return;
    }
    if builtin().knows_group(resource.api_version) {
        unknown_kind(resource, findings);
    } else {
        unknown_version(resource, findings);
    }
}

/// The kinds that an API server serves by itself, sorted by API version.
fn served() -> impl Iterator<Item = Kind> {
    static SERVED: LazyLock<Vec<Kind>> = LazyLock::new(|| {
        let is_served = |kind: &Kind| {
            kind.is_namespaced().is_some() && !kind.api_version.starts_with("gateway.")
        };
        builtin().kinds().filter(is_served).collect()
    });
    SERVED.iter().copied()
}

/// Their API versions, each once.
fn served_versions() -> impl Iterator<Item = &'static str> {
    distinct(served().map(|kind| kind.api_version))
}

/// Their groups, each once.
fn served_groups() -> impl Iterator<Item = &'static str> {
    distinct(served_versions().map(group_of))
}

/// Names that are sorted, without those that repeat the one before.
fn distinct(names: impl Iterator<Item = &'static str>) -> impl Iterator<Item = &'static str> {
    let mut last = None;
    names.filter(move |&name| last.replace(name) != Some(name))
}

fn group_of(api_version: &'static str) -> &'static str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}

fn unknown_kind(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let is_served = served_versions().any(|version| version == resource.api_version);
    let is_core = resource.group().is_empty();
    if !is_served || is_core && OPENSHIFT.contains(&resource.kind) {
        return;
    }
    let same_version = builtin()
        .kinds_of(resource.api_version)
        .map(|kind| kind.kind);
    let meant = suggest(resource.kind, same_version);
    let elsewhere = best_version(resource.kind, "");
    let (kind, version) = (resource.kind, resource.api_version);
    let note = match (elsewhere, meant) {
        (Some(elsewhere), _) => {
            format!(
                "states apiVersion {version}, which has no kind {kind}; the kind is in {elsewhere}"
            )
        }
        (None, Some(meant)) => {
            format!("is of a kind that Kubernetes does not know in {version}; did you mean {meant}")
        }
        (None, None) => format!("is of a kind that Kubernetes does not know in {version}"),
    };
    let field = if elsewhere.is_some() {
        "apiVersion"
    } else {
        "kind"
    };
    let Some(written) = resource.node.get(field) else {
        return;
    };
    let right = elsewhere.or(meant);
    let draft = findings
        .add(SchemaViolation::META)
        .at(written)
        .note(note)
        .fix(
            Safety::Unsafe,
            right.and_then(|right| edit::replace(written, right)),
        );
    if right.is_none() && is_core {
        // Other tools use `v1` for files of their own.
        let _added = draft.confidence(Confidence::Medium);
    }
}

fn unknown_version(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let Some(node) = resource.node.get("apiVersion") else {
        return;
    };
    let version = resource.api_version;
    let group = resource.group();
    let is_group = |group: &str| served_groups().any(|served| served == group);
    let right = if version.contains('/') && is_group(group) {
        best_version(resource.kind, group).or_else(|| {
            let versions = served_versions().filter(|other| group_of(other) == group);
            suggest(version, versions)
        })
    } else {
        // The group is misspelt, or left out as in `apiVersion: apps`: sure only if it has the kind.
        let name = if group.is_empty() { version } else { group };
        let nearest = suggest(name, served_groups());
        let core = (group.is_empty() && version.len() < 10).then_some("");
        let in_group =
            |group: &str| best_version(resource.kind, group).filter(|best| group_of(best) == group);
        nearest
            .or(core)
            .and_then(in_group)
            .or_else(|| namesake(resource.kind, group))
    };
    let advice = match right {
        Some(right) => format!("; write {right}"),
        None if version.contains('/') && is_group(group) => String::new(),
        None => return,
    };
    findings
        .add(SchemaViolation::META)
        .at(node)
        .note(format!(
            "states apiVersion {version}, which Kubernetes does not know{advice}"
        ))
        .fix(
            Safety::Unsafe,
            right.and_then(|right| edit::replace(node, right)),
        );
}

/// The API version of a kind of Kubernetes whose group was made up: `core/v1`, `rbac/v1`, `batch.k8s.io/v1`.
fn namesake(kind: &str, group: &str) -> Option<&'static str> {
    let label = |group: &str| group.split('.').next().unwrap_or("").to_owned();
    let mut groups = served()
        .filter(|served| served.kind == kind)
        .map(|served| group_of(served.api_version));
    match groups.find(|other| label(other) == label(group)) {
        Some(other) => best_version(kind, other),
        // Groups of others have a dot, so the kind is one of Kubernetes whatever the group is called.
        None if !group.is_empty() && !group.contains('.') => best_version(kind, ""),
        None => None,
    }
}

/// The most stable API version with a kind, in a group if the group has it.
fn best_version(kind: &str, group: &str) -> Option<&'static str> {
    served()
        .filter(|served| served.kind == kind)
        .min_by_key(|served| {
            let is_elsewhere = group_of(served.api_version) != group;
            let is_removed = served.lifecycle().is_some();
            let is_unstable =
                served.api_version.contains("alpha") || served.api_version.contains("beta");
            (is_elsewhere, is_removed, is_unstable)
        })
        .map(|served| served.api_version)
}
