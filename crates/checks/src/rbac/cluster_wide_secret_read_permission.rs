use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, READ},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow `get`, `list` or `watch` on Secrets.
    /// `list` and `watch` answer with whole objects, so they show as much as `get`.
    /// A rule that names its Secrets in `resourceNames` is reported one step lower.
    ///
    /// ## Why it matters
    /// Bound with a `ClusterRoleBinding`, such a role shows every password, key and token of the cluster, those in `kube-system` included.
    /// One of them usually leads to more rights than the role was meant to give.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["secrets"] # <-
    ///     verbs: ["get", "list"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["*"] # <-
    ///     verbs: ["watch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["secrets"]
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["secrets"]
    ///     verbs: ["get", "list"]
    /// ```
    ///
    /// ## Fix
    /// Use a Role in the one namespace that needs it, with `get` and the `resourceNames` that are needed.
    /// Mount Secrets as volumes where a program needs its own: that takes no RBAC right at all.
    ClusterWideSecretReadPermission {
        id: "cluster-wide-secret-read-permission",
        title: "Can read Secrets cluster-wide",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.2", "cis-aks:4.1.2", "cis-eks:4.1.2", "cis-gke:4.1.2", "nsa:AUTH", "mitre:T1552.007"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["secrets"],
    verbs: READ,
}]);

impl Check for ClusterWideSecretReadPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        if role.is_cluster_role() {
            PERMISSION.report(role, Self::META, findings);
        }
    }
}
