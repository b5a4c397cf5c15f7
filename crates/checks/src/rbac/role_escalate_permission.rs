use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow `escalate` on Roles or `ClusterRoles`.
    /// A rule limited to some names is reported one step lower.
    ///
    /// ## Why it matters
    /// The API server lets people write only rules whose rights they hold themselves; `escalate` switches this guard off.
    /// Whoever holds it and may change a role gives every right to that role, and so to themselves.
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
    ///     verbs: ["escalate"] # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["rbac.authorization.k8s.io"]
    ///     resources: ["clusterroles"]
    ///     verbs: ["list"]
    /// ```
    ///
    /// ## Fix
    /// Remove the verb: a controller that needs it should hold the rights that it hands on.
    RoleEscalatePermission {
        id: "role-escalate-permission",
        title: "Can escalate roles (escalate verb)",
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
    verbs: &["escalate"],
}]);

impl Check for RoleEscalatePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            findings
                .add(Self::META)
                .at(grant.verb_place())
                .severity(grant.severity(Self::META.severity))
                .note(grant.words());
        }
    }
}
