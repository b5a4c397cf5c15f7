use ringwall_policy::audit::resources::{groups_of, has_resource, is_known_group, meant};

use super::audit_policy;
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Resources in the rules of an audit policy that their API group does not have: misspelt, in the singular, or of another group.
    /// Groups that are not Kubernetes' own are not judged, nor are names behind a `/`.
    ///
    /// ## Why it matters
    /// The API server takes the rule without a word, and it matches nothing: what it should have logged is logged as a later rule says, or not at all.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: RequestResponse
    ///     resources:
    ///       - group: ""
    ///         resources:
    ///           - pod # <-
    ///           - deployments # <-
    ///           - secrets
    ///   - level: Metadata
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: RequestResponse
    ///     resources:
    ///       - group: ""
    ///         resources: [pods, pods/log, "*/status"]
    ///       - group: apps
    ///         resources: [deployments]
    ///       - group: example.com
    ///         resources: [anything]
    ///   - level: Metadata
    /// ```
    ///
    /// ## Fix
    /// Write the resource by its plural name, in the group that has it.
    UnknownAuditResource {
        id: "unknown-audit-resource",
        title: "Audit rule for a resource that its API group does not have",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUDIT"],
    }
}

impl Check for UnknownAuditResource {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of(resource) else {
            return;
        };
        for (index, rule) in policy.rules.iter().enumerate() {
            for entry in &rule.resources {
                for named in entry.node.list("resources") {
                    judge(entry.group, named, index, findings);
                }
            }
        }
    }
}

fn judge(group: &str, named: Node<'_>, rule: usize, findings: &mut Findings<'_>) {
    let name = named.text();
    let name = name.split('/').next().unwrap_or(name);
    if name == "*" || !is_known_group(group) || has_resource(group, name) {
        return;
    }
    let of = match group {
        "" => "the core group",
        group => group,
    };
    // The groups that old releases had the resource in come last.
    let other = groups_of(name).min_by_key(|group| (*group == "extensions", *group));
    let advice = match (other, meant(group, name)) {
        (Some(""), _) => "; it belongs to the core group, \"\"".to_owned(),
        (Some(other), _) => format!("; it belongs to the group {other}"),
        (None, Some(meant)) => format!("; did you mean {meant}"),
        (None, None) => String::new(),
    };
    findings
        .add(UnknownAuditResource::META)
        .at(named)
        .note(format!(
            "names {name} in rules[{rule}], which {of} does not have{advice}"
        ));
}
