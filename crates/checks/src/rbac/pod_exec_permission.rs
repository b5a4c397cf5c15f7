use crate::{
    Check, Confidence, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow `pods/exec` or `pods/attach`.
    /// Both `create` and `get` count: a WebSocket is opened with `get`, for which the API server asks for `create` only since 1.35; `get` alone is reported with less confidence.
    ///
    /// ## Why it matters
    /// Whoever runs commands in a pod has its files, its Secrets and the token of its service account, and leaves little trace.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods", "pods/exec"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods", "pods/log"]
    ///     verbs: ["create"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["*/attach"] # <-
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
    ///     resources: ["pods/*"]
    ///     verbs: ["create"]
    /// ```
    ///
    /// ## Fix
    /// Remove `pods/exec` and `pods/attach`, and give them to people for the time of an incident only.
    PodExecPermission {
        id: "pod-exec-permission",
        title: "Can exec or attach into pods",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.4", "cis-aks:4.1.4", "cis-eks:4.1.4", "nsa:AUTH", "mitre:T1609"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["pods/exec", "pods/attach"],
    verbs: &["create", "get"],
}]);

impl Check for PodExecPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        for grant in PERMISSION.grants(role) {
            let draft = findings
                .add(Self::META)
                .at(grant.place())
                .severity(grant.severity(Self::META.severity))
                .note(grant.words());
            if grant.verbs == ["get"] {
                draft.confidence(Confidence::Medium);
            }
        }
    }
}
