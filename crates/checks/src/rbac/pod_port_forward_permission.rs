use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow `pods/portforward`, or the API server's proxies to pods and services, `pods/proxy` and `services/proxy`.
    ///
    /// ## Why it matters
    /// The connection comes from the kubelet or the API server, so it passes `NetworkPolicies` and reaches ports that nobody meant to be reached: debug interfaces, databases, admin consoles.
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
    ///     resources: ["pods/portforward"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["services/proxy"] # <-
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
    ///     resources: ["pods/log"]
    ///     verbs: ["create", "get"]
    /// ```
    ///
    /// ## Fix
    /// Remove the subresource from the rule; expose the port with a Service to those who need it.
    PodPortForwardPermission {
        id: "pod-port-forward-permission",
        title: "Can port-forward or proxy to pods",
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
        resources: &["pods/portforward"],
        verbs: &["create", "get"],
    },
    Access {
        group: "",
        resources: &["pods/proxy", "services/proxy"],
        verbs: &["get", "create", "update", "patch", "delete"],
    },
]);

impl Check for PodPortForwardPermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
