use crate::{
    Check, Findings, Role, check,
    rbac::permission::{Access, Permission, WRITE},
};

check! {
    /// ## What it finds
    /// Rules that allow to create, change or delete Services, Endpoints, `EndpointSlices`, Ingresses or `NetworkPolicies`.
    ///
    /// ## Why it matters
    /// These objects decide where traffic goes and what is kept apart: whoever writes them redirects requests, exposes a port, or removes the isolation of a namespace.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["networking.k8s.io"]
    ///     resources: ["networkpolicies"] # <-
    ///     verbs: ["delete"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["services"] # <-
    ///     verbs: ["patch"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["networking.k8s.io"]
    ///     resources: ["networkpolicies"]
    ///     verbs: ["get"]
    /// ```
    ///
    /// ## Fix
    /// Remove the writing verbs, or limit the rule with `resourceNames`.
    NetworkWritePermission {
        id: "network-write-permission",
        title: "Can modify Services, Ingresses or NetworkPolicies",
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
        resources: &["services", "endpoints"],
        verbs: WRITE,
    },
    Access {
        group: "discovery.k8s.io",
        resources: &["endpointslices"],
        verbs: WRITE,
    },
    Access {
        group: "networking.k8s.io",
        resources: &["networkpolicies", "ingresses"],
        verbs: WRITE,
    },
]);

impl Check for NetworkWritePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
    }
}
