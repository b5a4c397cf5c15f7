//! What the API server asks, and what policies answer.
//!
//! The words of `admission.k8s.io/v1` without its wire format: `server` reads and writes that.
//! A request may also be made from a bare object (`scan`, audit, suites), which then has no user and no operation.
//! An engine is a [`Judge`]; a change of an object is a [JSON patch](patch); [`remedy`] finds the change that helps.

pub(crate) mod access;
mod changed;
mod cluster;
pub(crate) mod faults;
mod judge;
mod known_objects;
mod object;
pub mod patch;
pub mod remedy;
mod request;
mod verdict;

pub use access::AccessReviewer;
pub use changed::{ChangedPlace, changed_places};
pub use cluster::{ClusterView, NoCluster};
pub use judge::{Deadline, Judge, LATE, Mutation, NoDeadline, PolicyStatus, Trace};
pub use known_objects::{KnownObjects, NAME_LABEL, label_namespace};
pub use object::{OBJECT_SOURCE, read_object, without_managed_fields};
pub(crate) use request::Attribute;
pub use request::{AdmissionRequest, GroupVersionKind, GroupVersionResource, Operation, UserInfo};
pub use ringwall_cel::AccessReview;
pub use verdict::{Action, Source, Status, Verdict, Violation};
