//! Checks over Dockerfiles.

pub(crate) mod labels;
pub(crate) mod stages;
pub(crate) mod trust;

mod added;
mod file_mode;
mod image_path;
mod installed;
mod platform_argument;
mod rewrite;
mod stage_reference;
