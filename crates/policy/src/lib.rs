//! Policies judged over Kubernetes objects.
//!
//! Today: the [Pod Security Standards](pod_security), [Gatekeeper's policies](gatekeeper). One judgement serves `scan`, admission and clusters.
#![warn(clippy::disallowed_methods)]

pub mod admission;
pub mod admission_policy;
pub mod bundle;
pub mod conftest;
pub mod gatekeeper;
pub mod label_selector;
pub mod manifest;
pub mod pod_security;
