use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to update or patch `pods/ephemeralcontainers`.
    ///
    /// ## Why it matters
    /// An ephemeral container joins a running pod with an image of the caller's choice.
    /// It can share the pod's processes and reads what its service account and volumes give.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/ephemeralcontainers"] # <-
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/ephemeralcontainers"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Remove `pods/ephemeralcontainers`, and give it to people for the time of an incident only.
    EphemeralContainerPermission {
        id: "ephemeral-container-permission",
        title: "Can add ephemeral containers",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1609"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["pods/ephemeralcontainers"],
    verbs: &["update", "patch"],
}]);

impl Check for EphemeralContainerPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
