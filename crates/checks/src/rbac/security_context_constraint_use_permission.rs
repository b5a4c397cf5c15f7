use crate::{
    Binding, Check, Findings, Resource, Role, Severity, check,
    rbac::{
        authority::{role_place, subjects_of},
        permission::{Access, Permission},
    },
};

check! {
    /// ## What it finds
    /// Rules that allow `use` on `SecurityContextConstraints` of OpenShift that take away what keeps pods from their
    /// node, without naming any or by the names `privileged`, `hostaccess`, `hostmount-anyuid`, `hostnetwork`,
    /// `node-exporter` and `anyuid`; and bindings of the roles that OpenShift has for these,
    /// such as `system:openshift:scc:privileged`.
    /// For `anyuid` and `hostnetwork` alone it is medium.
    /// Of constraints of other names this check knows nothing; what they allow is judged where they are written.
    ///
    /// ## Why it matters
    /// Whoever may use `privileged` and create pods starts one that controls its node; `hostaccess` and
    /// `hostmount-anyuid` hand out the node's files.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["security.openshift.io"]
    ///     resources: ["securitycontextconstraints"]
    ///     resourceNames: ["privileged"] # <-
    ///     verbs: ["use"]
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: ["security.openshift.io"]
    ///     resources: ["securitycontextconstraints"]
    ///     resourceNames: ["nonroot-v2"]
    ///     verbs: ["use"]
    /// ```
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: ClusterRole
    /// metadata:
    ///   name: app
    /// rules:
    ///   - apiGroups: ["security.openshift.io"]
    ///     resources: ["securitycontextconstraints"] # <-
    ///     verbs: ["use"]
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
    ///   name: system:openshift:scc:anyuid # <-
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: app
    /// ```
    ///
    /// ## Fix
    /// Let the pods run under `restricted-v2` or `nonroot-v2`, or name constraints of your own that allow only what they need.
    SecurityContextConstraintUsePermission {
        id: "security-context-constraint-use-permission",
        title: "Can use OpenShift SecurityContextConstraints that give access to nodes",
        ring: Cluster,
        target: Rbac,
        hooks: [Resource, Role],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:POD", "mitre:T1611"],
    }
}

/// OpenShift asks for it in the namespace of the pod, so that a Role gives it too.
const PERMISSION: Permission = Permission(&[Access {
    group: "security.openshift.io",
    resources: &["securitycontextconstraints"],
    verbs: &["use"],
}]);

/// How OpenShift calls the ClusterRole that lets `use` one of its constraints.
const SHIPPED_ROLE: &str = "system:openshift:scc:";

impl Check for SecurityContextConstraintUsePermission {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let Some(binding) = Binding::new(resource) else {
            return;
        };
        let Some(name) = binding.role_name.strip_prefix(SHIPPED_ROLE) else {
            return;
        };
        if let Some(severity) = severity_of(name)
            && binding.role_kind == "ClusterRole"
            && !binding.subjects.is_empty()
            && !binding.is_built_in()
        {
            findings
                .add(Self::META)
                .at(role_place(&binding))
                .severity(severity)
                .note(format!(
                    "lets {} use the SecurityContextConstraints {name}",
                    subjects_of(&binding)
                ));
        }
    }

    fn role(&self, role: &Role<'_>, findings: &mut Findings<'_>) {
        if role.resource.name.starts_with(SHIPPED_ROLE) {
            return;
        }
        for grant in PERMISSION.grants(role) {
            let rule = grant.rule;
            if !rule.is_limited_to_names() {
                findings
                    .add(Self::META)
                    .at(grant.place())
                    .note(format!("{}, also privileged", grant.words()));
                continue;
            }
            let weak = rule.resource_names.iter().filter_map(|&name| {
                let severity = severity_of(name)?;
                Some((severity, name))
            });
            if let Some((severity, name)) = weak.max_by_key(|&(severity, _)| severity) {
                findings
                    .add(Self::META)
                    .at(rule.place("resourceNames", name))
                    .severity(severity)
                    .note(grant.words());
            }
        }
    }
}

/// How much one of OpenShift's own constraints gives away; nothing for those that keep pods from their node.
///
/// Source: <https://docs.openshift.com/container-platform/latest/authentication/managing-security-context-constraints.html>.
fn severity_of(name: &str) -> Option<Severity> {
    match name {
        "privileged"
        | "hostaccess"
        | "hostmount-anyuid"
        | "hostmount-anyuid-v2"
        | "node-exporter" => Some(Severity::High),
        "anyuid" | "hostnetwork" | "hostnetwork-v2" => Some(Severity::Medium),
        _ => None,
    }
}
