use crate::{
    Check, Findings, Inventory, check,
    rbac::{authority::role_place, escalation},
};

check! {
    /// ## What it finds
    /// Subjects that cannot take over the cluster themselves, but may act as a service account that can, in up to five steps.
    /// A step is the right, in one namespace, to create or change pods there, create tokens, impersonate service accounts, or bind or escalate roles, which reaches every service account of the namespace; or to run commands in pods or add containers to them, which reaches the accounts of pods in the scan.
    /// Seen are only the roles, bindings and pods of the scan; admission control may still stop a step.
    ///
    /// ## Why it matters
    /// Each right looks harmless alone; together they are `cluster-admin`.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: runner
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane # <-
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: deployer
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: deployer
    ///     namespace: ops
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["create"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: runner
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: deployer
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: deployer
    ///     namespace: tools
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["get"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: runner
    ///   namespace: ops
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: runner
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: deployer
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: cluster-admin
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: deployer
    ///     namespace: ops
    /// ```
    ///
    /// ## Fix
    /// Break one step: narrow the first role, or move the strong service account into a namespace of its own.
    ClusterAdminEscalationPath {
        id: "cluster-admin-escalation-path",
        title: "Multi-step escalation path from a subject to cluster-admin",
        ring: Cluster,
        target: Rbac,
        hooks: [Inventory],
        severity: Critical,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1078.001", "mitre:T1098.006"],
    }
}

impl Check for ClusterAdminEscalationPath {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        for path in escalation::paths(inventory) {
            let Some(first) = path.steps.first() else {
                continue;
            };
            let mut draft = findings
                .add(Self::META)
                .at(first.assignment.place())
                .about(&first.assignment.binding.resource)
                .message(path.words());
            let mut holder = path.from.as_str();
            for step in &path.steps {
                draft = draft.evidence(
                    format!("the role given to {holder}"),
                    role_place(step.assignment.binding),
                );
                if let Some(rule) = step.rule {
                    draft = draft.evidence(format!("{holder} {}", step.means), rule.node);
                }
                holder = &step.to;
            }
            let last = &path.takeover;
            draft = draft.evidence(
                format!("{holder} {}", last.means),
                role_place(last.assignment.binding),
            );
            for rule in &last.rules {
                draft = draft.evidence("the rule that allows it", rule.node);
            }
        }
    }
}
