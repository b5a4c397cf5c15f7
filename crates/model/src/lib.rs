//! The words every crate of ringwall shares.
//!
//! A manifest, a Dockerfile and a secret all end as a [`Finding`] in a [`Report`].
//! This crate knows no format and does no I/O; it derives no `Serialize` on purpose:
//! wire formats are frozen types of their own in `report`.

mod date;
mod exception;
mod finding;
mod order;
mod report;
mod severity;
mod source;
mod vulnerability;

pub use date::Date;
pub use exception::{Acceptance, AcceptanceSource};
pub use finding::{
    Confidence, Edit, Evidence, Finding, Fix, Location, Position, Safety, Status, Subject,
};
pub use order::{FEW_FINDINGS, sort};
pub use report::{NotAssessed, Report, Summary};
pub use severity::{ParseWordError, Ring, Severity};
pub use source::{LineIndex, Source, Span};
pub use vulnerability::{FixState, Vulnerability};
