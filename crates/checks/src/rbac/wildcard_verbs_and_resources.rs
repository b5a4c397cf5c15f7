use crate::{
    Check, Findings, Role, Rule, Severity, check,
    rbac::{
        permission::{and_list, has_powerful_group, is_full_wildcard, named, severity_of},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Rules with `*` in both `verbs` and `resources`, in roles and in what an operator asks for in its `ClusterServiceVersion`.
    /// Critical in a ClusterRole or in `kube-system`, if the API groups include one that workloads, Secrets, roles, admission or certificates belong to; high in the Role of another namespace; medium where all groups are others.
    /// The checks for single permissions stay quiet about such a rule.
    /// A rule that is limited by `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// Such a rule is `cluster-admin` under another name, and it also covers every resource and verb that is added later.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"] # <-
    ///     verbs: ["*"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: named
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"] # <-
    ///     resourceNames: ["app"]
    ///     verbs: ["*"]
    /// ```
    /// ```yaml fail
    /// apiVersion: operators.coreos.com/v1alpha1
    /// kind: ClusterServiceVersion
    /// metadata:
    ///   name: backup.v1.0.0
    /// spec:
    ///   install:
    ///     strategy: deployment
    ///     spec:
    ///       clusterPermissions:
    ///         - serviceAccountName: backup
    ///           rules:
    ///             - apiGroups: ["*"]
    ///               resources: ["*"] # <-
    ///               verbs: ["*"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["*"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["", "apps"]
    ///     resources: ["pods", "*"] # <-
    ///     verbs: ["get", "*"]
    /// ```
    ///
    /// ## Fix
    /// Name the verbs and the resources that are needed.
    /// `ringwall learn` writes such a role from an audit log.
    WildcardVerbsAndResources {
        id: "wildcard-verbs-and-resources",
        title: "Rule grants every verb on every resource",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.3", "cis-aks:4.1.3", "cis-eks:4.1.3", "cis-gke:4.1.3", "nsa:AUTH"],
    }
}

impl Check for WildcardVerbsAndResources {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for rule in shipped::added_rules(role).filter(|rule| is_full_wildcard(rule)) {
            findings
                .add(Self::META)
                .at(rule.place("resources", "*"))
                .severity(severity_of(rule, severity_in(role, rule)))
                .note(format!(
                    "may use every verb on every resource of {}{}",
                    groups(rule),
                    named(rule)
                ));
        }
    }
}

fn severity_in(within: &Role<'_>, rule: &Rule<'_>) -> Severity {
    if !has_powerful_group(rule) {
        Severity::Medium
    } else if within.is_cluster_role() || within.resource.namespace == Some("kube-system") {
        Severity::Critical
    } else {
        Severity::High
    }
}

/// `every API group`, `the core group`, `the groups apps and batch`.
fn groups(rule: &Rule<'_>) -> String {
    let groups: Vec<&str> = rule
        .api_groups
        .iter()
        .map(|group| if group.is_empty() { "core" } else { group })
        .collect();
    match groups.as_slice() {
        _ if groups.contains(&"*") => "every API group".to_owned(),
        [] => "no API group".to_owned(),
        [one] => format!("the group {one}"),
        more => format!("the groups {}", and_list(more)),
    }
}
