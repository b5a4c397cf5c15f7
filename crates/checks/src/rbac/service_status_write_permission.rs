use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to update or patch `services/status`.
    ///
    /// ## Why it matters
    /// With an address in `status.loadBalancer.ingress` a Service draws in traffic that pods send to that address (CVE-2020-8554), which Kubernetes does not fix.
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
    ///     resources: ["services/status"] # <-
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["services/status"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Remove the rule: only the controller of load balancers needs it.
    ServiceStatusWritePermission {
        id: "service-status-write-permission",
        title: "Can patch services/status (traffic interception, CVE-2020-8554)",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["services/status"],
    verbs: &["update", "patch"],
}]);

impl Check for ServiceStatusWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
