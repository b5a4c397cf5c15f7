use crate::{
    Check, Findings, Role, Severity, check,
    rbac::permission::{Access, Permission},
};

check! {
    /// ## What it finds
    /// Rules that allow to delete pods, the objects that make pods, or whole collections of them, and to evict pods; and to delete volumes, their claims and Namespaces.
    /// To delete any Namespace is medium: all that is in it goes with it.
    ///
    /// ## Why it matters
    /// Deleting workloads stops services; deleting pods with care moves strong pods to a node that an attacker holds.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["statefulsets"] # <-
    ///     verbs: ["delete"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/eviction"] # <-
    ///     verbs: ["create"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["namespaces"] # <-
    ///     verbs: ["delete"]
    ///   - apiGroups: [""]
    ///     resources: ["persistentvolumeclaims"] # <-
    ///     verbs: ["deletecollection"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["apps"]
    ///     resources: ["statefulsets"]
    ///     verbs: ["get", "watch"]
    /// ```
    ///
    /// ## Fix
    /// Remove `delete` and `deletecollection`, or limit the rule with `resourceNames`.
    WorkloadDeletePermission {
        id: "workload-delete-permission",
        title: "Can delete workloads, volumes or namespaces",
        ring: Cluster,
        target: Rbac,
        hooks: [Role],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1485"],
    }
}

const PERMISSION: Permission = Permission(&[
    Access {
        group: "",
        resources: &[
            "pods",
            "replicationcontrollers",
            "persistentvolumeclaims",
            "persistentvolumes",
        ],
        verbs: &["delete", "deletecollection"],
    },
    Access {
        group: "",
        resources: &["pods/eviction"],
        verbs: &["create"],
    },
    Access {
        group: "apps",
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
        verbs: &["delete", "deletecollection"],
    },
    Access {
        group: "batch",
        resources: &["jobs", "cronjobs"],
        verbs: &["delete", "deletecollection"],
    },
]);

/// The API server has no `deletecollection` for them.
const NAMESPACES: Permission = Permission(&[Access {
    group: "",
    resources: &["namespaces"],
    verbs: &["delete"],
}]);

impl Check for WorkloadDeletePermission {
    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        PERMISSION.report(role, Self::META, findings);
        for grant in NAMESPACES.grants(role) {
            let severity = if role.is_cluster_role() {
                grant.severity(Severity::Medium)
            } else {
                Severity::Low
            };
            findings
                .add(Self::META)
                .at(grant.place())
                .severity(severity)
                .note(grant.words());
        }
    }
}
