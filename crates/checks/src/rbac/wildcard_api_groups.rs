use crate::{
    Check, Findings, Role, check,
    rbac::{
        permission::{and_list, is_full_wildcard, named, severity_of},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Rules with `*` in `apiGroups`, unless verbs and resources are wildcards too.
    /// A rule that is limited by `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// A resource of the same name in any other group is covered too, such as one that a later `CustomResourceDefinition` brings.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"] # <-
    ///     resources: ["deployments"]
    ///     verbs: ["get"]
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
    /// Name the API groups of the resources; the core group is the empty text.
    WildcardApiGroups {
        id: "wildcard-api-groups",
        title: "Rule covers every API group",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.3", "cis-aks:4.1.3", "cis-eks:4.1.3", "cis-gke:4.1.3", "nsa:AUTH"],
    }
}

impl Check for WildcardApiGroups {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for rule in shipped::added_rules(role) {
            if rule.api_groups.contains(&"*") && !is_full_wildcard(rule) {
                findings
                    .add(Self::META)
                    .at(rule.place("apiGroups", "*"))
                    .severity(severity_of(rule, Self::META.severity))
                    .note(format!(
                        "may {} {} of every API group{}",
                        and_list(&rule.verbs),
                        and_list(&rule.resources),
                        named(rule)
                    ));
            }
        }
    }
}
