//! As whom pods run, and what their namespaces admit.

mod automounted_service_account_token;
mod cluster_takeover_workload;
mod dangling_service_account;
mod default_service_account;
mod deprecated_service_account_field;
mod long_lived_projected_token;
mod missing_pod_security_label;
mod pod_security;
mod privileged_namespace;
pub(crate) mod service_account;
mod unpinned_pod_security_version;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &default_service_account::DefaultServiceAccount,
    &automounted_service_account_token::AutomountedServiceAccountToken,
    &dangling_service_account::DanglingServiceAccount,
    &deprecated_service_account_field::DeprecatedServiceAccountField,
    &long_lived_projected_token::LongLivedProjectedToken,
    &cluster_takeover_workload::ClusterTakeoverWorkload,
    &missing_pod_security_label::MissingPodSecurityLabel,
    &privileged_namespace::PrivilegedNamespace,
    &unpinned_pod_security_version::UnpinnedPodSecurityVersion,
];
