//! The visible list of checks.

use crate::{Check, ingress, network, rbac, secret, workload};

/// Every check, by family, in the order of its list.
pub fn all() -> impl Iterator<Item = &'static dyn Check> {
    [
        workload::isolation::CHECKS,
        workload::pod_security::CHECKS,
        workload::objects::CHECKS,
        rbac::CHECKS,
        network::CHECKS,
        ingress::CHECKS,
        secret::CHECKS,
    ]
    .into_iter()
    .flatten()
    .copied()
}

/// The check of an id.
pub fn find(id: &str) -> Option<&'static dyn Check> {
    all().find(|check| check.meta().id == id)
}
