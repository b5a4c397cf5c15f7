//! Policies judged over Kubernetes objects.
//!
//! Today: the [Pod Security Standards](pod_security). One judgement serves `scan`, admission and clusters.
#![warn(clippy::disallowed_methods)]

pub mod admission;
mod admission_policy;
pub mod pod_security;
