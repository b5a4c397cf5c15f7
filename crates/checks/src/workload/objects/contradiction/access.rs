//! What contradicts itself in roles and bindings.

use super::{ContradictoryFields, filled, tell};
use crate::{Confidence, Findings, Resource, workload::objects::labels::is_placeholder};

pub(super) fn role(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    for rule in resource.node.list("rules").filter(|rule| rule.is_mapping()) {
        let resources = filled(rule, "resources");
        let groups = filled(rule, "apiGroups");
        let urls = filled(rule, "nonResourceURLs");
        match (resources, groups, urls) {
            (_, _, Some(urls)) if resource.kind == "Role" => {
                let note = "has nonResourceURLs in a Role, which only a ClusterRole may have";
                tell(urls, note, None, findings);
            }
            (Some(other), _, Some(urls)) | (None, Some(other), Some(urls)) => {
                let note = "has a rule over both resources and nonResourceURLs; each needs a rule of its own";
                tell(urls, note, Some(other), findings);
            }
            (Some(resources), None, None) => {
                let note = "has a rule over resources without apiGroups; the core group is \"\"";
                tell(resources, note, None, findings);
            }
            (None, Some(groups), None) => {
                let note = "has a rule with apiGroups and without resources";
                tell(groups, note, None, findings);
            }
            (None, None, None) if rule.get("verbs").is_some() => {
                let note = "has a rule without resources and nonResourceURLs";
                tell(rule, note, None, findings);
            }
            _ => {}
        }
    }
}

pub(super) fn binding(resource: &Resource<'_>, findings: &mut Findings<'_>) {
    let is_cluster_wide = resource.kind == "ClusterRoleBinding";
    if is_cluster_wide
        && let Some(kind) = resource.node.path(&["roleRef", "kind"])
        && kind.text() == "Role"
    {
        let note = "refers to a Role, which only a RoleBinding may bind";
        tell(kind, note, None, findings);
    }
    for subject in resource.node.list("subjects") {
        let kind = subject.str("kind").unwrap_or("");
        if kind == "ServiceAccount" && is_cluster_wide && filled(subject, "namespace").is_none() {
            let place = subject.get("kind").unwrap_or(subject);
            let note = format!(
                "names the ServiceAccount {} without its namespace",
                subject.str("name").unwrap_or("")
            );
            // Kustomize may fill it in.
            let _added = findings
                .add(ContradictoryFields::META)
                .at(place)
                .confidence(Confidence::Medium)
                .note(note);
        }
        let wanted = match kind {
            "ServiceAccount" => "",
            "User" | "Group" => "rbac.authorization.k8s.io",
            _ => continue,
        };
        if let Some(group) = filled(subject, "apiGroup")
            && group.text() != wanted
            && !is_placeholder(group.text())
        {
            let note = format!(
                "names a {kind} with apiGroup {}, where \"{wanted}\" is meant",
                group.text()
            );
            tell(group, note, subject.get("kind"), findings);
        }
    }
}
