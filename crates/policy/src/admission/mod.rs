//! What the API server asks, and what policies answer.
//!
//! The words of `admission.k8s.io/v1` without its wire format: `server` reads and writes that.
//! A request may also be made from a bare object (`scan`, audit, suites), which then has no user and no operation.

pub mod patch;
mod request;
mod verdict;

pub use request::{AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo};
pub use verdict::{Action, Source, Status, Verdict, Violation};
