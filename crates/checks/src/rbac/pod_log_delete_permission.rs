use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that name `pods/log` with `delete` or `deletecollection`.
    /// A wildcard resource is not reported here: the rule was not written for logs.
    ///
    /// ## Why it matters
    /// The API server serves only `get` on `pods/log`, so the right does nothing today.
    /// It shows that its author wanted logs to be deletable, which is how traces are hidden, and it would start to work with any server that adds the verb.
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
    ///     resources: ["pods/log"] # <-
    ///     verbs: ["get", "delete"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/log"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Keep `get` as the only verb for `pods/log`.
    PodLogDeletePermission {
        id: "pod-log-delete-permission",
        title: "Can delete pod logs",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUDIT", "mitre:T1070"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["pods/log"],
    verbs: &["delete", "deletecollection"],
}]);

impl Check for PodLogDeletePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            if !grant.rule.resources.contains(&"*") {
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .note(grant.words());
            }
        }
    }
}
