//! The binary `ringwall`: arguments, commands, exit codes.

mod args;
mod commands;
mod exit;
mod output;
mod progress;
mod workflow_commands;

use std::process::ExitCode;

use clap::Parser;

use crate::{args::Cli, exit::Exit};

// What it exports stands in the place of musl's functions.
#[cfg(all(target_env = "musl", target_arch = "x86_64"))]
use ringwall_memory as _;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors for clap either: they go to stdout and end with 0.
            let code = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Clean
            };
            let _ = error.print();
            return code.into();
        }
    };
    match commands::run(&cli.command) {
        Ok(exit) => exit.into(),
        // Nobody is left to tell.
        Err(error) if output::is_broken_pipe(&error) => Exit::Unread.into(),
        Err(error) => {
            output::say_error(&output::words(&error));
            Exit::Usage.into()
        }
    }
}
