use crate::{
    Binding, Check, Findings, Resource, Severity, check,
    rbac::{
        authority::{role_place, subjects_of},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Bindings to the ClusterRole `cluster-admin`.
    /// A `RoleBinding` outside `kube-system` is reported as high: it gives every right in one namespace.
    /// A binding for `system:masters` alone, which every cluster has, and kubeadm's `kubeadm:cluster-admins` are not reported.
    ///
    /// ## Why it matters
    /// `cluster-admin` may do everything; for a service account that is what a single compromised pod of it may do.
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
    ///   name: cluster-admin # <-
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: app
    ///     namespace: shop
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
    ///   - kind: ServiceAccount
    ///     name: app
    ///     namespace: shop
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin # <-
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
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
    /// ```yaml pass
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
    ///     name: system:masters
    /// ```
    ///
    /// ## Fix
    /// Bind a role that holds the rights which are needed, in the namespaces where they are needed.
    /// A role cannot be changed in a binding: delete the binding and create another.
    ClusterAdminRoleBinding {
        id: "cluster-admin-role-binding",
        title: "Subject bound to cluster-admin",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis:5.1.1", "cis-aks:4.1.1", "cis-eks:4.1.1", "cis-gke:4.1.1", "nsa:AUTH", "mitre:T1098.006"],
    }
}

impl Check for ClusterAdminRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        let is_admin = binding.role_kind == "ClusterRole" && binding.role_name == "cluster-admin";
        if !is_admin || binding.subjects.is_empty() || shipped::is_administrators_binding(&binding)
        {
            return;
        }
        let everywhere =
            binding.is_cluster_wide() || binding.resource.namespace == Some("kube-system");
        let severity = if everywhere {
            Severity::Critical
        } else {
            Severity::High
        };
        findings
            .add(Self::META)
            .at(role_place(&binding))
            .severity(severity)
            .note(format!("gives cluster-admin to {}", subjects_of(&binding)));
    }
}
