use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, WRITE},
};

check! {
    /// ## What it finds
    /// Rules of a ClusterRole that allow to create, update, patch or delete Nodes, or to update or patch `nodes/status`.
    ///
    /// ## Why it matters
    /// Labels and taints decide which pods a node gets; whoever sets them steers strong pods to a node that they hold, or stops nodes from taking any.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["nodes"] # <-
    ///     verbs: ["get", "patch"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["nodes/status"] # <-
    ///     verbs: ["update"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["nodes"]
    ///     verbs: ["get", "watch"]
    /// ```
    ///
    /// ## Fix
    /// Remove the writing verbs; a program that labels its own node should do so with the rights of the kubelet.
    NodeWritePermission {
        id: "node-write-permission",
        title: "Can update nodes or node status",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Medium,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

pub(crate) const PERMISSION: Permission = Permission(&[
    Access {
        group: "",
        resources: &["nodes"],
        verbs: WRITE,
    },
    Access {
        group: "",
        resources: &["nodes/status"],
        verbs: &["update", "patch"],
    },
]);

impl Check for NodeWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
