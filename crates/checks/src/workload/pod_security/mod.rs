//! Whole verdicts of the Pod Security Standards.

mod pod_security_baseline_violation;
mod pod_security_restricted_violation;
mod verdict;

use crate::Check;

/// Every check of this folder.
pub(crate) const CHECKS: &[&dyn Check] = &[
    &pod_security_baseline_violation::PodSecurityBaselineViolation,
    &pod_security_restricted_violation::PodSecurityRestrictedViolation,
];
