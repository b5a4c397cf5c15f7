use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow to create `PersistentVolumes`.
    /// In a Role the rule gives nothing: `PersistentVolumes` are in no namespace.
    ///
    /// ## Why it matters
    /// A `PersistentVolume` of type `hostPath` brings any folder of a node into a pod, past the checks that forbid `hostPath` in pods.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["persistentvolumes"] # <-
    ///     verbs: ["get", "create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["persistentvolumes"]
    ///     verbs: ["get", "patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["persistentvolumes"]
    ///     verbs: ["create"]
    /// ```
    ///
    /// ## Fix
    /// Use a `StorageClass` with a provisioner, and leave `PersistentVolumes` to it.
    PersistentVolumeCreatePermission {
        id: "persistent-volume-create-permission",
        title: "Can create persistent volumes",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.9", "cis-aks:4.1.8", "cis-eks:4.1.9", "nsa:AUTH", "mitre:T1611"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["persistentvolumes"],
    verbs: &["create"],
}]);

impl Check for PersistentVolumeCreatePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
