//! Which of the roles that every cluster has a role takes in by its `aggregationRule`.

use crate::{Node, Role, Selector};

const DEFAULTS: (&str, &str) = ("kubernetes.io/bootstrapping", "rbac-defaults");

/// The rights of roles that every cluster has, by the name of the role that people bind, the strongest first, and the
/// labels of the roles that hold them.
/// Source: `ClusterRoles` in `plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go` of Kubernetes.
const SHIPPED: [(&str, &[(&str, &str)]); 4] = [
    ("cluster-admin", &[DEFAULTS]),
    (
        "admin",
        &[
            DEFAULTS,
            ("rbac.authorization.k8s.io/aggregate-to-admin", "true"),
        ],
    ),
    (
        "edit",
        &[
            DEFAULTS,
            ("rbac.authorization.k8s.io/aggregate-to-edit", "true"),
        ],
    ),
    (
        "view",
        &[
            DEFAULTS,
            ("rbac.authorization.k8s.io/aggregate-to-view", "true"),
        ],
    ),
];

/// The strongest of the roles that every cluster has which a role takes in, and the selector that does. `admin`, `edit`
/// and `view` are made so themselves, each of what it is called.
pub(crate) fn taken_in<'a>(role: &Role<'a>) -> Option<(&'static str, Node<'a>)> {
    if !role.is_cluster_role() {
        return None;
    }
    let rule = role.resource.node.get("aggregationRule")?;
    let stronger = SHIPPED
        .iter()
        .take_while(|(name, _)| *name != role.resource.name);
    stronger.into_iter().find_map(|(name, labels)| {
        let mut selectors = rule.list("clusterRoleSelectors");
        let selector =
            selectors.find(|selector| Selector::Full(*selector).matches_pairs(labels))?;
        Some((*name, selector))
    })
}
