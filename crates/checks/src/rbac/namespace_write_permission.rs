use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to update or patch Namespaces.
    /// A Role counts too: the API server authorises a Namespace inside the namespace of its own name.
    ///
    /// ## Why it matters
    /// The labels of a Namespace hold its Pod Security level and are what network policies and webhooks select by.
    /// Whoever changes them takes the namespace out of their reach.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["namespaces"] # <-
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["namespaces"] # <-
    ///     verbs: ["update"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["namespaces"]
    ///     verbs: ["get", "list"]
    /// ```
    ///
    /// ## Fix
    /// Remove `update` and `patch`, and set labels with the cluster's own pipeline.
    NamespaceWritePermission {
        id: "namespace-write-permission",
        title: "Can modify namespaces (drop Pod Security labels)",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["namespaces"],
    verbs: &["update", "patch"],
}]);

impl Check for NamespaceWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
