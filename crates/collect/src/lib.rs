//! All reading: files, folders, git.
//!
//! This crate finds what a scan reads, reads it within bounds, and asks git what changed.
//! It gives names, texts and facts; it never judges and never prints.

mod before;
mod build_context;
mod config;
mod content;
mod error;
mod exclude;
mod feed_cache;
pub mod feeds;
pub mod git;
mod ignored;
pub mod image;
mod json_stream;
mod kind;
mod layer_cache;
mod name;
mod private_folder;
mod recordings;
mod reports;
#[cfg(unix)]
pub mod root_fs;
mod roots;
pub mod sbom;
mod texts;
mod trust_store;
mod walk;
mod write;

pub use before::{Before, Files};
pub use build_context::build_context_ignore;
pub use config::{find_config, path_from, project_root, real_path};
pub use content::{Content, DEFAULT_LIMIT_BYTES, read, read_path, read_stdin};
pub use error::Error;
pub use exclude::Exclude;
pub use feed_cache::{FeedCache, FetchedFeed, FetchedNote};
pub use json_stream::{JsonPiece, JsonStream};
pub use kind::{FileKind, classify, may_be_dockerfile};
pub use layer_cache::LayerCache;
pub use name::{named_path, printed_name};
pub use recordings::{Opened, Recording, recordings};
pub use reports::{
    file_state, image_report_files, image_reports, image_reports_state, read_image_report,
};
pub use roots::{Chart, Kustomization, Role, Roots, TerraformRoot, resolve};
pub use texts::{read_text, read_texts, texts};
pub use trust_store::{read_certificates, read_trust_store};
pub use walk::{Candidate, Inputs, Unreadable, Walk, walk};
pub use write::write_atomic;
