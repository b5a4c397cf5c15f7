use crate::{
    Binding, Check, Confidence, Findings, Inventory, check,
    home::{Home, Homes},
    rbac::{
        authority::{Assignment, Authority, role_place},
        shipped,
    },
};

check! {
    /// ## What it finds
    /// Bindings whose role or service account is not there.
    /// The scan must hold other roles of the kind, or other service accounts, in the same namespace: where it holds none, they are kept elsewhere.
    /// The default roles of Kubernetes, and service accounts named `default`, are there in every cluster.
    /// A `ClusterRoleBinding` to a Role is always reported: it can only bind a ClusterRole.
    ///
    /// ## Why it matters
    /// The binding does nothing now.
    /// Whoever may later create an object of that name gives it rights, or takes the rights that wait for it.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: reader
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["get"]
    /// ---
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: RoleBinding
    /// metadata:
    ///   name: app
    ///   namespace: shop
    /// roleRef:
    ///   apiGroup: rbac.authorization.k8s.io
    ///   kind: Role
    ///   name: readers # <-
    /// subjects:
    ///   - apiGroup: rbac.authorization.k8s.io
    ///     kind: User
    ///     name: jane
    /// ```
    /// ```yaml pass
    /// apiVersion: rbac.authorization.k8s.io/v1
    /// kind: Role
    /// metadata:
    ///   name: reader
    ///   namespace: shop
    /// rules:
    ///   - apiGroups: [""]
    ///     resources: ["pods"]
    ///     verbs: ["get"]
    /// ---
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
    ///     name: jane
    /// ```
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ServiceAccount
    /// metadata:
    ///   name: web
    ///   namespace: shop
    /// ---
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
    ///     name: webb # <-
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
    ///   kind: Role
    ///   name: reader
    /// subjects:
    ///   - kind: ServiceAccount
    ///     name: web
    ///     namespace: shop
    /// ```
    ///
    /// ## Fix
    /// Correct the name, or delete the binding.
    DanglingRoleBinding {
        id: "dangling-role-binding",
        title: "Binding refers to a missing role or subject",
        ring: Code,
        target: Rbac,
        hooks: [Inventory],
        severity: Low,
        since: "0.1.0",
        controls: ["nsa:AUTH"],
    }
}

impl Check for DanglingRoleBinding {
    fn inventory(&self, inventory: &Inventory<'_>, findings: &mut Findings<'_>) {
        let authority = Authority::new(inventory);
        let seen = Seen::new(inventory);
        for binding in &inventory.bindings {
            if let Some((words, confidence)) = missing_role(&authority, &seen, binding) {
                let draft = findings
                    .add(Self::META)
                    .at(role_place(binding))
                    .about(&binding.resource)
                    .note(words);
                if let Some(confidence) = confidence {
                    draft.confidence(confidence);
                }
            }
            for subject in &binding.subjects {
                let assignment = Assignment { binding, subject };
                if is_missing(inventory, &seen, assignment) {
                    findings
                        .add(Self::META)
                        .at(assignment.place())
                        .confidence(Confidence::Medium)
                        .about(&binding.resource)
                        .note(format!("names {}, which is not there", assignment.title()));
                }
            }
        }
    }
}

/// What the scan holds at all; what it holds none of is kept elsewhere.
struct Seen<'a> {
    has_cluster_roles: bool,
    roles: Homes<'a>,
    service_accounts: Homes<'a>,
}

impl<'a> Seen<'a> {
    fn new(inventory: &Inventory<'a>) -> Self {
        let of_kind = |kind| {
            let roles = inventory.roles.iter().map(|role| &role.resource);
            roles.filter(move |role| role.kind == kind)
        };
        Self {
            has_cluster_roles: of_kind("ClusterRole").next().is_some(),
            roles: of_kind("Role").map(Home::of).collect(),
            service_accounts: inventory.homes("", "ServiceAccount"),
        }
    }
}

fn missing_role(
    authority: &Authority<'_, '_>,
    seen: &Seen<'_>,
    binding: &Binding<'_>,
) -> Option<(String, Option<Confidence>)> {
    let (kind, name) = (binding.role_kind, binding.role_name);
    if kind == "Role" && binding.is_cluster_wide() {
        let words = format!("binds Role {name}, but can only bind a ClusterRole");
        return Some((words, None));
    }
    let is_seen = match kind {
        "ClusterRole" => seen.has_cluster_roles,
        "Role" => seen.roles.any_meets(&Home::of(&binding.resource)),
        _ => false,
    };
    if !is_seen
        || shipped::always_exists(binding)
        || name.is_empty()
        || !authority.roles_of(binding).is_empty()
    {
        return None;
    }
    let words = format!("binds {kind} {name}, which is not there");
    Some((words, Some(Confidence::Medium)))
}

fn is_missing(inventory: &Inventory<'_>, seen: &Seen<'_>, assignment: Assignment<'_, '_>) -> bool {
    if assignment.subject.kind != "ServiceAccount" {
        return false;
    }
    let Some(account) = assignment.account() else {
        return false;
    };
    if matches!(account.name, "" | "default") {
        return false;
    }
    let mut named = inventory.named_cluster_wide("", "ServiceAccount", account.name);
    !named.any(|object| Home::of(object).meets(&account.home))
        && seen.service_accounts.any_meets(&account.home)
}
