//! Roles and bindings that Kubernetes itself creates.
//!
//! Only those that hold dangerous rights by design are passed over. The others (`view`,
//! `system:discovery`, ...) are judged like any role: as shipped they are clean, and once someone has
//! widened them they are not.

use crate::{Binding, Resource, Role};

/// Source: <https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings>.
const POWERFUL_CLUSTER_ROLES: &[&str] = &[
    "admin",
    "cluster-admin",
    "edit",
    "system:aggregate-to-admin",
    "system:aggregate-to-edit",
    "system:certificates.k8s.io:kube-apiserver-client-approver",
    "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver",
    "system:certificates.k8s.io:kubelet-serving-approver",
    "system:certificates.k8s.io:legacy-unknown-approver",
    "system:kube-controller-manager",
    "system:kube-scheduler",
    "system:kubelet-api-admin",
    "system:node",
    "system:node-problem-detector",
    "system:persistent-volume-provisioner",
];

/// Those in `kube-system` and `kube-public`.
const POWERFUL_ROLES: &[&str] = &[
    "system::leader-locking-kube-controller-manager",
    "system::leader-locking-kube-scheduler",
    "system:controller:bootstrap-signer",
    "system:controller:cloud-provider",
    "system:controller:token-cleaner",
];

/// What the roles that only show the API itself are called; everybody may have them.
pub(crate) const DISCOVERY_ROLES: &[&str] = &[
    "system:basic-user",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// Whether a role is one that Kubernetes ships with dangerous rights.
pub(crate) fn is_shipped_role(role: &Role<'_>) -> bool {
    let name = role.resource.name;
    if role.is_cluster_role() {
        POWERFUL_CLUSTER_ROLES.contains(&name)
            || (name.starts_with("system:controller:") && is_bootstrapped(&role.resource))
    } else {
        POWERFUL_ROLES.contains(&name)
            && matches!(role.resource.namespace, Some("kube-system" | "kube-public"))
    }
}

/// Whether a binding gives one of Kubernetes' controllers its own role.
pub(crate) fn is_controller_binding(binding: &Binding<'_>) -> bool {
    let Some(controller) = binding.role_name.strip_prefix("system:controller:") else {
        return false;
    };
    binding.resource.name == binding.role_name
        && binding
            .subjects
            .iter()
            .all(|subject| subject.name == controller && subject.namespace == Some("kube-system"))
}

/// Whether a binding is `cluster-admin` for `system:masters`, which every cluster has, or its
/// counterpart of kubeadm.
pub(crate) fn is_administrators_binding(binding: &Binding<'_>) -> bool {
    let group = match binding.resource.name {
        "cluster-admin" => "system:masters",
        "kubeadm:cluster-admins" => "kubeadm:cluster-admins",
        _ => return false,
    };
    binding.is_cluster_wide()
        && binding.role_name == "cluster-admin"
        && binding
            .subjects
            .iter()
            .all(|subject| subject.kind == "Group" && subject.name == group)
}

/// Whether the role of a binding is there in every cluster, or is made by the distribution.
pub(crate) fn always_exists(binding: &Binding<'_>) -> bool {
    let name = binding.role_name;
    if name.starts_with("system:") || name.starts_with("kubeadm:") {
        return true;
    }
    match binding.role_kind {
        "ClusterRole" => matches!(name, "cluster-admin" | "admin" | "edit" | "view"),
        _ => name == "extension-apiserver-authentication-reader",
    }
}

fn is_bootstrapped(resource: &Resource<'_>) -> bool {
    resource
        .label("kubernetes.io/bootstrapping")
        .is_some_and(|label| label.text() == "rbac-defaults")
}
