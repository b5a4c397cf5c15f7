use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, READ},
};

check! {
    /// ## What it finds
    /// Rules of a Role that allow `get`, `list` or `watch` on Secrets of its namespace.
    /// `list` and `watch` answer with whole objects, so they show as much as `get`.
    /// A rule that names its Secrets in `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// Secrets hold passwords, keys and tokens of other programs in the namespace.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps", "secrets"] # <-
    ///     verbs: ["list"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["secrets"] # <-
    ///     resourceNames: ["db"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["configmaps"]
    ///     verbs: ["list"]
    /// ```
    ///
    /// ## Fix
    /// Drop Secrets from the rule, or limit it to `get` with the `resourceNames` that are needed.
    /// Mount Secrets as volumes where a program needs its own: that takes no RBAC right at all.
    SecretReadPermission {
        id: "secret-read-permission",
        title: "Can read Secrets in a namespace",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.2", "cis-aks:4.1.2", "cis-eks:4.1.2", "cis-gke:4.1.2", "nsa:AUTH", "mitre:T1552.007"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["secrets"],
    verbs: READ,
}]);

impl Check for SecretReadPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        if !role.is_cluster_role() {
            PERMISSION.report(role, Self::META, findings);
        }
    }
}
