use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, WRITE},
};

check! {
    /// ## What it finds
    /// Rules that allow to create, update, patch or delete Secrets.
    /// `resourceNames` cannot limit `create` and `deletecollection`; where they limit the rest, it is reported one step lower.
    ///
    /// ## Why it matters
    /// Whoever creates a Secret of type `kubernetes.io/service-account-token` gets a token of any service account of the namespace written into it.
    /// Whoever changes Secrets plants credentials, certificates and settings that other programs trust.
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
    ///     resources: ["secrets"] # <-
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
    ///     resourceNames: ["db"]
    ///     verbs: ["create"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["secrets"] # <-
    ///     verbs: ["*"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["*"]
    ///     resources: ["configmaps"]
    ///     verbs: ["*"]
    /// ```
    ///
    /// ## Fix
    /// Remove the writing verbs, or use a Role in the one namespace and limit `update` and `patch` with `resourceNames`.
    SecretWritePermission {
        id: "secret-write-permission",
        title: "Can create, update or delete Secrets",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.2", "cis-aks:4.1.2", "cis-eks:4.1.2", "cis-gke:4.1.2", "nsa:AUTH", "mitre:T1098.006"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["secrets"],
    verbs: WRITE,
}]);

impl Check for SecretWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
