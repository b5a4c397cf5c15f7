//! Policies judged over Kubernetes objects.
//!
//! The [Pod Security Standards](pod_security) and the [image policy](image). One judgement serves `scan`, admission and clusters.
#![warn(clippy::disallowed_methods)]

pub mod admission;
mod admission_policy;
pub mod image;
pub mod pod_security;
