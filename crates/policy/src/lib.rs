//! Policies judged over Kubernetes objects.
//!
//! Today: the [Pod Security Standards](pod_security) and [audit policies](audit). One judgement serves `scan`, admission and clusters.
#![warn(clippy::disallowed_methods)]

pub mod audit;
pub mod pod_security;
