use crate::{
    Check, Findings, Role, Severity, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow `bind` on Roles or `ClusterRoles`.
    /// A rule limited to names is critical for `cluster-admin`, high for `admin` and `edit`, low for `view`, medium otherwise.
    ///
    /// ## Why it matters
    /// The API server lets people bind only roles whose rights they hold themselves; `bind` switches this guard off.
    /// Together with the right to create bindings it gives any role to anybody.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterroles"]
    ///     verbs: ["bind"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterroles"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterroles"]
    ///     resourceNames: ["admin"]
    ///     verbs: ["bind"] # <-
    /// ```
    ///
    /// ## Fix
    /// Remove the verb, or limit it with `resourceNames` to the roles that may be handed on.
    RoleBindPermission {
        id: "role-bind-permission",
        title: "Can bind roles (bind verb)",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.8", "cis-aks:4.1.7", "cis-eks:4.1.8", "cis-gke:4.1.7", "nsa:AUTH", "mitre:T1098.006"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "rbac.authorization.k8s.io",
    resources: &["roles", "clusterroles"],
    verbs: &["bind"],
}]);

impl Check for RoleBindPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            let names = &grant.rule.resource_names;
            let severity = if names.is_empty() {
                Severity::Critical
            } else {
                let severities = names.iter().map(|name| severity_of(name));
                severities.max().unwrap_or(Severity::Medium)
            };
            findings
                .add(Self::META)
                .at(grant.verb_place())
                .severity(severity)
                .note(grant.words());
        }
    }
}

fn severity_of(role: &str) -> Severity {
    match role {
        "cluster-admin" => Severity::Critical,
        "admin" | "edit" => Severity::High,
        "view" => Severity::Low,
        _ => Severity::Medium,
    }
}
