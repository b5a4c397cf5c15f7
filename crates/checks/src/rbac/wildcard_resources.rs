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
    /// Rules of a ClusterRole with `*` in `resources`, but not in `verbs`.
    /// It is medium where the API groups hold no workloads, Secrets, roles, admission or certificates.
    /// A rule that is limited by `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// `*` covers every resource of the API groups, their subresources such as `pods/exec`, and those that are added later; with reading verbs it covers Secrets.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["*"] # <-
    ///     verbs: ["get", "list"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["get", "list"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["*"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*/scale"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Name the resources that are needed.
    WildcardResources {
        id: "wildcard-resources",
        title: "Rule covers every resource (cluster scope)",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.3", "cis-aks:4.1.3", "cis-eks:4.1.3", "cis-gke:4.1.3", "nsa:AUTH"],
    }
}

impl Check for WildcardResources {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        if !role.is_cluster_role() {
            return;
        }
        for rule in shipped::added_rules(role) {
            if rule.resources.contains(&"*") && !is_full_wildcard(rule) {
                let severity = if has_powerful_group(rule) {
                    Self::META.severity
                } else {
                    Severity::Medium
                };
                findings
                    .add(Self::META)
                    .at(rule.place("resources", "*"))
                    .severity(severity_of(rule, severity))
                    .note(format!(
                        "may {} every resource{}",
                        and_list(&rule.verbs),
                        named(rule)
                    ));
            }
        }
    }
}
