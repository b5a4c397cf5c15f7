//! What separates a container from its node and from other containers.

mod privilege_escalation;
mod privileged_container;
mod unset_run_as_non_root;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &privileged_container::PrivilegedContainer,
    &privilege_escalation::PrivilegeEscalation,
    &unset_run_as_non_root::UnsetRunAsNonRoot,
];
