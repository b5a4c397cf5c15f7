use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, WRITE},
};

check! {
    /// ## What it finds
    /// Rules that allow to create, update, patch or delete `ConfigMaps` without naming them.
    /// What is known of single `ConfigMaps` is in the checks for `CoreDNS` and `aws-auth`.
    ///
    /// ## Why it matters
    /// `ConfigMaps` steer programs: whoever changes them changes commands, addresses and trust of the pods that mount them.
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
    ///     resources: ["configmaps"] # <-
    ///     verbs: ["update"]
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
    ///     resourceNames: ["leader"]
    ///     verbs: ["update"]
    /// ```
    ///
    /// ## Fix
    /// Name the `ConfigMaps` in `resourceNames`; for the election of a leader use Leases of `coordination.k8s.io`.
    ConfigMapWritePermission {
        id: "config-map-write-permission",
        title: "Can modify ConfigMaps",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["configmaps"],
    verbs: WRITE,
}]);

impl Check for ConfigMapWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            if !grant.is_limited() {
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .note(grant.words());
            }
        }
    }
}
