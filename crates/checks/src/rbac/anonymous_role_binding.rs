use crate::{
    Binding, Check, Findings, Resource, Safety, Severity, check, edit,
    rbac::authority::subject_place,
};

check! {
    /// ## What it finds
    /// Bindings to the user `system:anonymous` or the group `system:unauthenticated`.
    /// What every cluster has is not reported: `system:public-info-viewer`, and kubeadm's `kubeadm:bootstrap-signer-clusterinfo` in `kube-public`.
    /// `system:service-account-issuer-discovery`, which only shows public keys, is reported as low.
    ///
    /// ## Why it matters
    /// Such rights need no credentials: everybody who reaches the API server has them.
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
    ///     name: system:unauthenticated # <-
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
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: reader
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: system:anonymous # <-
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: system:public-info-viewer
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:public-info-viewer
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:authenticated
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:unauthenticated
    /// ```
    ///
    /// ## Fix
    /// Remove the subject, and bind the role to the users or groups that are meant.
    AnonymousRoleBinding {
        id: "anonymous-role-binding",
        title: "Binding to system:anonymous or system:unauthenticated",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["cis-gke:4.1.8", "cis-gke:4.1.9", "nsa:AUTH", "mitre:T1078"],
    }
}

impl Check for AnonymousRoleBinding {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        if is_harmless(&binding) {
            return;
        }
        let severity = if binding.role_name == "system:service-account-issuer-discovery" {
            Severity::Low
        } else {
            Self::META.severity
        };
        for subject in &binding.subjects {
            let is_anonymous = matches!(
                (subject.kind, subject.name),
                ("User", "system:anonymous") | ("Group", "system:unauthenticated")
            );
            if !is_anonymous {
                continue;
            }
            let list = resource.node.get("subjects");
            findings
                .add(Self::META)
                .at(subject_place(subject))
                .severity(severity)
                .note(format!(
                    "gives {} {} to {}, so to callers without credentials",
                    binding.role_kind, binding.role_name, subject.name
                ))
                .fix(
                    Safety::Unsafe,
                    list.and_then(|list| edit::remove_item(list, subject.node)),
                );
        }
    }
}

fn is_harmless(binding: &Binding<'_>) -> bool {
    match binding.role_kind {
        "ClusterRole" => binding.role_name == "system:public-info-viewer",
        "Role" => {
            binding.role_name == "kubeadm:bootstrap-signer-clusterinfo"
                && binding.resource.namespace == Some("kube-public")
        }
        _ => false,
    }
}
