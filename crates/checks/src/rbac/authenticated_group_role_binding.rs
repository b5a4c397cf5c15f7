use crate::{
    Binding, Check, Findings, Resource, Severity, check,
    rbac::{authority::subject_place, shipped},
};

check! {
    /// ## What it finds
    /// Bindings of anything but the discovery roles to `system:authenticated`, or to `system:serviceaccounts`, the group of every service account (reported as high).
    /// A `RoleBinding` is reported as high too: it reaches one namespace.
    ///
    /// ## Why it matters
    /// Every user is in `system:authenticated`, and so is every service account, and therefore every pod; on some clouds it holds everybody with an account there.
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
    ///   name: edit
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:authenticated # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: edit
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers
    /// ```
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
    ///     name: system:serviceaccounts # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: system:discovery
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:discovery
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:authenticated
    /// ```
    ///
    /// ## Fix
    /// Bind the role to the groups of people or the service accounts that need it.
    AuthenticatedGroupRoleBinding {
        id: "authenticated-group-role-binding",
        title: "Elevated binding to system:authenticated",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis-gke:4.1.10", "nsa:AUTH", "mitre:T1078"],
    }
}

impl Check for AuthenticatedGroupRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        let is_discovery = binding.role_kind == "ClusterRole"
            && shipped::DISCOVERY_ROLES.contains(&binding.role_name);
        if is_discovery {
            return;
        }
        for subject in binding
            .subjects
            .iter()
            .filter(|subject| subject.kind == "Group")
        {
            let severity = match subject.name {
                "system:authenticated" if binding.is_cluster_wide() => Severity::Critical,
                "system:authenticated" | "system:serviceaccounts" => Severity::High,
                _ => continue,
            };
            findings
                .add(Self::META)
                .at(subject_place(subject))
                .severity(severity)
                .note(format!(
                    "gives {} {} to the whole group {}",
                    binding.role_kind, binding.role_name, subject.name
                ));
        }
    }
}
