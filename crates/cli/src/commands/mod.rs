//! One file per command.

mod checks;
mod checksums;
mod completions;
mod config;
mod conftest;
mod db;
mod explain;
mod fixing;
mod folders;
mod generate;
mod image;
mod image_diff;
mod image_scan;
mod image_sign;
mod image_verify;
mod judging;
mod kubesec;
mod policies;
mod policy;
mod pushed;
mod registry;
mod registry_listing;
mod rego;
mod replay;
mod scan;
mod serve;
mod setup;
mod signing;
mod stores;
mod trust;
mod trusted;

use anyhow::Result;

use crate::{args::Command, exit::Exit};

/// Runs a command to its end.
pub(crate) fn run(command: &Command) -> Result<Exit> {
    match command {
        Command::Scan(args) => scan::run(args),
        Command::Image(args) => image::run(args),
        Command::Registry(args) => registry_listing::run(args),
        Command::Db(args) => db::run(args),
        Command::Trust(args) => trust::run(args),
        Command::Serve(args) => serve::run(args),
        Command::Replay(args) => replay::run(args),
        Command::Setup(args) => setup::run(args),
        Command::Policy(args) => policy::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Checks(args) => checks::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Generate(args) => generate::run(args),
    }
}
