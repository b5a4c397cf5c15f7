//! The audit in the background: every object that is in a cluster, against every policy, as things change.
//!
//! Objects are watched, never listed again and again; what is kept of each is what policies said of it and
//! nothing else, so that memory goes with violations and hardly with objects. Results become reports of
//! `openreports.io`, one for each object that is not in order, and the status of Gatekeeper's constraints.

mod reports;
mod results;
mod run;
mod status;

pub use results::{ObjectKey, Results, Stored, Summary};
pub use run::{BackgroundAudit, Settings};
