//! Checks over Dockerfiles.

pub(crate) mod downloads;
pub(crate) mod packages;
pub(crate) mod shell;

mod environment;
mod loopback;
mod run_step;
mod word_edit;
mod written_text;
