//! The binary `ringwall`: arguments, commands, exit codes.

mod args;
mod commands;
mod exit;
mod output;
mod progress;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

use crate::{args::Cli, exit::Exit};

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
        Err(error) if is_broken_pipe(&error) => Exit::Clean.into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error:#}");
            Exit::Usage.into()
        }
    }
}

/// The reader of our output has gone (`ringwall scan | head`): nothing is left to say.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}
