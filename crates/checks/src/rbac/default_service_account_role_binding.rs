use crate::{
    Binding, Check, Findings, Resource, check,
    rbac::authority::{Assignment, subject_place},
};

check! {
    /// ## What it finds
    /// Bindings to a service account named `default`, whatever the role.
    ///
    /// ## Why it matters
    /// Every pod that names no service account runs as `default`, so the rights go to programs that nobody thought of.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: default # <-
    ///     namespace: shop
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: view
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: web
    ///     namespace: shop
    /// ```
    ///
    /// ## Fix
    /// Create a service account for the program, set it as the pod's `serviceAccountName`, and bind the role to it.
    DefaultServiceAccountRoleBinding {
        id: "default-service-account-role-binding",
        title: "Role bound to a default service account",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Medium,
        since: "0.1.0",
        controls: ["cis:5.1.5", "cis-aks:4.1.5", "cis-eks:4.1.5", "cis-gke:4.1.4", "nsa:AUTH", "mitre:T1078.001"],
    }
}

impl Check for DefaultServiceAccountRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        for subject in &binding.subjects {
            let assignment = Assignment {
                binding: &binding,
                subject,
            };
            if let Some(account) = assignment.account()
                && account.name == "default"
            {
                findings
                    .add(Self::META)
                    .at(subject_place(subject))
                    .note(format!(
                        "gives {} {} to the service account {}",
                        binding.role_kind,
                        binding.role_name,
                        account.title()
                    ));
            }
        }
    }
}
