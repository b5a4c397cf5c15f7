use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow any verb on `nodes/proxy`, `get` included.
    ///
    /// ## Why it matters
    /// `nodes/proxy` is the whole API of the kubelet: it runs commands in every pod of the node, and `get` is enough to do so through a WebSocket.
    /// Neither the API server's audit log nor admission sees these commands.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["nodes", "nodes/proxy"] # <-
    ///     verbs: ["get"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["nodes", "nodes/metrics"]
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
    ///     resources: ["nodes/proxy"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Name what is needed instead: `nodes/metrics`, `nodes/stats`, `nodes/log`, `nodes/healthz` or `nodes/pods`.
    NodeProxyPermission {
        id: "node-proxy-permission",
        title: "Can use nodes/proxy",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.10", "cis-aks:4.1.9", "cis-eks:4.1.10", "nsa:AUTH", "mitre:T1609"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[Access {
    group: "",
    resources: &["nodes/proxy"],
    verbs: &["get", "create", "update", "patch", "delete"],
}]);

impl Check for NodeProxyPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
