//! Policies judged over requests and objects; one judgement serves `scan`, admission, the audit and `replay`.
//!
//! [Gatekeeper's policies](gatekeeper), the [API server's own](admission_policy), [conftest's rules](conftest),
//! the [Pod Security Standards](pod_security), the [image policy](image) and [audit policies](audit). A [`bundle`] holds what users bring, and judges by all of it.
#![warn(clippy::disallowed_methods)]

pub mod admission;
pub mod admission_policy;
mod asked;
pub mod audit;
pub mod bundle;
pub mod conftest;
pub mod gatekeeper;
pub mod image;
pub mod label_selector;
pub mod manifest;
pub mod pod_security;
mod pointer;
mod unmatched;

pub use asked::{ALL, Asked, RequestRule, simplified};
