//! Checks over Dockerfiles.

pub(crate) mod labels;
pub(crate) mod stages;
pub(crate) mod trust;

mod added;
pub(crate) mod downloads;
mod file_mode;
mod image_path;
mod installed;
pub(crate) mod packages;
mod platform_argument;
mod rewrite;
pub(crate) mod shell;
mod stage_reference;

mod environment;
mod mentions;
mod run_step;
mod word_edit;
mod written_text;
