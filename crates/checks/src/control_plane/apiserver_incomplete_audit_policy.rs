use ringwall_policy::audit::{Level, Policy, Request, Target};

use super::audit_policy;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Audit policies by which the API server would log nothing of a request that an investigation needs: reading and changing Secrets and ConfigMaps, reviewing tokens, changing pods and workloads, `exec`, `attach`, `portforward` and `proxy`, and changing rights.
    /// Each request is judged for a user that no rule names, as the API server judges it: the first rule that matches counts, and a request without one is not logged.
    /// A last rule without any limit, `- level: Metadata`, covers all that is left.
    ///
    /// ## Why it matters
    /// Who did it cannot be told afterwards.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules: # <-
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [secrets, configmaps]
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [secrets, configmaps]
    ///   - level: Metadata
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: None
    ///     verbs: [watch]
    ///   - level: None
    ///     users: ["system:kube-proxy"]
    ///   - level: Metadata
    /// ```
    ///
    /// ## Fix
    /// End the policy with a rule `- level: Metadata` that has no other field, and exclude before it only what is known to be noise.
    ApiserverIncompleteAuditPolicy {
        id: "apiserver-incomplete-audit-policy",
        title: "Audit policy misses key events",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:3.2.2", "nsa:AUDIT"],
    }
}

/// Verb, group, resource and subresource of requests that must be logged.
const KEY_EVENTS: [(&str, &str, &str, &str); 17] = [
    ("get", "", "secrets", ""),
    ("create", "", "secrets", ""),
    ("update", "", "configmaps", ""),
    ("create", "authentication.k8s.io", "tokenreviews", ""),
    ("create", "", "pods", ""),
    ("delete", "", "pods", ""),
    ("create", "", "pods", "exec"),
    ("create", "", "pods", "attach"),
    ("create", "", "pods", "portforward"),
    ("create", "", "pods", "proxy"),
    ("create", "", "services", "proxy"),
    ("create", "apps", "deployments", ""),
    ("create", "batch", "cronjobs", ""),
    ("create", "rbac.authorization.k8s.io", "rolebindings", ""),
    (
        "create",
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "",
    ),
    ("update", "rbac.authorization.k8s.io", "roles", ""),
    ("update", "rbac.authorization.k8s.io", "clusterroles", ""),
];

/// Requests that a message names.
const NAMED: usize = 4;

impl Check for ApiserverIncompleteAuditPolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of(resource) else {
            return;
        };
        let missed: Vec<String> = KEY_EVENTS
            .iter()
            .filter(|(verb, group, resource, subresource)| {
                !is_logged(&policy, verb, group, resource, subresource)
            })
            .map(|(verb, _, resource, subresource)| match *subresource {
                "" => format!("{verb} {resource}"),
                subresource => format!("{verb} {resource}/{subresource}"),
            })
            .collect();
        // No rules are no policy, which the API server refuses.
        if missed.is_empty() || policy.rules.is_empty() {
            return;
        }
        let place = resource
            .node
            .get("rules")
            .unwrap_or_else(|| resource.place());
        let named = missed.get(..NAMED).unwrap_or(&missed).join(", ");
        let more = match missed.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let has_last = policy
            .rules
            .last()
            .is_some_and(|rule| rule.node.written_entries().count() == 1);
        let cause = if has_last {
            ""
        } else {
            "; no rule covers what is left"
        };
        findings
            .add(Self::META)
            .at(place)
            .note(format!("does not log {named}{more}{cause}"));
    }
}

fn is_logged(
    policy: &Policy<'_>,
    verb: &str,
    group: &str,
    resource: &str,
    subresource: &str,
) -> bool {
    // Roles for the whole cluster have no namespace, nor have reviews.
    let is_cluster_wide = resource.starts_with("cluster") || resource == "tokenreviews";
    let decision = policy.evaluate(&Request {
        user: "someone",
        groups: vec!["system:authenticated"],
        verb,
        target: Target::Resource {
            group,
            resource,
            subresource,
            namespace: if is_cluster_wide {
                ""
            } else {
                "some-namespace"
            },
            name: "some-name",
        },
    });
    decision.level > Level::None
}
