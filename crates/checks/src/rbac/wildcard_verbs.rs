use crate::Severity;
use crate::{
    Check, Findings, Role, check,
    rbac::{
        permission::{and_list, has_powerful_group, is_full_wildcard, named, severity_of},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Rules with `*` in `verbs`, but not in `resources`.
    /// It is medium where the API groups hold no workloads, Secrets, roles, admission or certificates, such as those of an operator's own resources.
    /// A rule that is limited by `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// `*` is more than reading and writing: it includes `deletecollection`, `impersonate`, `bind`, `escalate`, `approve` and every verb that is added later.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["deployments"]
    ///     verbs: ["*"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["deployments"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: ["*"]
    /// ```
    ///
    /// ## Fix
    /// Name the verbs that are needed, such as `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    WildcardVerbs {
        id: "wildcard-verbs",
        title: "Rule grants every verb",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.3", "cis-aks:4.1.3", "cis-eks:4.1.3", "cis-gke:4.1.3", "nsa:AUTH"],
    }
}

impl Check for WildcardVerbs {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for rule in shipped::added_rules(role) {
            if rule.verbs.contains(&"*") && !is_full_wildcard(rule) {
                let severity = if has_powerful_group(rule) {
                    Self::META.severity
                } else {
                    Severity::Medium
                };
                findings
                    .add(Self::META)
                    .at(rule.place("verbs", "*"))
                    .severity(severity_of(rule, severity))
                    .note(format!(
                        "may use every verb on {}{}",
                        and_list(if rule.resources.is_empty() {
                            &rule.non_resource_urls
                        } else {
                            &rule.resources
                        }),
                        named(rule)
                    ));
            }
        }
    }
}
