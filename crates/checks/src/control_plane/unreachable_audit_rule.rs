use ringwall_policy::audit::{Unreachable, unreachable};

use super::audit_policy;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Rules of an audit policy that never match: those behind a rule that takes all their requests, and those whose users, groups, verbs or namespaces are only patterns with `*`, which these fields do not know.
    /// The first rule that matches counts, so that the order of rules is their meaning.
    /// A rule that several earlier ones cover only together is not found.
    ///
    /// ## Why it matters
    /// The level that such a rule asks for is never given: requests are logged less, or more, than its author thinks.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [pods, secrets]
    ///   - level: RequestResponse # <-
    ///     namespaces: [prod]
    ///     resources:
    ///       - group: ""
    ///         resources: [pods]
    ///   - level: Request # <-
    ///     verbs: ["*"]
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: RequestResponse
    ///     namespaces: [prod]
    ///     resources:
    ///       - group: ""
    ///         resources: [pods]
    ///   - level: Metadata
    ///     resources:
    ///       - group: ""
    ///         resources: [pods, secrets]
    ///   - level: Request
    /// ```
    ///
    /// ## Fix
    /// Move the rule before the one that covers it, or remove it; leave a list out in place of `*`.
    UnreachableAuditRule {
        id: "unreachable-audit-rule",
        title: "Audit rule that can never match",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUDIT"],
    }
}

impl Check for UnreachableAuditRule {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of(resource) else {
            return;
        };
        for (index, reason) in unreachable(&policy) {
            let Some(rule) = policy.rules.get(index) else {
                continue;
            };
            let draft = findings.add(Self::META).at(rule.node);
            let _added = match reason {
                Unreachable::Covered(earlier, node) => draft
                    .note(format!(
                        "has a rule, rules[{index}], that never matches: rules[{earlier}] takes all its requests"
                    ))
                    .evidence("the earlier rule", node),
                Unreachable::Wildcard(field, node) => draft.note(format!(
                    "has a rule, rules[{index}], that never matches: {field} knows no *, so nothing is called {}",
                    node.text()
                )),
                Unreachable::Capitals(node) => draft.note(format!(
                    "has a rule, rules[{index}], that never matches: verbs are in lower case, and {} is not",
                    node.text()
                )),
            };
        }
    }
}
