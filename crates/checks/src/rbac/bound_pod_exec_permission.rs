use crate::{
    Check, Confidence, Findings, Inventory, Severity, check,
    rbac::{
        aggregated,
        authority::{Authority, reaches_cluster, role_place},
        permission::and_list,
        pod_exec_permission, shipped,
    },
};

check! {
    /// ## What it finds
    /// Bindings to a role that allows `pods/exec` or `pods/attach`, as far as the scan holds the role.
    /// `admin` and `edit` are known to allow it; in a `RoleBinding` they are reported as medium, except in `kube-system`, where controllers run.
    /// With `get` alone the confidence is medium: API servers since 1.35 ask for `create`.
    /// A binding to `cluster-admin` has its own check, and so has a role that is `*` on `*`.
    ///
    /// ## Why it matters
    /// The role alone does nothing; the binding says who may run commands in which pods, and so use their files, Secrets and tokens.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: debug
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/exec"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: debug # <-
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: debug
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/log"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: debug
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: debug
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods/exec"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: blog
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: debug
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: work
    /// aggregationRule:
    ///   clusterRoleSelectors:
    ///     - matchLabels:
    ///         rbac.authorization.k8s.io/aggregate-to-edit: "true"
    /// rules: []
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: app
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: work # <-
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
    ///   name: edit # <-
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
    /// ```
    ///
    /// ## Fix
    /// Bind a role without `pods/exec` and `pods/attach`, and give them for the time of an incident only.
    BoundPodExecPermission {
        id: "bound-pod-exec-permission",
        title: "Subject bound to a role with exec or attach",
        ring: Cluster,
        target: Rbac,
        hooks: [Inventory],
        severity: High,
        since: "0.1.0",
        controls: ["cis:5.1.4", "cis-aks:4.1.4", "cis-eks:4.1.4", "nsa:AUTH", "mitre:T1609"],
    }
}

impl Check for BoundPodExecPermission {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let authority = Authority::new(inventory);
        for binding in &inventory.bindings {
            if binding.subjects.is_empty() || shipped::is_controller_binding(binding) {
                continue;
            }
            let subjects: Vec<&str> = binding
                .subjects
                .iter()
                .map(|subject| subject.name)
                .collect();
            let subjects = and_list(&subjects);
            let add = |findings: &mut Findings<'_>, severity, evidence, is_certain: bool| {
                let mut draft = findings
                    .add(Self::META)
                    .at(role_place(binding))
                    .severity(severity)
                    .about(&binding.resource)
                    .note(format!(
                        "lets {subjects} run commands in pods through {} {}",
                        binding.role_kind, binding.role_name
                    ));
                if !is_certain {
                    draft = draft.confidence(Confidence::Medium);
                }
                if let Some(node) = evidence {
                    draft.evidence("the rule that allows it", node);
                }
            };
            if binding.role_kind == "ClusterRole" {
                match binding.role_name {
                    "cluster-admin" => continue,
                    "admin" | "edit" if reaches_cluster(binding) => {
                        add(findings, Severity::High, None, true);
                        continue;
                    }
                    "admin" | "edit" => {
                        add(findings, Severity::Medium, None, true);
                        continue;
                    }
                    _ => {}
                }
            }
            let roles = authority.roles_of(binding);
            let grant = roles
                .iter()
                .flat_map(|role| pod_exec_permission::PERMISSION.grants(role))
                .min_by_key(|grant| grant.verbs == ["get"]);
            let mut taken_in = roles.iter().filter_map(|role| aggregated::taken_in(role));
            let taken_in = taken_in.find(|(name, _)| *name != "view");
            if let Some((_, selector)) = taken_in {
                let severity = if reaches_cluster(binding) {
                    Severity::High
                } else {
                    Severity::Medium
                };
                add(findings, severity, Some(selector), true);
            } else if let Some(grant) = grant {
                let severity = grant.severity(Self::META.severity);
                let is_certain = grant.verbs != ["get"];
                add(findings, severity, Some(grant.place()), is_certain);
            }
        }
    }
}
