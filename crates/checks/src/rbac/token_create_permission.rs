use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to create `serviceaccounts/token`.
    /// A rule limited to some service accounts is reported one step lower.
    ///
    /// ## Why it matters
    /// The answer is a valid token of the service account, so the caller holds the rights of every account of the namespace, or of the cluster.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts/token"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts/token"]
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["serviceaccounts"]
    ///     verbs: ["create"]
    /// ```
    ///
    /// ## Fix
    /// Name the service accounts in `resourceNames`, or remove the rule: pods get their tokens from the kubelet.
    TokenCreatePermission {
        id: "token-create-permission",
        title: "Can mint service account tokens",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.13", "cis-aks:4.1.12", "cis-eks:4.1.12", "nsa:AUTH", "mitre:T1528"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["serviceaccounts/token"],
    verbs: &["create"],
}]);

impl Check for TokenCreatePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
