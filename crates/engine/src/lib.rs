//! A scan: collect, parse, check, except, order.
//!
//! [`scan()`] is the one way through the house: files are read and judged on all cores, then all objects
//! together, then exceptions are applied and everything is put in its order.
//! This crate owns threads; it prints nothing.
#![warn(clippy::disallowed_methods)]

mod admission;
mod advisories;
mod advisory_feeds;
mod baseline;
mod changes;
mod concealed;
mod config;
mod exceptions;
mod file;
mod fix;
mod flaws;
mod image;
mod images;
mod known;
mod kubesec;
mod lock_files;
mod own_reports;
mod pod_security;
mod policies;
mod registry;
mod rego;
mod report_cache;
mod sbom;
mod scan;
mod scopes;
mod seen_from;
mod selection;
mod verification;

pub use admission::{CheckActions, CheckJudge, ObjectFix};
pub use advisories::{ImportError, Imported, UnreadableDocument, import_advisories};
pub use advisory_feeds::{AdvisoryFeed, FeedError, advisory_feeds};
pub use baseline::{Baseline, BaselineError};
pub use changes::Comparison;
pub use config::{
    AdvisoriesConfig, Config, ConfigError, RegistryConfig, ServeConfig, ServeFailurePolicy,
    ServeFix, ServePaths, ServePatterns, ServeScanConfig, TrustConfig, WorkloadKind,
};
pub use fix::{FixOutcome, FixPurpose, FixedFile, fix, fix_text};
pub use flaws::Advisories;
#[cfg(unix)]
pub use image::scan_root_fs;
pub use image::{
    IGNORE_FILES, IgnoreFileError, ImageExceptions, ImageOptions, JudgedAgain, StoredReport,
    StoredReportError, scan_image,
};
pub use known::{ENGINE_CHECKS, EngineCheck};
pub use kubesec::{KubesecEdition, KubesecError, kubesec};
pub use registry::{
    DeletionWish, ImageSigned, ImageUses, PlannedDeletion, RegistryFacts, RegistryPattern,
    RegistryPatternError, images_of, judge_repository, plan_deletion,
};
pub use report_cache::ReportCache;
pub use sbom::scan_sbom;
pub use scan::{Input, Options, Outcome, SourceMap, scan};
pub use selection::{Framework, Selection, SelectionError, is_of_policy, suggest_id};
pub use verification::{
    AttestedSbom, DemandedSigner, SignatureDemand, compare_packages, verify_image,
    verify_image_with_sboms,
};
