//! The visible list of checks.

use crate::{Check, control_plane, dockerfile, ingress, network, rbac, secret, workload};

const OF_SECRETS: [&str; 11] = [
    "password-set-in-build",
    "plaintext-kubeconfig-credential",
    "plaintext-private-key",
    "plaintext-registry-credential",
    "plaintext-secret-in-annotation",
    "plaintext-secret-in-arguments",
    "plaintext-secret-in-config-map",
    "plaintext-secret-in-dockerfile",
    "plaintext-secret-in-environment",
    "plaintext-secret-in-kustomization",
    "plaintext-secret-manifest",
];

/// Every check, by family, in the order of its list.
pub fn all() -> impl Iterator<Item = &'static dyn Check> {
    [
        workload::identity::CHECKS,
        workload::isolation::CHECKS,
        workload::pod_security::CHECKS,
        workload::objects::CHECKS,
        workload::resources::CHECKS,
        workload::images::CHECKS,
        workload::availability::CHECKS,
        dockerfile::packages::CHECKS,
        dockerfile::downloads::CHECKS,
        dockerfile::shell::CHECKS,
        workload::cluster::CHECKS,
        rbac::CHECKS,
        network::CHECKS,
        ingress::CHECKS,
        secret::CHECKS,
        dockerfile::stages::CHECKS,
        dockerfile::labels::CHECKS,
        dockerfile::trust::CHECKS,
        control_plane::CHECKS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// Every check that tells where secrets stand, with [`Draft::secret`](crate::Draft::secret).
pub fn of_secrets() -> impl Iterator<Item = &'static dyn Check> {
    all().filter(|check| OF_SECRETS.contains(&check.meta().id))
}

/// The check of an id.
pub fn find(id: &str) -> Option<&'static dyn Check> {
    all().find(|check| check.meta().id == id)
}
