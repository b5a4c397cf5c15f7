use ringwall_policy::audit::problems;

use super::audit_policy;
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Audit policies that the API server refuses: unknown levels and stages, rules without a level, no rules at all, paths with a `*` inside, rules for both resources and paths, groups with a version, `resourceNames` without resources.
    /// A policy of more than 20,000 rules and names is told too, for nothing else is said about it then.
    /// Fields that do not exist are found by `unknown-field`, old versions by `removed-api-version`.
    ///
    /// ## Why it matters
    /// The API server does not start with such a policy.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: metadata # <-
    ///   - level: None
    ///     nonResourceURLs:
    ///       - healthz* # <-
    ///   - level: Request
    ///     resources:
    ///       - group: apps/v1 # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: audit.k8s.io/v1
    /// kind: Policy
    /// rules:
    ///   - level: Metadata
    ///   - level: None
    ///     nonResourceURLs:
    ///       - /healthz*
    ///   - level: Request
    ///     resources:
    ///       - group: apps
    /// ```
    ///
    /// ## Fix
    /// Write what the API server takes: levels `None`, `Metadata`, `Request`, `RequestResponse`; stages `RequestReceived`, `ResponseStarted`, `ResponseComplete`, `Panic`.
    InvalidAuditPolicy {
        id: "invalid-audit-policy",
        title: "Audit policy that the API server refuses",
        ring: Cluster,
        target: ControlPlane,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:AUDIT"],
    }
}

impl Check for InvalidAuditPolicy {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(policy) = audit_policy::of_any_size(resource) else {
            return;
        };
        if policy.size() > audit_policy::MOST {
            findings
                .add(Self::META)
                .at(resource
                    .node
                    .get("rules")
                    .unwrap_or_else(|| resource.place()))
                .note(format!(
                    "has more than {} rules and names; what it logs was not judged",
                    audit_policy::MOST
                ));
        }
        for problem in problems(&policy) {
            findings
                .add(Self::META)
                .at(problem.node)
                .note(problem.message);
        }
    }
}
