//! Which images may run: one policy for `ImageReview`, for pods in admission and for scans.
//!
//! The rules about names are judged here. What only a registry, a signature store or an advisory database
//! knows comes through [`ImageFacts`]; what nobody knows is *not assessed*, and the policy says whether
//! that refuses or warns. It never counts as clean.

mod admission;
mod cache;
mod config;
mod facts;
mod findings;
mod judge;
mod pattern;
mod reports;

pub use admission::{BROKEN_GLASS, PodImages};
pub use cache::{CachedFacts, Clock};
pub use config::{
    ImagePolicyConfig, ImagePolicyError, NotAssessedAction, Repositories, Requirement,
    SignatureConfig, VulnerabilityConfig,
};
pub use facts::{Assessed, ImageFacts, Offline, Signature, Vulnerabilities, Vulnerability};
pub use findings::{FindingConfig, ImageFinding, ImageFindings, Open, Sought};
pub use judge::{BREAK_GLASS, ImageContext, ImagePolicy, ImageProblem, ImageVerdict};
pub use pattern::canonical_repository;
pub use reports::{ImageReports, ReportError, ReportFacts};
