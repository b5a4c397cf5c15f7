//! Roles and bindings that Kubernetes itself creates.
//!
//! Some hold dangerous rights by design. What they are shipped with is passed over; what somebody has
//! added, or gives to a role that only has such a name, is judged like the rules of any role.

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::{
    Binding, Role, Rule,
    rbac::permission::{Permission, has_powerful_group},
};

/// One line for a role of Kubernetes, group, verbs and names: what the role holds in any of some releases.
/// `data/shipped_roles.py` writes it from the lists that Kubernetes tests its roles against.
const TABLE: &str = include_str!("../../data/shipped-roles.tsv");

/// Rights that a role ships with.
struct Shipped {
    group: &'static str,
    resources: Vec<&'static str>,
    verbs: Vec<&'static str>,
    /// The objects that it is limited to; none: every one.
    names: Vec<&'static str>,
}

/// By name, of a Role with the namespace before it.
static SHIPPED: LazyLock<HashMap<&str, Vec<Shipped>>> = LazyLock::new(|| {
    let mut shipped: HashMap<&str, Vec<Shipped>> = HashMap::default();
    for line in TABLE.lines() {
        let mut cells = line.split('\t');
        let mut cell = || cells.next().unwrap_or_default();
        let list = |cell: &'static str| cell.split(',').filter(|it| !it.is_empty()).collect();
        shipped.entry(cell()).or_default().push(Shipped {
            group: cell(),
            resources: list(cell()),
            verbs: list(cell()),
            names: list(cell()),
        });
    }
    shipped
});

/// What the roles that only show the API itself are called; everybody may have them.
pub(crate) const DISCOVERY_ROLES: &[&str] = &[
    "system:basic-user",
    "system:cluster-trust-bundle-discovery",
    "system:discovery",
    "system:public-info-viewer",
    "system:service-account-issuer-discovery",
];

/// The rules of a role without those that it has in every cluster.
pub(crate) fn added_rules<'r, 'a>(role: &'r Role<'a>) -> impl Iterator<Item = &'r Rule<'a>> {
    let shipped = rights(role);
    // A controller writes the rules of `admin` and `edit`; what it takes in from roles for other API
    // groups is judged where it is written.
    let is_aggregated = role.resource.node.get("aggregationRule").is_some();
    role.rules.iter().filter(move |rule| {
        let is_taken_in = is_aggregated && !has_powerful_group(rule);
        shipped.is_empty() || !(is_taken_in || is_shipped(rule, shipped))
    })
}

/// Whether Kubernetes ships a ClusterRole of a name with a permission.
pub(crate) fn gives(cluster_role: &str, permission: &Permission) -> bool {
    let rights = SHIPPED.get(cluster_role).into_iter().flatten();
    let rights = rights.filter(|right| right.names.is_empty());
    rights.into_iter().any(|right| {
        permission.0.iter().any(|access| {
            has(&[right.group], access.group)
                && access.resources.iter().any(|it| has(&right.resources, it))
                && access.verbs.iter().any(|it| has(&right.verbs, it))
        })
    })
}

/// What Kubernetes gives the role of this name; nothing if it has none.
fn rights(role: &Role<'_>) -> &'static [Shipped] {
    let name = role.resource.name;
    let rights = if role.is_cluster_role() {
        SHIPPED.get(name)
    } else {
        let namespace = role.resource.namespace.unwrap_or_default();
        SHIPPED.get(format!("{namespace}/{name}").as_str())
    };
    rights.map(Vec::as_slice).unwrap_or_default()
}

/// Whether all that a rule gives is among the rights of its role.
fn is_shipped(rule: &Rule<'_>, rights: &[Shipped]) -> bool {
    let is_right = |group: &str, resource: &str, verb: &str| {
        rights.iter().any(|right| {
            has(&[right.group], group)
                && has(&right.resources, resource)
                && has(&right.verbs, verb)
                && (right.names.is_empty()
                    || (rule.is_limited_to_names()
                        && rule
                            .resource_names
                            .iter()
                            .all(|it| right.names.contains(it))))
        })
    };
    // Of the roles with dangerous rights `cluster-admin` alone has paths beside resources.
    let is_everything = || is_right("*", "*", "*");
    (rule.non_resource_urls.is_empty() || is_everything())
        && rule.api_groups.iter().all(|group| {
            rule.resources.iter().all(|resource| {
                rule.verbs
                    .iter()
                    .all(|verb| is_right(group, resource, verb))
            })
        })
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

/// Whether a binding is `cluster-admin` for `system:masters`, which may do everything without it, or its
/// counterpart of kubeadm.
pub(crate) fn is_administrators_binding(binding: &Binding<'_>) -> bool {
    let group = match binding.resource.name {
        "kubeadm:cluster-admins" => "kubeadm:cluster-admins",
        _ => "system:masters",
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

fn has(all: &[&str], one: &str) -> bool {
    all.contains(&"*") || all.contains(&one)
}
