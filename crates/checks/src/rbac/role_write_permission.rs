use crate::{
    Check, Findings, Role, Severity, check,
    rbac::{
        permission::{Access, Permission},
        role_bind_permission, role_escalate_permission,
    },
};

check! {
    /// ## What it finds
    /// Rules that allow to create, update or patch Roles, `ClusterRoles` or bindings of them.
    /// It is critical where the same role also holds `bind` or `escalate`, high where the API server's guard stands: there the holder can hand on only rights that it has.
    ///
    /// ## Why it matters
    /// Whoever writes roles and bindings decides who may do what.
    /// The guard against escalation leaves them what they hold themselves, which they can give to anyone, for good.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterrolebindings"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterrolebindings"]
    ///     verbs: ["list"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["*"] # <-
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterroles"]
    ///     verbs: ["update"]
    /// ```
    ///
    /// ## Fix
    /// Leave roles and bindings to the people or the pipeline that administer the cluster.
    RoleWritePermission {
        id: "role-write-permission",
        title: "Can create or modify roles or bindings",
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
    resources: &[
        "roles",
        "rolebindings",
        "clusterroles",
        "clusterrolebindings",
    ],
    verbs: &["create", "update", "patch"],
}]);

impl Check for RoleWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            let unguarded = [
                &role_bind_permission::PERMISSION,
                &role_escalate_permission::PERMISSION,
            ];
            let unguarded = unguarded
                .iter()
                .any(|permission| permission.grants(role).next().is_some());
            let severity = if unguarded {
                Severity::Critical
            } else {
                Severity::High
            };
            findings
                .add(Self::META)
                .at(grant.place())
                .severity(grant.severity(severity))
                .note(grant.words());
        }
    }
}
