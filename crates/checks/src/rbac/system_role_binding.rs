use crate::{
    Binding, BindingSubject, Check, Confidence, Findings, Inventory, Severity, check,
    rbac::{
        authority::{Assignment, Authority, reaches_cluster},
        permission::lower,
        shipped,
        takeover::{ShippedPower, shipped_power},
    },
};

check! {
    /// ## What it finds
    /// Bindings that give a user or a group a role which Kubernetes has for its own components, such as `system:node`, `system:kube-controller-manager`, `system:kubelet-api-admin` and `system:controller:daemon-set-controller`, where that role is enough to take over what the binding reaches.
    /// A `RoleBinding` outside `kube-system` is reported as medium, for service accounts too.
    /// What Kubernetes and its installers bind is not reported: `system:kube-controller-manager` to the user of that name, `system:node` to the group `system:nodes`, `system:kubelet-api-admin` to the user as whom the API server calls kubelets, controllers to their own roles.
    /// Service accounts with such rights in the whole cluster have the check `cluster-takeover-service-account`; `cluster-admin`, `admin` and `edit`, and the groups that everybody is in, have checks of their own.
    ///
    /// ## Why it matters
    /// Every cluster has these roles, so nobody reads their rules, and their names say little: whoever holds `system:controller:clusterrole-aggregation-controller` may give himself any right.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: kubelets
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:kubelet-api-admin
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: kubelets
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:monitoring
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: developers
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: system:kube-controller-manager
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:kube-controller-manager
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: system:kube-controller-manager
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane # <-
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRoleBinding
    /// metadata:
    ///   name: system:node
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:node
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: Group
    ///     name: system:nodes
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: daemons
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: ClusterRole
    ///   name: system:controller:daemon-set-controller
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: app # <-
    ///     namespace: shop
    /// ```
    ///
    /// ## Fix
    /// Bind a role of your own that holds the rights which are needed.
    /// A role cannot be changed in a binding: delete the binding and create another.
    SystemRoleBinding {
        id: "system-role-binding",
        title: "Subject bound to a powerful role of Kubernetes' own components",
        ring: Cluster,
        target: Rbac,
        hooks: [Inventory],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:AUTH", "mitre:T1098.006"],
    }
}

/// Users as whom the API server calls kubelets, by what installs it. Kubernetes' documentation and most
/// installers have the first three, k3s and RKE the next, kops the last.
const KUBELET_CLIENTS: [&str; 5] = [
    "kube-apiserver-kubelet-client",
    "kubernetes",
    "system:kube-apiserver",
    "kube-apiserver",
    "kubelet-api",
];

impl Check for SystemRoleBinding {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let authority = Authority::new(inventory);
        for binding in &inventory.bindings {
            let role = binding.role_name;
            if binding.role_kind != "ClusterRole"
                || matches!(role, "cluster-admin" | "admin" | "edit")
                || shipped::is_controller_binding(binding)
            {
                continue;
            }
            let Some(power) = shipped_power(&authority, binding) else {
                continue;
            };
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                if is_judged_elsewhere(&assignment) || is_own(role, subject) {
                    continue;
                }
                let mut draft = findings
                    .add(Self::META)
                    .at(assignment.place())
                    .severity(severity(binding, &power))
                    .about(&binding.resource)
                    .note(format!(
                        "gives {} the role {role}, which may {}",
                        assignment.title(),
                        power.means
                    ));
                if !power.certain {
                    draft = draft.confidence(Confidence::Medium);
                }
                for rule in &power.rules {
                    draft = draft.evidence("the rule that allows it", rule.node);
                }
            }
        }
    }
}

fn severity(binding: &Binding<'_>, power: &ShippedPower<'_, '_>) -> Severity {
    let severity = if reaches_cluster(binding) {
        Severity::High
    } else {
        Severity::Medium
    };
    if power.certain {
        severity
    } else {
        lower(severity)
    }
}

/// Whether other checks tell of a binding for this subject, whatever its role.
fn is_judged_elsewhere(assignment: &Assignment<'_, '_>) -> bool {
    let subject = assignment.subject;
    match (subject.kind, subject.name) {
        ("User", "system:anonymous")
        | (
            "Group",
            "system:unauthenticated"
            | "system:authenticated"
            | "system:serviceaccounts"
            | "system:masters",
        ) => true,
        _ => {
            let is_account = assignment.account().is_some() || assignment.members().is_some();
            is_account && reaches_cluster(assignment.binding)
        }
    }
}

/// Whether a role is there for this very subject.
fn is_own(role: &str, subject: &BindingSubject<'_>) -> bool {
    match (subject.kind, role) {
        ("Group", "system:node") => subject.name == "system:nodes",
        ("User", "system:node") => subject.name.starts_with("system:node:"),
        ("User", "system:kubelet-api-admin") => KUBELET_CLIENTS.contains(&subject.name),
        ("User", "system:volume-scheduler") => subject.name == "system:kube-scheduler",
        ("User", _) => subject.name == role,
        _ => false,
    }
}
