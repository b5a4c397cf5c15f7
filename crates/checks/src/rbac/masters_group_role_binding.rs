use crate::{
    Binding, Check, Findings, Resource, check,
    rbac::{authority::subject_place, shipped},
};

check! {
    /// ## What it finds
    /// Bindings to the group `system:masters`, other than the one of `cluster-admin` that every cluster has.
    ///
    /// ## Why it matters
    /// The API server lets `system:masters` do everything before it looks at RBAC, so the binding adds nothing.
    /// It shows that someone issues certificates with this group, which cannot be revoked.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters # <-
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: administrators
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: auditors
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: cluster-admin
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:masters
    /// ```
    ///
    /// ## Fix
    /// Bind the role to a group of your own, and issue no certificates with the organisation `system:masters`.
    MastersGroupRoleBinding {
        id: "masters-group-role-binding",
        title: "Binding to system:masters",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.7", "cis-gke:4.1.6", "nsa:AUTH", "mitre:T1078"],
    }
}

impl Check for MastersGroupRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        let is_shipped = resource.name == "cluster-admin";
        if is_shipped && shipped::is_administrators_binding(&binding) {
            return;
        }
        for subject in &binding.subjects {
            if subject.kind == "Group" && subject.name == "system:masters" {
                findings
                    .add(Self::META)
                    .at(subject_place(subject))
                    .note("names the group system:masters, which may do everything anyway");
            }
        }
    }
}
